// SPDX-License-Identifier: MIT
/// @file
/// The contract's pool, written to be obviously right: one mutex, one map, copies of lists. It is
/// what the tests were written against, and what com::basic_holder is compared with.

#ifndef LEND_TEST_SUPPORT_REFERENCE_HOLDER_HPP
#define LEND_TEST_SUPPORT_REFERENCE_HOLDER_HPP

#include <lend/com/holder_shell.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace lend_test {

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

template <class Platform>
class reference_holder final : public holder_shell<Platform> {
    using shell = holder_shell<Platform>;
    using typename shell::time_point;

    enum class state { idle, rating, moving, in_use, resetting, dying };

    struct record {
        RESID id = 0;
        state now = state::moving;
        INSTID owner = 0;
        TRANSID transaction = 0; // enlisted in this one, which is open
        TRANSID entering = 0;    // EnlistResource with this one is being called
        bool must_leave = false; // was enlisted, and EnlistResource(id, 0) was not called since
        bool is_condemned = false;
        bool is_gone = false; // no longer in the map: somebody destroyed or disowned it
        TIMEINSECS secs = -1;
        time_point freed{};
        unsigned long long freed_order = 0;
    };

    using ref = std::shared_ptr<record>;
    using lock_type = std::unique_lock<std::mutex>;

public:
    explicit reference_holder(const holder_parts<Platform>& parts) : shell(parts) {}

protected:
    HRESULT pool_alloc(RESTYPID type, const caller_context& caller, RESID& out_id) override {
        for (;;) {
            ULONG rated = 0;
            RESOURCERATING winner = 0;
            ref chosen = contest(type, caller.transaction, rated, winner);
            const bool is_new = chosen == nullptr;
            if (is_new) {
                if (const HRESULT code = make(type, chosen); FAILED(code)) return code;
            }
            bool again = false;
            if (const HRESULT code = place(chosen, caller.transaction, again); FAILED(code)) {
                return code;
            }
            if (again) continue;
            lock_type lock(mutex_);
            if (chosen->is_gone) return E_FAIL;
            if (chosen->is_condemned) {
                put_back(chosen, lock);
                continue;
            }
            chosen->now = state::in_use;
            chosen->owner = caller.instance;
            const bool is_enlisted = chosen->transaction != 0;
            lock.unlock();
            out_id = chosen->id;
            if (auto* const events = this->options().events) {
                if (is_new) {
                    events->created(chosen->id, is_enlisted);
                } else {
                    events->allocated(chosen->id, is_enlisted, rated, winner);
                }
            }
            return S_OK;
        }
    }

    HRESULT pool_free(RESID id) override {
        lock_type lock(mutex_);
        const auto at = all_.find(id);
        if (at == all_.end() || at->second->now != state::in_use || at->second->is_condemned) {
            return E_INVALIDARG;
        }
        const ref r = at->second;
        r->now = state::resetting;
        lock.unlock();
        const HRESULT code = this->calls().reset(id);
        lock.lock();
        if (r->is_gone) return S_OK;
        r->owner = 0;
        if (FAILED(code)) {
            const TRANSID lost = r->transaction;
            take(r);
            lock.unlock();
            if (auto* const events = this->options().events) {
                events->reset_failed(id, code);
                if (lost != 0) events->doomed(lost);
            }
            this->calls().destroy(id);
            return S_OK;
        }
        r->freed = Platform::now();
        r->freed_order = ++last_order_;
        if (r->secs == 0 && r->transaction == 0 && this->options().zero_means_destroy_at_once) {
            r->is_condemned = true;
        }
        const bool stays = !r->is_condemned;
        put_back(r, lock);
        if (lock.owns_lock()) lock.unlock();
        if (stays && this->options().events != nullptr) this->options().events->recycled(id);
        if (stays && r->secs >= 0) this->note_expirable();
        return S_OK;
    }

    HRESULT pool_request_destroy(RESID id) override {
        lock_type lock(mutex_);
        const auto at = all_.find(id);
        if (at == all_.end() || at->second->is_condemned) return E_INVALIDARG;
        const ref r = at->second;
        const bool is_still = r->now == state::idle || r->now == state::in_use;
        if (r->transaction != 0 || !is_still) {
            r->is_condemned = true;
            return S_OK;
        }
        take(r);
        lock.unlock();
        return FAILED(this->calls().destroy(id)) ? E_FAIL : S_OK;
    }

    bool pool_sweep(time_point now) override {
        bool more = false;
        destroy_if([&](const record& r) {
            if (r.now != state::idle || r.secs < 0) return false;
            const bool is_due = r.transaction == 0 && !r.is_condemned &&
                                now - r.freed >= std::chrono::seconds(r.secs);
            more = more || !is_due;
            return is_due;
        });
        return more;
    }

    void pool_end_transaction(TRANSID transaction) override {
        destroy_if([&](record& r) {
            if (r.entering == transaction) r.entering = 0;
            if (r.transaction != transaction) return false;
            r.transaction = 0;
            return r.is_condemned && (r.now == state::idle || r.now == state::in_use);
        });
    }

    void pool_end_object(INSTID instance) override {
        std::vector<RESID> ids;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [id, r] : all_) {
                if (r->now == state::in_use && r->owner == instance) ids.push_back(id);
            }
        }
        for (const RESID id : ids) static_cast<void>(pool_free(id));
    }

    void pool_close() noexcept override {
        std::vector<RESID> lost;
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
            for (const auto& [id, r] : all_) {
                if (r->now == state::in_use && !r->is_condemned &&
                    !this->options().destroy_lent_at_close) {
                    lost.push_back(id);
                }
            }
            for (const RESID id : lost) take(ref(all_.at(id)));
        }
        destroy_if([](const record&) { return true; });
        if (auto* const events = this->options().events) {
            for (const RESID id : lost) events->disowned(id);
        }
    }

    void end() noexcept override { delete this; }

