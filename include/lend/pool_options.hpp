// SPDX-License-Identifier: MIT
/// @file
/// How a pool behaves: the options, their units, ranges, defaults, and what zero means in each.

#ifndef LEND_POOL_OPTIONS_HPP
#define LEND_POOL_OPTIONS_HPP

#include <lend/detail/one_line.hpp>
#include <lend/detail/option_words.hpp>
#include <lend/executor.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>
#include <lend/short_text.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>

namespace lend::inline v0_1 {

class pool_observer;

/// When the first resources are made.
enum class initialisation_mode : std::uint8_t {
    lazy,      ///< when they are asked for, or by the housekeeper
    fail_fast, ///< before `make` returns: at least one, and min_idle; if none comes up, it fails
    fail_unless_ready, ///< the same; if one of them does not come up, it fails
};

/// Whether what comes back is kept.
enum class pooling_mode : std::uint8_t {
    pooled, ///< as usual
    /// Each acquire makes a resource, each lease's end destroys it, even while others wait, whose
    /// place it then is; the rest is the same.
    unpooled,
};

/// Who runs a driver's `create`.
enum class creation_mode : std::uint8_t {
    /// A thread of the pool: the caller waits beside it, takes a returned resource if one comes
    /// first, and leaves at its deadline even if the create hangs. If no thread can be started,
    /// the caller does it.
    worker,
    /// The calling thread. A create that hangs then hangs its caller.
    inline_,
};

/// Who runs `sweep`.
enum class housekeeping_mode : std::uint8_t {
    own_thread, ///< a thread of the pool, started when something can expire or be refilled
    manual,     ///< whoever calls `sweep()`
};

/// Whether a newcomer may pass the first waiter while that one is being woken.
enum class fairness_mode : std::uint8_t {
    /// Holds of 20 microseconds and more are handed over directly; after a shorter one the first
    /// waiter is woken, and a newcomer may use the resource until it is up. Waiters keep their
    /// order among themselves.
    adaptive,
    /// Every resource is handed to the first waiter who can use it.
    strict,
};

/// Which of the idle resources is lent first.
enum class order_mode : std::uint8_t {
    thread_affine, ///< the one that the calling thread used last; the fastest by far
    lifo,          ///< the one that came back last, so that what is not needed grows old and goes
    fifo,          ///< the one that came back first, so that all are used alike and stay warm
};

/// What happens if a thread that holds a resource of a pool asks for another.
enum class multiple_acquire_mode : std::uint8_t {
    allow,  ///< nothing; not even looked for
    warn,   ///< it gets one, and the events hear of it
    refuse, ///< lend_e_pool_locked, with the places where it acquired what it holds
};

/// How a resource is checked when it is new, whoever made it: a worker, or a caller.
enum class new_check_mode : std::uint8_t {
    none,    ///< not at all
    passive, ///< with check(passive), before it is lent for the first time
    active,  ///< with check(active), as the last part of its create: if it fails, the create failed
};

/// Who resets what comes back.
enum class reset_mode : std::uint8_t {
    release,    ///< the borrower, as its lease ends
    background, ///< a worker of the pool
};

/// Who destroys.
enum class destroy_mode : std::uint8_t {
    caller,     ///< whoever found the reason
    background, ///< a worker of the pool
};

/// What happens to those who ask a paused pool for a resource.
enum class pause_mode : std::uint8_t {
    block, ///< they wait for `resume`, each to its own deadline
    fail,  ///< they are refused with lend_e_paused, those who wait already as well
};

/// What callers that wait are told of creates that fail. With creation inline_ each is told its own
/// create's failure at once.
enum class create_failure_mode : std::uint8_t {
    /// The failure, if the create that was tried after it has failed as well and the pool has
    /// nothing that could serve them.
    tell,
    wait, ///< nothing before their deadlines, whatever fails; a time-out says why the last one did
};

/// What is done about a resource that its borrower keeps for longer than leak_after.
enum class leak_mode : std::uint8_t {
    report, ///< it is counted and reported
    /// It is reported, and the pool stops counting on it: another may take its place. Its borrower
    /// keeps it, and it is destroyed when that lease ends.
    reclaim,
};

/// What is given to `pool::make`. Checked there; a bad value is refused with the field's name.
/// @par Thread safety A plain value.
struct pool_options {
    using duration = std::chrono::nanoseconds;

    /// What people call the pool, as "orders": in errors, leak reports, events, health, metrics and
    /// the names of its threads. Empty: nothing, and threads are called "lend-...". Up to 46 bytes
    /// without control characters; best one that no other pool of the program has.
    short_text name{};

