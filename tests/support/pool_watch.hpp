// SPDX-License-Identifier: MIT
/// @file
/// Looks at a simulated pool between every two steps, and fails the run when one of the pool's
/// invariants does not hold. Looks at words and fields only; calls nothing of the pool.

#ifndef LEND_TESTS_SUPPORT_POOL_WATCH_HPP
#define LEND_TESTS_SUPPORT_POOL_WATCH_HPP

#include "core_of.hpp"
#include "pool_world.hpp"
#include "sim_platform.hpp"

#include <lend/pool.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace lend_test {

template <class Driver>
class pool_watch {
    using core_type = lend::detail::core<Driver, sim::platform>;
    using slot_type = typename core_type::slot_type;
    using node = typename core_type::waiter_type;
    using words = lend::detail::lending_word;
    using waiter_state = lend::detail::waiter_state;

public:
    pool_watch(pool_world& world, core_type& core) : world_(world), core_(core) {
        world.reclaimed = &core.reclaimed;
    }

    void operator()() {
        if (world_.drivers_ended != 0) return;                         // freed
        if (core_.shares.load(std::memory_order_relaxed) == 0) return; // about to be freed
        count_given_up();
        count_slots();
        note_what_is_free();
        watch_queue();
        if (core_.paused && lock_is_free()) look_at_pause();
        if (sim::nobody_can_run()) look_at_rest();
    }

private:
    // 1: the gauges sum to the size, which never exceeds the maximum; after a resize to less it
    // never grows while it does, nothing is idle, and every slot in use comes to the desk. Under
    // the lock that may differ for a step.
    void count_slots() {
        std::size_t taken = 0;
        const std::size_t most = std::max(core_.limits.max_size, size_before_);
        const bool too_many = lock_is_free() && core_.surplus() > 0 && !core_.closing;
        core_.slots.for_each([&](slot_type& s) {
            const auto word = s.word.peek();
            if (!words::is(word, words::empty) && !words::is(word, words::reclaimed)) ++taken;
            if (!too_many) return;
            SIM_CHECK(!words::is(word, words::idle));
            SIM_CHECK(!words::is(word, words::in_use) || words::has(word, words::wanted));
        });
        size_before_ = core_.size;
        if (lock_is_free()) count_charges();
        SIM_CHECK(core_.size <= most);
        SIM_CHECK(taken <= most);
        if (lock_is_free()) SIM_CHECK(taken == core_.size);
        world_.check_sizes();
    }

    // 11: see pool_world. A pause, a drain and a close keep what is idle from being lent.
    void note_what_is_free() {
        ++world_.steps;
        core_.slots.for_each([&](slot_type& s) {
            if (s.index >= world_.slots.size()) world_.slots.resize(s.index + 1U);
            free_record& known = world_.slots[s.index];
            const auto word = s.word.peek();
            const auto kept = words::closing | words::paused | words::condemned | words::inherited;
            const bool free = (words::is(word, words::idle) || words::is_viewed(word)) &&
                              !words::has(word, kept) && !core_.is_draining();
            const bool same = free && known.free && known.count == words::count_of(word);
            if (free && !same) {
                known.count = words::count_of(word);
                known.since = world_.steps;
                known.kind = world_.at(s.object.serial).kind;
            }
            known.free = free;
            known.in_doubt = words::is(word, words::idle) && words::has(word, words::withheld);
            known.in_doubt |= lend::detail::doubting<core_type>::always(core_);
        });
    }

