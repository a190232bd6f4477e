// SPDX-License-Identifier: MIT
/// @file
/// A caller that waits without a thread: the same stay in the queue as that of one who blocks
/// (waiting.hpp), run by whoever has something to say to it.

#ifndef LEND_DETAIL_ASYNC_WAITING_HPP
#define LEND_DETAIL_ASYNC_WAITING_HPP

#include <lend/acquire_options.hpp>
#include <lend/detail/asking.hpp>
#include <lend/detail/calling_off.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/looking.hpp>
#include <lend/detail/request.hpp>
#include <lend/detail/serving.hpp>
#include <lend/detail/taking.hpp>
#include <lend/detail/waiting.hpp>
#include <lend/short_text.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// One asynchronous acquire, from its beginning to its outcome; it owns what it asks for.
//
// Whoever runs it is the only one who touches anything but its node, and runs it until there is an
// outcome or it sleeps. It falls asleep in one step with the look at what was said to it, under the
// lock; after that it may be run by others, or be gone. What the driver is asked and may not block
// for (rate, a passive check) is asked by whoever runs it, with no lock held; and a create, where
// the user has chosen creation = inline_.
//
// The stop's callback is ended by whoever runs it to its outcome. A stop may be requested by that
// very thread, or by another: then it waits for the callback, which waits for nobody (calling_off).
template <class Core>
class async_waiting {
    using platform = typename Core::platform;
    using lock_type = typename Core::lock_type;
    using resource_type = typename Core::resource_type;
    using waiter_type = typename Core::waiter_type;
    using wakes = typename Core::wakes;
    using time_point = typename Core::time_point;
    using options_type = basic_acquire_options<platform>;
    using look = looking<Core>;
    using serve = serving<Core>;
    using is = typename resumable<waiter_type, platform>::is;

public:
    using held = holding<Core>;
    using outcome = std::optional<result<held>>;

    // `run(owner)` is called, in a frame, when there is something to do: it calls `go_on`.
    async_waiting(Core& core,
                  resource_type&& type,
                  const options_type& options,
                  void (*run)(void*) noexcept,
                  void* owner) noexcept
        : core_(core), type_(std::move(type)), options_(options), note_(options.note),
          asked_(asking<Core>::request_of(core, type_, options_, options_.site)),
          stay_(core, asked_) {
        asked_.asked_by = platform::thread_id();
        if (asked_.note != nullptr) asked_.note = note_.c_str();
        auto& r = stay_.node().resumed;
        r.run = run;
        r.owner = owner;
    }
    async_waiting(const async_waiting&) = delete;
    async_waiting& operator=(const async_waiting&) = delete;
    ~async_waiting() = default;

    // By the thread that asks, once. It is a server from here on, and runs this one.
    void begin() noexcept {
        const lock_type lock(core_.mutex);
        enter();
        stay_.node().resumed.now = is::running;
    }

    // The same, but a loop on this stack is to run it.
    void begin_later() noexcept {
        const lock_type lock(core_.mutex);
        enter();
        core_.due.remove_server();
        // Relaxed: not the last one; the loop is a server as well.
        core_.shares.fetch_sub(1, std::memory_order_relaxed);
        (void)core_.due.put(stay_.node());
    }

    // By whoever runs it. Nothing: it sleeps, and is nobody's business any more.
    outcome go_on() noexcept {
        for (;;) {
            auto done = begun_ ? stay_.go_on(true) : first_steps();
            if (done) {
                stop_.reset();
                return done;
            }
            if (fall_asleep()) return std::nullopt;
        }
    }

    [[nodiscard]] Core& core() const noexcept { return core_; }
    [[nodiscard]] const typename Core::request_type& asked() const noexcept { return asked_; }

    // ---- taking back, where its owner may do so -------------------------------------------

    // By whoever runs it, with the outcome: true if the owner is there to hear it. If not, it has
    // been told that it may go, and nothing may be touched any more.
    bool may_finish(const result<held>& done) noexcept {
        {
            const lock_type lock(core_.mutex);
            finished_ = true;
            if (taken_back_ == nullptr) return true;
        }
        if (done) look::put_back(core_, *done);
        let_go(taken_back_);
        return false;
    }