    // ---- size and start -------------------------------------------------------------------

    /// The most resources that exist at one time, those being made and destroyed included.
    /// 1 to 16 000 000. 0 is refused: such a pool could serve nobody. `resize` changes it.
    std::size_t max_size = 16;

    /// How many idle resources the housekeeper keeps ready. 0: none are made in advance.
    /// At most max_size. `resize` changes it.
    std::size_t min_idle = 0;

    /// In a keyed_pool, the most resources of one key. 0: as many as max_size.
    std::size_t max_per_key = 0;

    initialisation_mode initialisation = initialisation_mode::lazy;

    /// Over which time a warm-up spreads the starts of its creates, each at a random moment of its
    /// own share, so that many pools that start together do not connect together. 0: all at once.
    duration start_jitter{0};

    pooling_mode pooling = pooling_mode::pooled;

    // ---- acquire --------------------------------------------------------------------------

    /// How long `acquire` waits. 0: not at all. (duration::max)(): for ever. Negative is refused.
    duration acquire_timeout = std::chrono::seconds(30);

    fairness_mode fairness = fairness_mode::adaptive;
    order_mode order = order_mode::thread_affine;

    /// How many callers may wait at one time for a resource to come back; further ones are refused
    /// at once with lend_e_too_many_waiters. Those for whom there is room to make one do not count.
    /// 0: nobody waits for that.
    std::size_t max_waiters = unlimited;

    /// The delay in the queue that is still good. If nobody was served sooner for a whole
    /// queue_interval, callers who have waited for longer at their turn are refused with
    /// lend_e_shed, until for another interval there were none. Never while something is idle. 0:
    /// off.
    duration queue_target{0};

    /// For how long the delay must be bad before callers are refused. Positive. To be longer than
    /// the time between two returns: a pool in which nothing happens for longer is thought to have
    /// stood still, and begins to measure anew.
    duration queue_interval = std::chrono::seconds(1);

    /// Whether a thread may hold more than one resource of the pool at a time. Threads that wait
    /// for a second one while they keep the first can lock each other out. A resource counts as
    /// held by the thread that acquired it, also if its lease was moved to another. If it is not
    /// `allow`, each acquire looks at every resource first: for tests and small pools.
    multiple_acquire_mode multiple_acquire = multiple_acquire_mode::allow;

    // ---- creation -------------------------------------------------------------------------

    creation_mode creation = creation_mode::worker;

    /// The most creates at one time, on whichever threads: a caller that would have something made
    /// on its own waits for one to end, or is refused with lend_e_exhausted if it does not wait.
    /// Those that were given up and still run do not count. 0: as many as the waiters call for, up
    /// to max_size.
    std::size_t max_parallel_creates = 0;

    /// How long a create may take before it is given up: its place is free again, and what it still
    /// makes is destroyed. Ten times what creates took on average counts if that is shorter.
    /// Positive; (duration::max)(): for ever. Not with creation inline_.
    duration create_timeout = std::chrono::seconds(30);

    /// Within which time after a create that failed the next one is tried, at a random moment of
    /// it, so that many pools do not try together. Four times as long after each that fails too,
    /// until that would be retry_max. Positive; longer than retry_max counts as retry_max.
    duration retry_min = std::chrono::milliseconds(50);

    /// How often creates are tried at most while they go on failing, from start to start; one at a
    /// time, and in the long run not more than ten a second: after a second without any, up to ten
    /// may begin at once. The first success ends it. Positive; (duration::max)(): the spans grow
    /// without an end. With creation inline_ nothing is paced: each caller tries for itself.
    duration retry_max = std::chrono::milliseconds(900);

    create_failure_mode on_create_failure = create_failure_mode::tell;

    // ---- life and health ------------------------------------------------------------------

    /// How long a resource may stay idle before it is destroyed, unless the driver's `idle_limit`
    /// says otherwise. Positive; (duration::max)(): for ever. 0 is refused. Never earlier; later by
    /// up to a quarter of it, at least 0.1 s and at most 30 s; and never below min_idle.
    duration idle_timeout = std::chrono::minutes(10);

    /// How old a resource may grow. An idle one goes exactly then, a lent one when it comes back
    /// for the first time after it. Positive; (duration::max)(): for ever.
    duration max_lifetime = std::chrono::minutes(30);

    /// By which share of max_lifetime a resource may go sooner, drawn once when it is made, so that
    /// those made together do not go together. 0 to 1; 0: none.
    double lifetime_jitter = 0.025;