private:
    ~reference_holder() = default;

    ref contest(RESTYPID type, TRANSID transaction, ULONG& rated, RESOURCERATING& best_rating) {
        ref best;
        for (const ref& candidate : candidates(transaction)) {
            lock_type lock(mutex_);
            if (!is_candidate(*candidate, transaction)) continue;
            candidate->now = state::rating;
            const bool needs = transaction != 0 && candidate->transaction != transaction;
            lock.unlock();
            RESOURCERATING rating = 0;
            const HRESULT code = this->calls().rate(type, candidate->id, needs, rating);
            ++rated;
            lock.lock();
            if (candidate->is_gone) continue;
            if (FAILED(code)) {
                candidate->is_condemned = true;
                // Nobody can use it any more, also not in its own transaction: end it now.
                take(candidate);
                lock.unlock();
                this->calls().destroy(candidate->id);
                continue;
            }
            if (candidate->is_condemned || rating <= best_rating) {
                put_back(candidate, lock);
                continue;
            }
            const ref loser = std::exchange(best, candidate);
            best_rating = rating;
            if (loser != nullptr && !loser->is_gone) put_back(loser, lock);
            if (best_rating == 100) break;
        }
        const std::lock_guard lock(mutex_);
        if (best != nullptr && best->is_gone) best = nullptr;
        if (best != nullptr) best->now = state::moving;
        return best;
    }

    std::vector<ref> candidates(TRANSID transaction) {
        const std::lock_guard lock(mutex_);
        std::vector<ref> list;
        for (const auto& [id, r] : all_) {
            if (is_candidate(*r, transaction)) list.push_back(r);
        }
        std::sort(list.begin(), list.end(), [](const ref& a, const ref& b) {
            if ((a->transaction != 0) != (b->transaction != 0)) return a->transaction != 0;
            return a->freed_order > b->freed_order;
        });
        return list;
    }

    static bool is_candidate(const record& r, TRANSID transaction) {
        return !r.is_gone && r.now == state::idle && !r.is_condemned &&
               (r.transaction == 0 || r.transaction == transaction);
    }

    HRESULT make(RESTYPID type, ref& out) {
        auto made = std::make_shared<record>();
        made->secs = this->options().default_idle_limit;
        RESID id = 0;
        if (const HRESULT code = this->calls().create(type, id, made->secs); FAILED(code)) {
            return code;
        }
        if (id == 0) return E_INVALIDARG;
        const std::lock_guard lock(mutex_);
        if (is_closed_) {
            if (auto* const events = this->options().events) events->disowned(id);
            return E_FAIL;
        }
        if (!this->known().claim(id, known_id{false, nullptr})) return E_INVALIDARG;
        made->id = id;
        if (made->secs >= 0) this->expect_expirable();
        all_.emplace(id, made);
        out = std::move(made);
        return S_OK;
    }

    // Brings the chosen one into the caller's transaction, or out of an earlier one.
    HRESULT place(const ref& r, TRANSID transaction, bool& out_again) {
        lock_type lock(mutex_);
        if (transaction != 0 && r->transaction != transaction) {
            r->entering = transaction;
            lock.unlock();
            const HRESULT code = this->calls().enlist(r->id, transaction);
            lock.lock();
            const TRANSID entered = std::exchange(r->entering, 0);
            if (r->is_gone) return E_FAIL;
            if (FAILED(code)) {
                take(r);
                lock.unlock();
                this->calls().destroy(r->id);
                return code;
            }
            if (code != S_FALSE) {
                r->must_leave = true;
                r->transaction = entered; // 0 if it ended meanwhile
            }
        } else if (transaction == 0 && r->must_leave) {
            lock.unlock();
            const HRESULT code = this->calls().enlist(r->id, 0);
            lock.lock();
            if (r->is_gone) return E_FAIL;
            if (FAILED(code)) {
                take(r);
                lock.unlock();
                this->calls().destroy(r->id);
                out_again = true;
                return S_OK;
            }
            r->must_leave = false;
        }
        return S_OK;
    }

    // Makes a resource free again. One that is condemned and in no transaction is destroyed, and
    // then the lock is released.
    void put_back(const ref& r, lock_type& lock) {
        if (!r->is_condemned || r->transaction != 0) {
            r->now = state::idle;
            return;
        }
        take(r);
        lock.unlock();
        this->calls().destroy(r->id);
    }

    // Marks the chosen ones first, then destroys one after the other: a callback that closes the
    // holder finds and destroys the rest.
    template <class F>
    void destroy_if(const F& choose) {
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [id, r] : all_) {
                if (r->now == state::dying || !choose(*r)) continue;
                r->now = state::dying;
                r->is_condemned = true;
            }
        }
        for (;;) {
            lock_type lock(mutex_);
            const auto at = std::find_if(all_.begin(), all_.end(), [](const auto& each) {
                return each.second->now == state::dying;
            });
            if (at == all_.end()) return;
            const ref r = at->second;
            take(r);
            lock.unlock();
            this->calls().destroy(r->id);
        }
    }

    // With the lock held. The number is free for the dispenser before it is told to destroy.
    void take(const ref& r) {
        r->is_gone = true;
        this->known().erase(r->id);
        all_.erase(r->id);
    }

    std::mutex mutex_;
    std::map<RESID, ref> all_;
    unsigned long long last_order_ = 0;
    bool is_closed_ = false;
};

} // namespace lend_test

#endif // LEND_TEST_SUPPORT_REFERENCE_HOLDER_HPP