    // 1, for each kind: what is charged to it is what there is, and not more than there may be.
    void count_charges() {
        if constexpr (core_type::traits::has_quota) {
            const auto& run = *counted_kind::run;
            core_.slots.for_each([&](slot_type& s) {
                const auto word = s.word.peek();
                if (words::is(word, words::empty)) SIM_CHECK(!s.type && s.charge.to == nullptr);
                if (!words::is(word, words::idle) && !words::is(word, words::in_use)) return;
                SIM_CHECK(s.charge.to == &s.type->counts());
            });
            for (const lend::detail::tally& each : run.kinds) {
                std::size_t charged = 0;
                core_.slots.for_each([&](slot_type& s) {
                    const bool mine = s.charge.to == &each;
                    charged += mine ? 1U : 0U;
                    if (mine) SIM_CHECK(!words::is(s.word.peek(), words::empty));
                });
                SIM_CHECK(charged == each.exists());
                SIM_CHECK(charged <= run.book.most_per_key);
            }
        }
    }

    bool lock_is_free() {
        if (!core_.mutex.try_lock()) return false;
        core_.mutex.unlock();
        return true;
    }

    // 7: whoever comes joins at the end of its priority, or at the front of it if its turn is not
    // over; whoever is given a slot was the first whom it fits, and had time left.
    void watch_queue() {
        std::array<node*, 16> now{};
        std::size_t count = 0;
        for (node* w = core_.waiters.head(); w != nullptr; w = w->next) {
            SIM_CHECK(count < now.size());
            now[count++] = w;
        }
        SIM_CHECK(count == core_.waiters.size() || !lock_is_free());
        for (std::size_t at = 1; at < count; ++at) {
            SIM_CHECK(now[at - 1]->priority >= now[at]->priority);
        }
        if (count == count_ && now == queue_) return;
        for (std::size_t at = 0; at < count_; ++at) {
            if (contains(now, count, queue_[at])) continue;
            // It left under the lock, which is still held, so the node is alive.
            const slot_type* const given = queue_[at]->slot;
            SIM_CHECK(given == nullptr || !core_.paused);
            if (given != nullptr && world_.exact)
                SIM_CHECK(queue_[at]->deadline > sim::platform::now());
            for (std::size_t before = 0; given != nullptr && before < at; ++before) {
                if (contains(now, count, queue_[before])) SIM_CHECK(!fits(*queue_[before], *given));
            }
        }
        for (std::size_t at = 0; at < count; ++at) {
            if (contains(queue_, count_, now[at])) continue;
            bool is_first = true;
            bool is_last = true;
            for (std::size_t other = 0; other < count; ++other) {
                if (other == at || now[other]->priority != now[at]->priority) continue;
                (other < at ? is_first : is_last) = false;
            }
            if (now[at]->resumed.list != nullptr) {
                // Asynchronous: whoever runs it makes it join.
                SIM_CHECK(is_first || is_last);
                continue;
            }
            fiber_notes& self = world_.here();
            SIM_CHECK(self.has_queued ? is_first : is_last);
            self.has_queued = true;
            self.node = now[at];
        }
        queue_ = now;
        count_ = count;
    }

    // While a pool is paused, what is idle cannot be taken.
    void look_at_pause() {
        core_.slots.for_each([&](slot_type& s) {
            const auto word = s.word.peek();
            SIM_CHECK(!words::is(word, words::idle) || words::has(word, words::paused) ||
                      core_.closing);
        });
    }