    /// A resource that was idle for longer is tried with check(active) before it is lent, others
    /// with check(passive). 0: always active; then no acquire is lock-free. (duration::max)():
    /// never. Never earlier; later by up to a quarter of it, at least 0.1 s. Only where the driver
    /// has `check`.
    duration alive_bypass = std::chrono::milliseconds(500);

    /// How a resource is checked when it is new. Only where the driver has `check`. One that was
    /// idle before it is lent for the first time is checked as `alive_bypass` says as well.
    new_check_mode check_new = new_check_mode::passive;

    /// How long a driver's `check` and `reset` may take, for drivers that take a deadline with
    /// them. Nothing else is done about a call that takes longer. Positive; (duration::max)(): for
    /// ever.
    duration check_timeout = std::chrono::seconds(5);
    duration reset_timeout = std::chrono::seconds(5);

    /// After how much idle time the housekeeper tries a resource with check(active), and again
    /// after as much. Never while somebody waits. 0: off. Only where the driver has `check`.
    duration keep_alive{0};

    /// Over which time the housekeeper watches how many resources are idle, to destroy at its end
    /// as many as were not needed for half of it, but none of the last min_idle. 0: off.
    duration prune_window{0};

    reset_mode reset_on = reset_mode::release;
    destroy_mode destroy_on = destroy_mode::caller;

    // ---- safety ---------------------------------------------------------------------------

    /// How long a lease may last before it is reported as a leak. 0: never. Measured in sweeps:
    /// reported late by up to a quarter, never early.
    duration leak_after{0};
    leak_mode leak_action = leak_mode::report;

    /// Remembers who holds what, for time-outs and drain: place, thread and note. On as well if
    /// leak_after or multiple_acquire needs it.
    bool record_holders = false;

    /// Destroys the resource of a lease that an exception ends. False: it is reset, as usual.
    bool poison_on_unwind = true;

    // ---- what runs where, and who hears of it ---------------------------------------------

    housekeeping_mode housekeeping = housekeeping_mode::own_thread;

    /// Where creates and what is done in the background run. A create that it has not begun after
    /// 100 ms, though callers wait, is begun by a thread of the pool: it may be busy with just
    /// these callers. Null: on threads of the pool.
    /// @par Ownership Shared.
    std::shared_ptr<lend::executor> executor{};

    /// Hears what happens, beside the driver's own `events`. Null: nobody.
    /// @par Ownership Shared.
    std::shared_ptr<pool_observer> observer{};

    /// Where memory for the resources' places comes from: 64 at a time, as the pool grows, given
    /// back at its end. A place holds the resource itself and what the pool knows of it. Null:
    /// operator new. The pool's own state, its table of numbers and errors' texts come from
    /// operator new in any case. If it throws, the pool does not grow now, as if it had reached its
    /// maximum.
    /// @par Calls allocate as the pool grows, under the pool's lock, so it must not use the pool;
    ///   deallocate at its end.
    /// @par Ownership Not owned; it must outlive the pool, its last lease and, after a close that
    ///   said s_false, the driver calls that still ran. In a forked child it is used as well.
    std::pmr::memory_resource* memory = nullptr;

    /// Measures how long leases and resets last. Costs up to four looks at the clock per lease.
    bool time_uses = false;

    // ---------------------------------------------------------------------------------------

    /// Whether the pool records its holders, because that is wished or because something needs it.
    /// @par Errors None. @par Thread safety Safe.
    [[nodiscard]] bool records() const noexcept {
        return record_holders || leak_after.count() > 0 ||
               multiple_acquire != multiple_acquire_mode::allow;
    }

    /// No bound.
    static constexpr std::size_t unlimited = (std::numeric_limits<std::size_t>::max)();

    /// The largest max_size: what a number's index can tell apart, with room to spare.
    static constexpr std::size_t largest_size = 16'000'000;

