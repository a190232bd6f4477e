// SPDX-License-Identifier: MIT
/// @file
/// The chore that keeps idle resources alive: those of which nothing was heard for long are checked
/// before anybody needs them.

#ifndef LEND_DETAIL_KEEPING_ALIVE_HPP
#define LEND_DETAIL_KEEPING_ALIVE_HPP

#include <lend/detail/admitting.hpp>
#include <lend/detail/births.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/giving_back.hpp>
#include <lend/detail/sweep_round.hpp>

#include <chrono>

namespace lend::inline v0_1 {
namespace detail {

// One is out at a time, with no lock held, and none while somebody waits: who comes meanwhile finds
// the others, or is handed this one when its check is over. A check is a sign of life, but no use:
// idle time and age go on.
template <class Core>
struct keeping_alive {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using round = sweep_round<Core>;
    using idle_times = idleness<Core>;
    using lives = typename idle_times::lives;
    using back = giving_back<Core>;
    using steps = admitting<Core>;

    static bool wanted(const Core& core) noexcept {
        return Core::traits::has_check && core.options.keep_alive.count() != 0;
    }

    static void run(Core& core, round& r) noexcept {
        if (!wanted(core)) return;
        if (!r.aside || !is_done_aside(core, r)) check_all(core, r);
    }

private:
    enum class what : std::uint8_t { leave, check, stop };

    // True if another thread does it, or there is nothing to do now.
    static bool is_done_aside(Core& core, round& r) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing || core.keeps_alive) return true; // it calls the housekeeper when done
        bool any = false;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            if (!lending_word::is(word, lending_word::idle)) return;
            const time_point until = is_due_at(core, s, word, r.now);
            if (until > r.now) return r.due(until);
            any = true;
        });
        if (!any) return true;
        if (!core.waiters.empty()) {
            r.due(lives::after(r.now, births<Core>::quickest_pace));
            return true;
        }
        if (!core.start_thread("check", &work)) return false;
        core.add_share();
        ++core.workers;
        core.keeps_alive = true;
        return true;
    }

    static void work(void* raw) {
        Core& core = *static_cast<Core*>(raw);
        const own_calls<typename Core::platform> here(&core, nullptr, 1);
        round r{.now = Core::platform::now()};
        check_all(core, r);
        lock_type lock(core.mutex);
        core.keeps_alive = false;
        core.call_housekeeper();
        --core.workers;
        core.leave_closed(lock);
    }

    static time_point
    is_due_at(const Core& core, slot_type& s, lending_word::type word, time_point now) noexcept {
        return lives::after(idle_times::silent_since(s, word, now), core.options.keep_alive);
    }

    static void check_all(Core& core, round& r) noexcept {
        (void)core.slots.find([&](slot_type& s) {
            // A look without the lock: who is not idle now is none of this round's.
            if (!lending_word::is(s.word.peek(), lending_word::idle)) return false;
            lending_word::type word = lending_word::impossible;
            const what next = choose(core, s, r, word);
            if (next == what::check) r.destroyed += is_alive(core, s, word, r.now) ? 0U : 1U;
            return next == what::stop;
        });
    }

    // Takes the slot if it is time.
    static what choose(Core& core, slot_type& s, round& r, lending_word::type& word) noexcept {
        const lock_type lock(core.mutex);
        if (core.closing) return what::stop;
        word = s.word.see();
        if (!lending_word::is(word, lending_word::idle)) return what::leave;
        const time_point until = is_due_at(core, s, word, r.now);
        if (until > r.now) {
            r.due(until);
            return what::leave;
        }
        if (!core.waiters.empty()) {
            r.due(lives::after(r.now, births<Core>::quickest_pace));
            return what::stop;
        }
        return core.take_idle(s, word) ? what::check : what::leave;
    }

    // False: it is gone.
    static bool
    is_alive(Core& core, slot_type& s, lending_word::type word, time_point now) noexcept {
        const own_calls<typename Core::platform> here(&core, &s);
        bool closed = false;
        const auto where = [] { return back::on::thread_of_the_options; };
        if (!steps::passes_check(core, s, check_kind::active, closed, where)) return false;
        s.in_doubt = false;
        s.alive_at = now;
        back::clean(core, s, lending_word::taken(word), back::use::look);
        return true;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_KEEPING_ALIVE_HPP
