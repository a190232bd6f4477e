// SPDX-License-Identifier: MIT
/// @file
/// The state that a pool, its leases and its threads share, and the two steps that every journey
/// ends with: a slot becomes vacant, and the last one out frees the state.

#ifndef LEND_DETAIL_CORE_HPP
#define LEND_DETAIL_CORE_HPP

#include <lend/detail/checks.hpp>
#include <lend/detail/creates_in_flight.hpp>
#include <lend/detail/creation_plan.hpp>
#include <lend/detail/driver_call.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/front.hpp>
#include <lend/detail/idle_samples.hpp>
#include <lend/detail/kind_mark.hpp>
#include <lend/detail/lacking_keeper.hpp>
#include <lend/detail/last_lending.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/detail/lock.hpp>
#include <lend/detail/own_calls.hpp>
#include <lend/detail/quota.hpp>
#include <lend/detail/request.hpp>
#include <lend/detail/shedding.hpp>
#include <lend/detail/slot.hpp>
#include <lend/detail/slot_queue.hpp>
#include <lend/detail/thread_cache.hpp>
#include <lend/detail/timings.hpp>
#include <lend/detail/waiters.hpp>
#include <lend/detail/warm_ups.hpp>
#include <lend/driver.hpp>
#include <lend/events.hpp>
#include <lend/handle_table.hpp>
#include <lend/pool_options.hpp>
#include <lend/stats.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// How many resources there may be, and how many are kept ready.
struct pool_limits {
    std::size_t max_size;
    std::size_t min_idle;
};

// A thread that waits for a resource, on its stack: see waiting_threads.hpp.
struct waiting_thread {
    std::uint64_t id = 0;
    waiting_thread* previous = nullptr;
    waiting_thread* next = nullptr;
};

// Where a number leads. 16 bytes, so the table can read it without pinning.
template <class Slot>
struct slot_ref {
    Slot* slot = nullptr;
    std::uint64_t unused = 0;
};

// Lock order: the core's mutex is the only lock of a pool; nothing of a user is called under it
// but == of a resource_type and a memory resource of the user's own.
//
// Lifetime: `shares` counts the pool object, each background thread, each waiting caller, and,
// once closed, each slot that is not vacant. Whoever takes it to zero deletes the core.
template <class Driver, class Platform>
struct core {
    using driver_type = Driver;
    using platform = Platform;
    using traits = driver_traits<Driver>;
    using resource = typename traits::resource;
    using resource_type = typename traits::resource_type;
    using slot_type = slot<Driver, Platform>;
    using slots_type = slot_list<slot_type, Platform>;
    using memory_of_thread = thread_cache;
    using calls = driver_call<Driver, Platform>;
    using waiter_type = waiter<slot_type, Platform>;
    using lock_type = scoped_lock<Platform>;
    using wakes = wake_ups<slot_type, Platform>;
    using request_type = request<resource_type, Platform>;
    using time_point = typename Platform::time_point;
    using duration = typename Platform::duration;
    using number = typename Platform::handle_word;
    using table_type = handle_table<slot_ref<slot_type>, Platform>;

    // True where a request names a type, so that not every resource serves every request.
    static constexpr bool typed = traits::has_resource_type || traits::has_rate;
    // True where lend itself can tell by == whether a resource serves a request.
    // Without == the driver is refused; that is one message if the rest compiles.
    static constexpr bool comparable = traits::has_resource_type && !traits::has_rate &&
                                       std::equality_comparable<typename traits::resource_type>;

    // True where the inventory keeps the order in which resources came back, and their
    // transactions: see affinity.hpp.
    static constexpr bool ordered = traits::orders_inventory;

    core(Driver&& d, const pool_options& o, table_type&& t) noexcept
        : driver(std::move(d)), options(o), numbers(std::move(t)), limits{o.max_size, o.min_idle},
          plan(o.max_parallel_creates,
               std::chrono::duration_cast<duration>(o.create_timeout),
               {std::chrono::duration_cast<duration>(o.retry_min),
                std::chrono::duration_cast<duration>(o.retry_max)}) {}

    ~core() { checks<core>::all_is_over(*this); }
    core(const core&) = delete;
    core& operator=(const core&) = delete;