    /// Says which field is wrong, with which value, and what would be right.
    /// @par Errors e_invalidarg with the field's name in the text.
    /// @par Thread safety Safe.
    [[nodiscard]] result<void> validate() const {
        if (auto valid = validate_values(); !valid) return error(valid.error()).with_pool(name);
        return {};
    }

private:
    [[nodiscard]] result<void> validate_values() const {
        if (name.is_cut()) {
            return refuse("name", "longer than 46 bytes", "use a shorter one");
        }
        for (const char c : name.view()) {
            if (detail::is_control(c)) {
                return refuse("name", "a text with a control character",
                              "use printable text, as \"orders\"");
            }
        }
        if (auto size = validate_size(max_size, min_idle, pooling); !size) return size;
        if (auto chosen = validate_choices(); !chosen) return chosen;
        if (max_per_key > max_size) {
            return refuse("max_per_key", std::to_string(max_per_key),
                          "it cannot exceed max_size, which is " + std::to_string(max_size));
        }
        constexpr std::string_view or_never =
            "use a positive time, or nanoseconds::max() for never";
        constexpr std::string_view or_off = "use 0 for off, or a positive time";
        if (acquire_timeout.count() < 0) {
            return refuse("acquire_timeout", spell(acquire_timeout),
                          "use 0 for no waiting or a positive time");
        }
        if (start_jitter.count() < 0) return refuse("start_jitter", spell(start_jitter), or_off);
        if (queue_target.count() < 0) return refuse("queue_target", spell(queue_target), or_off);
        if (queue_interval.count() <= 0)
            return refuse("queue_interval", spell(queue_interval), "use a positive time");
        if (create_timeout.count() <= 0)
            return refuse("create_timeout", spell(create_timeout), or_never);
        if (retry_min.count() <= 0)
            return refuse("retry_min", spell(retry_min), "use a positive time");
        if (retry_max.count() <= 0) return refuse("retry_max", spell(retry_max), or_never);
        if (idle_timeout.count() <= 0) {
            return refuse("idle_timeout", spell(idle_timeout),
                          "use a positive time, or nanoseconds::max() for resources that stay");
        }
        if (max_lifetime.count() <= 0) return refuse("max_lifetime", spell(max_lifetime), or_never);
        if (!(lifetime_jitter >= 0.0 && lifetime_jitter <= 1.0)) {
            return refuse("lifetime_jitter", std::to_string(lifetime_jitter),
                          "use a share between 0 and 1");
        }
        if (alive_bypass.count() < 0) {
            return refuse("alive_bypass", spell(alive_bypass),
                          "use 0 for always, or nanoseconds::max() for never");
        }
        if (check_timeout.count() <= 0)
            return refuse("check_timeout", spell(check_timeout), or_never);
        if (reset_timeout.count() <= 0)
            return refuse("reset_timeout", spell(reset_timeout), or_never);
        if (keep_alive.count() < 0) return refuse("keep_alive", spell(keep_alive), or_off);
        if (prune_window.count() < 0) return refuse("prune_window", spell(prune_window), or_off);
        if (leak_after.count() < 0) return refuse("leak_after", spell(leak_after), or_off);
        return {};
    }

public:
    /// The same for the two sizes alone, as `resize` needs it.
    [[nodiscard]] static result<void> validate_size(std::size_t max_size,
                                                    std::size_t min_idle,
                                                    pooling_mode pooling = pooling_mode::pooled) {
        if (max_size == 0) return refuse("max_size", "0", "use 1 or more");
        if (max_size > largest_size) {
            return refuse("max_size", std::to_string(max_size), "use at most 16000000");
        }
        if (min_idle > max_size) {
            return refuse("min_idle", std::to_string(min_idle),
                          "it cannot exceed max_size, which is " + std::to_string(max_size));
        }
        if (min_idle > 0 && pooling == pooling_mode::unpooled) {
            return refuse("min_idle", std::to_string(min_idle),
                          "use 0: an unpooled pool keeps nothing ready");
        }
        return {};
    }

private:
    [[nodiscard]] result<void> validate_choices() const {
        using detail::choice_of;
        const std::array choices{
            choice_of("initialisation", initialisation),
            choice_of("pooling", pooling),
            choice_of("fairness", fairness),
            choice_of("order", order),
            choice_of("multiple_acquire", multiple_acquire),
            choice_of("creation", creation),
            choice_of("check_new", check_new),
            choice_of("reset_on", reset_on),
            choice_of("destroy_on", destroy_on),
            choice_of("on_create_failure", on_create_failure),
            choice_of("leak_action", leak_action),
            choice_of("housekeeping", housekeeping),
        };
        for (const detail::choice& made : choices) {
            if (!made.is_one())
                return refuse(made.field, std::to_string(made.value), made.advice());
        }
        return {};
    }

    static std::string spell(duration time) { return std::to_string(time.count()) + " ns"; }

    static error refuse(std::string_view field, std::string_view value, std::string_view advice) {
        std::string text = "pool_options::";
        text.append(field).append(" is ").append(value).append("; ").append(advice);
        return {hr::e_invalidarg, text};
    }
};

} // namespace lend

#endif // LEND_POOL_OPTIONS_HPP