    // By the owner: there is no outcome from here on. Waits for whoever runs it, if somebody does.
    void take_back() noexcept {
        // In a forked child the queue is not the one that this stood in.
        if (!forking<Core>::enter(core_) || core_.nonce != nonce_) return;
        gone_word gone{0};
        held answer;
        wakes wake;
        {
            const lock_type lock(core_.mutex);
            if (finished_) return;
            auto& r = stay_.node().resumed;
            if (r.now == is::running) {
                taken_back_ = &gone;
            } else {
                if (r.now == is::due) core_.due.remove(stay_.node());
                r.now = is::running;
                core_.due.add_server();
                answer = stay_.leave(wake);
            }
        }
        if (taken_back_ != nullptr) {
            // (1) acquire-load synchronizes-with the release-store (2)
            while (gone.load(std::memory_order_acquire) == 0) {
                platform::park(gone, 0, (time_point::max)());
            }
            return;
        }
        wake.deliver();
        look::put_back(core_, answer);
        stop_.reset();
        stay_.gave_up();
        serve::leave(core_);
    }

private:
    using stop_callback = typename platform::template stop_callback<calling_off<Core>>;
    using gone_word = typename platform::template atomic<std::uint32_t>;

    void enter() noexcept {
        core_.due.served_by(&core_, &serve::serve);
        core_.due.add_server();
        stay_.node().resumed.list = &core_.due;
    }

    // As for one who blocks: look in passing, then join, or make one if it may not wait.
    outcome first_steps() noexcept {
        begun_ = true;
        if (asked_.stop != nullptr) {
            stop_.emplace(*asked_.stop, calling_off<Core>{core_, stay_.node()});
        }
        typename taking<Core>::in_hand mine;
        outcome done = taking<Core>::in_passing(core_, asked_, mine);
        if (!done && !asked_.limit.waits())
            done = taking<Core>::without_waiting(core_, asked_, mine);
        if (done) {
            stay_.not_needed(*done);
            return done;
        }
        stay_.bring(mine.unfit, mine.doubtful);
        return stay_.go_on(false);
    }

    // False if something was said meanwhile, or there is no time to sleep.
    bool fall_asleep() noexcept {
        Core& core = core_;
        const time_point until = stay_.wake_at();
        const bool has_time = until == (time_point::max)() || platform::now() < until;
        gone_word* gone = nullptr;
        held answer;
        wakes wake;
        {
            const lock_type lock(core.mutex);
            waiter_type& me = stay_.node();
            gone = taken_back_;
            if (gone == nullptr) {
                if (!has_time || heard(me) != waiter_state::waiting) return false;
                sleep(core, me, until);
                return true;
            }
            answer = stay_.leave(wake);
            finished_ = true;
        }
        wake.deliver();
        look::put_back(core, answer);
        stop_.reset();
        stay_.gave_up();
        let_go(gone);
        return true;
    }

    // Under the lock: from here on others may run it.
    static void sleep(Core& core, waiter_type& me, time_point until) noexcept {
        me.resumed.alarm = until;
        if (until < core.due.alarm()) {
            core.due.set_alarm(until);
            core.start_housekeeper();
            core.expect_chore(until);
        }
        me.resumed.now = is::asleep;
    }

    static void let_go(gone_word* gone) noexcept {
        // (2) release-store synchronizes-with the acquire-load (1)
        gone->store(1, std::memory_order_release);
        platform::unpark_one(*gone); // by address: it may be gone
    }

    Core& core_;
    const std::uint64_t nonce_ = core_.nonce;
    resource_type type_;
    options_type options_;
    short_text note_; // a copy of theirs
    typename Core::request_type asked_;
    waiting<Core> stay_;
    std::optional<stop_callback> stop_;
    bool begun_ = false;
    // Under the lock.
    bool finished_ = false;
    gone_word* taken_back_ = nullptr; // where the owner waits for whoever runs it
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ASYNC_WAITING_HPP