    // ---- what never changes after construction --------------------------------------------
    Driver driver;
    const pool_options options; // but for the sizes, which are in `limits`
    // Random, but for the lowest bits: it is not 0, and it says whether holders are recorded, so
    // that the fast path of acquire, which compares it, knows.
    const std::uint64_t nonce =
        ((Platform::random() | 3U) & ~records_bit) | (options.records() ? records_bit : 0U);
    table_type numbers;
    event_caller<Driver, Platform> events{options.observer.get(), options.name};
    const bool traces_uses = events.wants_use_spans();
    const bool measures_uses = options.time_uses || traces_uses; // see measuring.hpp
    // Something is to be done at the end of a lease that the fast path does not know of; the
    // lease's own word says so, see lending_word::attended.
    const bool attends_ends =
        measures_uses || (traits::has_reset && options.reset_on == reset_mode::background);
    // The housekeeper's thread function, and whether it would have anything to do; here so that
    // what starts it need not know it. What is set after construction, `forking` carries over.
    void (*housekeeper)(void*) = nullptr;
    bool (*has_chores)(const core&) = nullptr;

    // ---- shared without the lock ----------------------------------------------------------
    timings<Platform> times{options.time_uses};
    slots_type slots{options.memory, options.records()};
    typename Platform::template atomic<std::uint32_t> shares{1};
    lacking_keeper<Platform> keeper_lack; // while no thread can be had for the housekeeper
    // Changes whenever the closer, or the housekeeper, has a reason to look.
    event_count<Platform> settled;
    // Newcomers are refused, see draining.hpp. Written under the lock.
    typename Platform::template atomic<bool> draining{false};
    event_count<Platform> chores;
    // How many creates were begun, so that what was made before a moment can be told from what was
    // made after it. Written under the lock.
    typename Platform::template atomic<std::uint64_t> births{0};
    // Given so far: see recency.hpp.
    typename Platform::template atomic<std::uint64_t> stamps{0};
    event_count<Platform> looks; // changes when a look ends for which another caller waits
    [[no_unique_address]] front_of<slot_type, Platform, ordered> front;

    // ---- under the lock -------------------------------------------------------------------
    alignas(64) typename Platform::mutex mutex;
    waiter_queue<slot_type, Platform, typed && !comparable> waiters;
    shedding<Platform> delay{options.queue_target, options.queue_interval};
    due_list<waiter_type, Platform> due{shares}; // of the waiters, those to be run
    slot_type* vacant = nullptr;                 // empty slots, linked by next
    slot_queue<slot_type> unchecked;             // slots of the verifying room
    slot_queue<slot_type> unfinished;            // slots of the backroom
    std::size_t finishers = 0;                   // threads of the backroom
    std::size_t making_room = 0; // resources that it destroys so that there is room for a waiter
    time_point room_is_due{};    // until when these are counted on
    time_point last_finish{};    // when one of its threads last began with a slot
    pool_limits limits;
    std::size_t size = 0; // slots that are not empty, but for those that were reclaimed
    std::size_t reclaimed = 0;
    std::uint64_t counts_skipped = 0;     // by slots' words, without a lending: see `empty`
    bool cannot_grow = false;             // memory was out when places were last to be had
    creates_in_flight<slot_type> creates; // of these, those in creation for whoever waits
    std::size_t workers = 0;
    bool housekeeper_runs = false;
    time_point next_sweep = (time_point::max)(); // until when the housekeeper sleeps; then max()
    slot_type* outcasts = nullptr;      // slots that a thread of the pool is to destroy, by next
    slot_type* left_at_close = nullptr; // the same, of what was idle at the close
    bool keeps_alive = false;           // a thread of the pool does: see keeping_alive.hpp
    std::uint64_t outage_births = 0;    // `births` when the backend was last found to be gone
    idle_samples samples;
    time_point next_sample = (time_point::max)(); // max(): none was taken yet
    bool closing = false;
    std::optional<pause_mode> paused;          // how, between pause and resume
    waiting_thread* waiting_threads = nullptr; // where holders are recorded
    [[no_unique_address]] shelves_of<slot_type, ordered> shelves;
    creation_plan<Platform> plan;
    last_lending<Platform> last_lent;
    warm_up_list<Platform, resource_type> warm_ups;
    slot_type* interrupted = nullptr;           // its resource is in the driver's interrupt
    event_count<Platform> interrupts;           // changes when that has returned
    std::optional<error> last_create_error;     // until a create succeeds
    std::optional<time_point> create_failed_at; // the last time
    [[no_unique_address]] std::optional<resource_type> usual_type; // of the last create
    // Close has returned and nothing runs any more; for the checks only.
    typename Platform::template atomic<bool> quiet{false};
    pool_stats counted; // the counters only