    // When nothing can happen but by time: nobody waits for something that is there to be had.
    void look_at_rest() {
        SIM_CHECK(lock_is_free());
        if (core_.closing) {
            SIM_CHECK(core_.waiters.empty());
            return;
        }
        if (core_.waiters.empty() || core_.paused) return;
        if (somebody_is_on_the_way()) return;
        std::size_t unwanted = 0;
        core_.slots.for_each([&](slot_type& s) {
            const auto word = s.word.peek();
            if (!words::is(word, words::idle)) return;
            const bool in_doubt =
                words::has(word, words::withheld) || core_.options.alive_bypass.count() == 0;
            bool wanted = false;
            for (node* w = core_.waiters.head(); w != nullptr; w = w->next) {
                // One for whom another resource is being checked has no use for one in doubt.
                if (in_doubt && w->checked != nullptr) continue;
                wanted = wanted || fits(*w, s);
            }
            // 2: never idle while somebody waits whom it fits.
            SIM_CHECK(!wanted);
            ++unwanted;
        });
        if constexpr (core_type::traits::has_quota) {
            // Whoever waits for a kind that is at its maximum waits for one to come back.
            if (core_.driver.book().servable == 0) return;
        }
        // A check is under way for each that is covered: nobody is on the way to look.
        std::size_t covered = 0;
        for (node* w = core_.waiters.head(); w != nullptr; w = w->next) {
            SIM_CHECK(w->covered == (w->checked != nullptr));
            SIM_CHECK(!w->covered || w->checked->checked_for == w);
            covered += w->covered ? 1U : 0U;
        }
        SIM_CHECK(core_.waiters.uncovered() + covered == core_.waiters.size());
        if (core_.demand() == 0) return;
        // Where the user keeps house, who has no thread tries again at the next sweep.
        if (core_.due.alarm() <= sim::platform::now() &&
            core_.options.housekeeping == lend::housekeeping_mode::manual)
            return;
        // Somebody looks after what hangs, and whether what is lent comes back in time.
        const auto next_look = lend::detail::planning<core_type>::next_look(core_);
        // A create that is no longer counted on is noticed with the next look.
        const auto slack = sim::platform::now() + std::chrono::milliseconds(50);
        SIM_CHECK(core_.waiters.alarm() <= std::max(next_look, slack));
        if (!core_.creates.empty() || !core_.plan.lets_begin(core_.creates)) return;
        // Nobody makes anything: then it is too early, or there is no room; and what nobody wants
        // makes room for what somebody wants.
        if (next_look != (sim::platform::time_point::max)()) return;
        SIM_CHECK(core_.room() == 0);
        // Where the driver rates, the last waiter of a round makes room; not while it is covered.
        const bool waits_for_a_check = core_type::typed && !core_type::comparable && covered > 0;
        SIM_CHECK(unwanted == 0 || core_.room_to_come() >= core_.demand() || waits_for_a_check);
    }

    // Creates that take too long are given up one by one, and end one by one.
    void count_given_up() {
        const std::size_t now = core_.counted.abandoned;
        if (now > world_.abandoned) world_.given_up += now - world_.abandoned;
        world_.abandoned = now;
    }

    static bool contains(const std::array<node*, 16>& all, std::size_t count, const node* one) {
        for (std::size_t at = 0; at < count; ++at) {
            if (all[at] == one) return true;
        }
        return false;
    }

    // A caller in the queue, or answered a moment ago, whom a driver call keeps from looking:
    // when rating, and when no thread could be started for a create.
    bool somebody_is_on_the_way() const {
        // Or for the end of another caller's look.
        const bool is_awaited = core_.slots.find([](slot_type& s) {
            const auto word = s.word.peek();
            return words::is_viewed(word) && words::has(word, words::wanted);
        }) != nullptr;
        if (is_awaited) return true;
        if (!core_.due.empty()) {
            // Who is due, in the queue or with an answer, is run by a thread that serves, or by the
            // executor; the thread may be in a driver call.
            SIM_CHECK(core_.due.servers() > 0 || core_.options.executor != nullptr);
            return true;
        }
        for (node* w = core_.waiters.head(); w != nullptr; w = w->next) {
            using is = decltype(w->resumed.now);
            if (w->resumed.now != is::asleep) return true;
        }
        for (const fiber_notes& each : world_.fibers) {
            if (each.in_driver && (each.node != nullptr || core_.due.servers() > 0)) return true;
        }
        return false;
    }

    static bool fits(const node& w, const slot_type& s) {
        if constexpr (core_type::comparable) {
            return *w.wanted == *s.type;
        } else if constexpr (core_type::typed) {
            return world_driver::rating_of(*w.wanted, *s.type).value > 0;
        } else {
            return true;
        }
    }

    pool_world& world_;
    core_type& core_;
    std::array<node*, 16> queue_{};
    std::size_t count_ = 0;
    std::size_t size_before_ = 0;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_POOL_WATCH_HPP
