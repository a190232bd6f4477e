// SPDX-License-Identifier: MIT
/// @file
/// The failure modes of transactions, as far as the contract reaches: every order of a few calls in
/// two transactions and outside of them, against a book kept of the dispenser's calls alone.

#include "world.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace failure_modes_test {

using namespace lend_test;

enum class step {
    alloc_in_1,
    alloc_in_2,
    alloc_outside,
    free_oldest,
    free_newest,
    end_1,
    destroy,
    close
};
constexpr std::array all_steps{step::alloc_in_1,  step::alloc_in_2,  step::alloc_outside,
                               step::free_oldest, step::free_newest, step::end_1,
                               step::destroy,     step::close};

// One order of steps, on a holder of its own. What it has to object stands in `objections`.
template <class World>
class journey : public contract<World> {
public:
    void TestBody() override {}

    void take(step next) {
        switch (next) {
        case step::alloc_in_1:
            return alloc_in(tx1);
        case step::alloc_in_2:
            return alloc_in(tx2);
        case step::alloc_outside:
            return alloc_in(0);
        case step::free_oldest:
            if (!lent_.empty()) free_at(0);
            return;
        case step::free_newest:
            if (!lent_.empty()) free_at(lent_.size() - 1);
            return;
        case step::end_1:
            this->manager->end_transaction(tx1);
            read_calls();
            for (auto& [id, parked] : parked_) {
                if (parked == tx1) parked = 0;
            }
            // The number may name another transaction later: what is still lent is of the old one.
            for (auto& [id, enlisted] : enlisted_) {
                if (enlisted == tx1) enlisted = ended;
            }
            return;
        case step::destroy:
            if (!lent_.empty()) {
                condemned_.insert(lent_.front());
                (void)this->holder->RequestDestroyResource(lent_.front());
            }
            read_calls();
            return;
        case step::close:
            (void)this->holder->Close();
            is_closed_ = true;
            this->disowned = this->dispenser.alive();
            read_calls();
            return;
        }
    }

    // What was wrong with whom an enlisted resource went to, and with what a transaction was given.
    std::ostringstream wrong_hands;
    std::ostringstream wrong_gift;

    void end_of_journey() {
        for (const RESID id : this->disowned) this->dispenser.ended(id);
        this->disowned.clear();
    }

private:
    static constexpr TRANSID ended = 999;

    void alloc_in(TRANSID transaction) {
        std::optional<typename contract<World>::scope> in;
        if (transaction != 0) in.emplace(object1, transaction);
        RESID id = untouched;
        const HRESULT code = this->holder->AllocResource(kind, &id);
        const bool had_own = transaction != 0 && has_parked(transaction);
        const std::size_t enlistments = this->dispenser.count("Enlist");
        const std::size_t creates = this->dispenser.count("Create");
        read_calls();
        if (code != S_OK) {
            if (!is_closed_) wrong_gift << "AllocResource failed; ";
            return;
        }
        if (is_closed_) wrong_gift << "lent by a closed holder; ";
        for (const RESID other : lent_) {
            if (other == id) wrong_hands << id << " is lent twice; ";
        }
        if (condemned_.count(id) != 0) wrong_hands << id << " is to be destroyed and is lent; ";
        const auto parked = parked_.find(id);
        if (parked != parked_.end()) {
            if (parked->second != 0 && parked->second != transaction)
                wrong_hands << id << " is parked in " << parked->second << " and goes to "
                            << transaction << "; ";
            parked_.erase(parked);
        }
        if (enlisted_[id] != transaction)
            wrong_hands << id << " goes to " << transaction << " enlisted in " << enlisted_[id]
                        << "; ";
        if (had_own && enlistments + creates > 0)
            wrong_gift << transaction << " has a resource and gets another one, " << id << "; ";
        lent_.push_back(id);
    }

    void free_at(std::size_t at) {
        const RESID id = lent_[at];
        lent_.erase(lent_.begin() + static_cast<std::ptrdiff_t>(at));
        (void)this->holder->FreeResource(id);
        const std::size_t destroyed = this->dispenser.count("Destroy(" + std::to_string(id) + ")");
        read_calls();
        if (destroyed != 0 || is_closed_ || condemned_.count(id) != 0) return;
        const TRANSID enlisted = enlisted_[id];
        parked_[id] = enlisted == ended ? 0 : enlisted;
    }

    [[nodiscard]] bool has_parked(TRANSID transaction) const {
        for (const auto& [id, parked] : parked_) {
            if (parked == transaction) return true;
        }
        return false;
    }

    // "Enlist(10, 101)" and "Destroy(10)" change the book.
    void read_calls() {
        for (const std::string& call : this->log()) {
            std::istringstream in(call.substr(call.find('(') + 1));
            RESID id = 0;
            char comma = 0;
            TRANSID transaction = 0;
            in >> id >> comma >> transaction;
            if (call.rfind("Enlist(", 0) == 0) enlisted_[id] = transaction;
            if (call.rfind("Destroy(", 0) == 0) parked_.erase(id);
        }
    }

    std::vector<RESID> lent_;
    std::map<RESID, TRANSID> enlisted_; // as the dispenser was told last
    std::map<RESID, TRANSID> parked_;   // free, and the open transaction that it is enlisted in
    std::set<RESID> condemned_;
    bool is_closed_ = false;
};

// Every order of `length` steps, each of which begins with an allocation in the first transaction.
// Returns the number of orders, and hands each finished journey to `judge`.
template <class World, class Judge>
int all_orders(int length, const Judge& judge) {
    int count = 0;
    int orders = 1;
    for (int at = 0; at < length; ++at) orders *= static_cast<int>(all_steps.size());
    for (int order = 0; order < orders; ++order) {
        journey<World> one;
        std::vector<int> taken;
        one.take(step::alloc_in_1);
        int rest = order;
        for (int at = 0; at < length; ++at) {
            taken.push_back(rest % static_cast<int>(all_steps.size()));
            one.take(all_steps[static_cast<std::size_t>(taken.back())]);
            rest /= static_cast<int>(all_steps.size());
        }
        judge(one, testing::PrintToString(taken));
        one.end_of_journey();
        ++count;
        if (testing::Test::HasFailure()) break;
    }
    return count;
}

constexpr int steps = 4;
constexpr int all = 8 * 8 * 8 * 8;

TEST(FailureMode, 05_enlisted_resource_goes_to_its_own_transaction_only_in_every_order_of_calls) {
    const auto judge = [](auto& one, const std::string& order) {
        EXPECT_EQ(one.wrong_hands.str(), "") << "after " << order;
    };
    EXPECT_EQ(all_orders<engine_world>(steps, judge), all);
    EXPECT_EQ(all_orders<reference_world>(steps, judge), all);
}

TEST(FailureMode, 46_acquire_in_a_transaction_gets_what_is_enlisted_in_it_in_every_order_of_calls) {
    const auto judge = [](auto& one, const std::string& order) {
        EXPECT_EQ(one.wrong_gift.str(), "") << "after " << order;
    };
    EXPECT_EQ(all_orders<engine_world>(steps, judge), all);
    EXPECT_EQ(all_orders<reference_world>(steps, judge), all);
}

} // namespace failure_modes_test