    // For how long a waiter counts on a driver call that is made for it, before it has another
    // resource tried: a round trip between continents takes less.
    static constexpr std::chrono::nanoseconds counted_on_for = std::chrono::milliseconds(250);

    static constexpr std::uint64_t records_bit = 2;
    [[nodiscard]] static constexpr bool records(std::uint64_t nonce) noexcept {
        return (nonce & records_bit) != 0;
    }
    // Whether each borrower writes down who it is: see holder_record.hpp.
    [[nodiscard]] bool records() const noexcept { return records(nonce); }

    [[nodiscard]] std::size_t room() const noexcept {
        return limits.max_size > size ? limits.max_size - size : 0; // less after a `resize`
    }

    // A resource is on its way out for a waiter, which needs no other to go as long as that does
    // not take too long. Under the lock.
    void makes_room() noexcept {
        ++making_room;
        room_is_due = later(Platform::now(), counted_on_for);
    }
    [[nodiscard]] std::size_t room_to_come() const noexcept {
        return making_room > 0 && Platform::now() < room_is_due ? making_room : 0;
    }

    // Whether driver calls that may block can be left to threads of the pool: not in one that was
    // told to have none.
    [[nodiscard]] bool has_threads() const noexcept {
        return !ordered && (options.creation == creation_mode::worker ||
                            options.housekeeping == housekeeping_mode::own_thread);
    }

    // Whether the room that there is cannot be used for now. Under the lock.
    [[nodiscard]] bool lacks_memory() const noexcept { return cannot_grow && vacant == nullptr; }

    // How many callers wait for whom something may be made. Under the lock.
    [[nodiscard]] std::size_t demand() const noexcept {
        return paused ? 0 : quota<core>::demand(*this);
    }

    // How many resources there are beyond the maximum, those on their way out not counted; more
    // than 0 only after a `resize`. Under the lock.
    [[nodiscard]] std::size_t surplus() noexcept {
        if (size <= limits.max_size) [[likely]]
            return 0;
        std::size_t leaving = 0;
        slots.for_each([&](slot_type& s) {
            leaving += lending_word::is(s.word.peek(), lending_word::destroying) ? 1U : 0U;
        });
        return size - leaving > limits.max_size ? size - leaving - limits.max_size : 0;
    }

    // Relaxed: who does not find it yet came before.
    [[nodiscard]] bool is_draining() const noexcept {
        return draining.load(std::memory_order_relaxed);
    }

    // Whether what is lent is to come back to the desk, though nobody may wait. Under the lock.
    [[nodiscard]] bool watches_returns() noexcept { return is_draining() || surplus() > 0; }

    // Something has come to an end for which a drainer may wait.
    void note_progress() noexcept {
        if (!is_draining()) [[likely]]
            return;
        settled.change();
        settled.wake();
    }

    // By the owner of a slot that is to be destroyed or to leave the pool. The lock is let go
    // meanwhile.
    void wait_for_interrupt(lock_type& lock, const slot_type& s) noexcept {
        if (interrupted != &s) return;
        while (interrupted == &s) {
            const std::uint32_t seen = interrupts.see();
            lock.unlock();
            interrupts.sleep(seen, (time_point::max)());
            lock.lock();
        }
        interrupts.wake(); // others may sleep on it, and one is woken at a time
    }

    static core& of(slot_type& s) noexcept { return *static_cast<core*>(s.home); }

