// SPDX-License-Identifier: MIT
/// @file
/// Bytes become options of a pool, calls of all its public functions, and faults of its driver. See
/// pool_session.hpp for the calls, pool_ledger.hpp and pool_books.hpp for what must hold.

#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"
#include "pool_books.hpp"
#include "pool_session.hpp"

#include <lend/pool_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace {

using namespace lend_test;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

template <class Mode>
Mode mode(fuzz_input& in) {
    return static_cast<Mode>(in.flag());
}

void choose_sizes(fuzz_input& in, lend::pool_options& options) {
    options.max_size = 1 + in.below(4);
    options.min_idle = in.below(options.max_size + 1);
    options.max_per_key = in.below(options.max_size + 1);
    if (in.below(8) == 1) options.initialisation = lend::initialisation_mode::fail_fast;
    if (in.below(8) == 1) options.pooling = lend::pooling_mode::unpooled;
    if (options.pooling == lend::pooling_mode::unpooled) options.min_idle = 0;
    static constexpr std::size_t waiters[] = {lend::pool_options::unlimited, 0, 1, 2};
    options.max_waiters = in.one_of(waiters);
    options.max_parallel_creates = in.below(3);
}

void choose_times(fuzz_input& in, lend::pool_options& options) {
    constexpr nanoseconds never = (nanoseconds::max)();
    static constexpr nanoseconds waits[] = {0ns, 50ms, 30s};
    static constexpr nanoseconds creates[] = {30s, 500ms, never};
    static constexpr nanoseconds idles[] = {never, 100ms, 10s};
    static constexpr nanoseconds lives[] = {never, 1s, 60s};
    static constexpr nanoseconds bypasses[] = {500ms, 0ns, never};
    static constexpr nanoseconds offs[] = {0ns, 200ms, 5s};
    options.acquire_timeout = in.one_of(waits);
    options.create_timeout = in.one_of(creates);
    options.idle_timeout = in.one_of(idles);
    options.max_lifetime = in.one_of(lives);
    options.alive_bypass = in.one_of(bypasses);
    options.keep_alive = in.one_of(offs);
    options.prune_window = in.one_of(offs);
    options.leak_after = in.one_of(offs);
    options.queue_target = in.one_of(offs);
    options.start_jitter = in.one_of(offs);
    options.lifetime_jitter = in.flag() ? 0.5 : 0.0;
}

void choose_modes(fuzz_input& in, lend::pool_options& options) {
    options.fairness = mode<lend::fairness_mode>(in);
    options.order = static_cast<lend::order_mode>(in.below(3));
    options.multiple_acquire = static_cast<lend::multiple_acquire_mode>(in.below(3));
    options.creation = mode<lend::creation_mode>(in);
    options.reset_on = mode<lend::reset_mode>(in);
    options.destroy_on = mode<lend::destroy_mode>(in);
    options.leak_action = mode<lend::leak_mode>(in);
    options.record_holders = in.flag();
    options.poison_on_unwind = in.flag();
    options.time_uses = in.flag();
    options.housekeeping = lend::housekeeping_mode::manual;
    const std::size_t where = in.below(4);
    fuzz_world::now().has_threads = where == 1;
    fuzz_world::now().jobs_run_while_others_sleep = in.flag();
    if (where < 2) return;
    auto executor = std::make_shared<fuzz_executor>();
    executor->refuses = where == 3;
    options.executor = executor;
}

template <class Face, class Driver>
void run(fuzz_input& in, const lend::pool_options& options) {
    pool_session<Face, Driver> session(in);
    session.run(options);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_world::now().begin();
    fuzz_input in(data, size);
    const std::size_t which = in.below(4);
    lend::pool_options options;
    choose_sizes(in, options);
    choose_times(in, options);
    choose_modes(in, options);
    if (which == 0) run<plain_face<booked_driver>, booked_driver>(in, options);
    if (which == 1) run<plain_face<kinds_driver>, kinds_driver>(in, options);
    if (which == 2) run<plain_face<rating_driver>, rating_driver>(in, options);
    if (which == 3) run<keyed_face, kinds_driver>(in, options);
    return 0;
}