    // The calling thread's memory of this pool.
    LEND_ALWAYS_INLINE thread_cache::entry& remembered() const noexcept {
        auto& cache = Platform::template local<thread_cache>();
        // Pools on the heap differ above bit 6; neighbours get different entries.
        const auto address = reinterpret_cast<std::uintptr_t>(this);
        return cache.entries[(address >> 7U) % thread_cache::size];
    }

    // By the slot's owner.
    LEND_ALWAYS_INLINE static void note_kind(thread_cache::entry& last,
                                             const slot_type& s) noexcept {
        if constexpr (comparable) last.kind = kind_mark<resource_type>::of(*s.type);
    }

    void remember(slot_type& s) const noexcept {
        // Then each acquire has to ask first: see waiting_threads.hpp.
        if (options.multiple_acquire != multiple_acquire_mode::allow || keeper_lack.asks_all())
            return;
        thread_cache::entry& last = remembered();
        last = {this, nonce, &s, lending_word::impossible, 0};
        note_kind(last, s);
    }

    // ---- shares ---------------------------------------------------------------------------

    void add_share() noexcept {
        // Relaxed: whoever adds holds one already, or the lock of a core that is held.
        shares.fetch_add(1, std::memory_order_relaxed);
    }

    // The core may be gone afterwards.
    void drop_share() noexcept {
        // (1) acq-rel-fetch-sub synchronizes-with the acq-rel-fetch-sub (1), (2)
        if (shares.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        // Whoever gave its share up under the lock may be about to let the lock go.
        { const lock_type after_that(mutex); }
        forking<core>::free(*this);
    }

    // ---- leaving a slot ---------------------------------------------------------------------

    // Lets the driver destroy what is in a slot that the caller owns, with no lock held. The
    // number is dead before the driver is called.
    hresult destroy_in(slot_type& s, destroy_reason why) noexcept {
        const own_calls<Platform> here(this, &s);
        const auto gone = static_cast<event_number>(s.number);
        (void)numbers.erase(s.number);
        const auto report = [&](const error& e) {
            {
                const lock_type guard(mutex);
                ++counted.destroy_failed;
            }
            events.destroy_failed(gone, e);
        };
        const stopwatch<Platform> took;
        const hresult code = calls::destroy(driver, s.object, report);
        calls::end(s.object);
        times.destroyed(!failed(code), took.elapsed());
        end_type(s);
        events.destroyed(gone, why);
        return code;
    }

    // By the owner, when the resource has gone. A type that carries counts is needed until the slot
    // is empty, and ends then: it calls nothing of the user's.
    static void end_type(slot_type& s) noexcept {
        if constexpr (!traits::has_quota) s.type.reset();
    }

    // Makes a slot empty that the caller owns. Under the lock.
    void empty(slot_type& s) noexcept {
        if constexpr (ordered) s.place.clear();
        quota<core>::discharge(s);
        if constexpr (traits::has_quota) s.type.reset();
        const lending_word::type was = s.word.peek();
        lending_word::type count = lending_word::count_of(was);
        // A thread that remembers the slot expects the kind that it had: what comes next into the
        // slot has another word.
        if constexpr (comparable) {
            count += lending_word::one_lending;
            ++counts_skipped;
        }
        s.word.become(count | lending_word::empty);
        if (lending_word::is(was, lending_word::reclaimed)) {
            // Relaxed: closers look under the lock, others take what they find.
            s.phase.store(slot_phase::none, std::memory_order_relaxed);
            --reclaimed;
        } else {
            --size;
        }
        checks<core>::size_is_right(*this);
        note_progress();
    }

    // The same, and the slot may be used again. In a closed pool its share is given back instead:
    // then the lock is let go, false is returned, and the core may be gone.
    [[nodiscard]] bool vacate(lock_type& lock, slot_type& s) noexcept {
        if (!closing) {
            make_vacant(s);
            return true;
        }
        empty(s);
        leave_closed(lock);
        return false;
    }

    // The same where the pool is known to be open.
    void make_vacant(slot_type& s) noexcept {
        empty(s);
        s.next = vacant;
        vacant = &s;
    }

    // The end of a share that a closed pool gave to a slot, or of a thread of the pool. Lets the
    // lock go. The share goes first, so that a closer who waited for this thread is the one who
    // frees the core, and no driver is destroyed behind the back of whoever destroyed the pool.
    void leave_closed(lock_type& lock) noexcept {
        settled.change();
        // (2) acq-rel-fetch-sub synchronizes-with the acq-rel-fetch-sub (1)
        const bool last = shares.fetch_sub(1, std::memory_order_acq_rel) == 1;
        lock.unlock();
        settled.wake(); // by address: the core may be gone
        if (last) forking<core>::free(*this);
    }

    // Under the lock: the destruction of a resource begins.
    void count_closed(destroy_reason why) noexcept {
        ++counted.closed[static_cast<std::size_t>(why)];
    }

    // Under the lock: a create failed.
    void count_create_failed(const error& why) noexcept {
        ++counted.create_failed;
        ++counted.create_failed_by[static_cast<std::size_t>(create_failure_of(why))];
        last_create_error = why;
        create_failed_at = Platform::now();
    }

    // Has `run` called with the core on another thread: the user's, or one of the pool's. False if
    // none can be had. No lock is held.
    [[nodiscard]] bool run_elsewhere(const char* job, void (*run)(void*)) noexcept {
        if (options.executor != nullptr && options.executor->execute(run, this)) return true;
        return start_thread(job, run);
    }

    // The same on a thread of the pool, which is called by the pool's name and the job.
    [[nodiscard]] bool start_thread(const char* job, void (*run)(void*)) noexcept {
        return Platform::start_thread(thread_name(options.name, job).c_str(), run, this);
    }

    // ---- the housekeeper ------------------------------------------------------------------

    // Under the lock. Starts the thread when there is something that can expire or be refilled; if
    // none can be had, later calls try again.
    void start_housekeeper_if_needed() noexcept {
        if (housekeeper_runs || closing) return;
        if (options.housekeeping != housekeeping_mode::own_thread) return;
        if (has_chores != nullptr && has_chores(*this)) return start_housekeeper();
        keeper_lack.started(true);
    }

    void start_housekeeper() noexcept {
        if (housekeeper_runs || closing) return;
        if (options.housekeeping != housekeeping_mode::own_thread) return;
        add_share();
        housekeeper_runs = start_thread("keeper", housekeeper);
        // Relaxed: the caller holds the lock of a core that others hold as well.
        if (!housekeeper_runs) shares.fetch_sub(1, std::memory_order_relaxed);
        keeper_lack.started(housekeeper_runs);
    }

    // Under the lock: there will be something to do at that time.
    void expect_chore(time_point when) noexcept {
        if (housekeeper_runs && when < next_sweep) call_housekeeper();
    }

    // Under the lock: there is something to do now.
    void call_housekeeper() noexcept {
        if (!housekeeper_runs) return;
        chores.change();
        chores.wake();
    }

    // ---- words of slots ---------------------------------------------------------------------

    // Makes an idle slot with exactly this word the caller's, who asks for the reason if it was
    // withheld: see doubting.hpp.
    static bool take_idle(slot_type& s, lending_word::type idle) noexcept {
        if (!s.word.take(idle)) return false;
        if (lending_word::has(idle, lending_word::withheld)) s.in_doubt = true;
        return true;
    }

    // The same to look at it only: see viewing.hpp.
    static bool view_idle(slot_type& s, lending_word::type idle) noexcept {
        if (!s.word.view(idle)) return false;
        if (lending_word::has(idle, lending_word::withheld)) s.in_doubt = true;
        return true;
    }

    // The word of a slot that becomes idle: who is in doubt stays so until it is checked, and what
    // comes back to a paused pool stays there. Under the lock.
    [[nodiscard]] lending_word::type idle_word(const slot_type& s,
                                               lending_word::type count) const noexcept {
        return count | lending_word::idle | (s.in_doubt ? lending_word::withheld : 0) |
               (paused ? lending_word::paused : 0) | fate();
    }

    // What every resource's word says from its birth on.
    [[nodiscard]] lending_word::type fate() const noexcept {
        return options.pooling == pooling_mode::unpooled ? lending_word::condemned
                                                         : lending_word::empty;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_CORE_HPP
