// SPDX-License-Identifier: MIT
/// @file
/// The chore that prunes: as many idle resources go as were not needed for half of a window.

#ifndef LEND_DETAIL_PRUNING_HPP
#define LEND_DETAIL_PRUNING_HPP

#include <lend/detail/core.hpp>
#include <lend/detail/idle_samples.hpp>
#include <lend/detail/sending_away.hpp>
#include <lend/detail/sweep_round.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

// Ten samples of the number of idle resources are taken over prune_window; at its end as many go as
// their median says, but none of the last min_idle. A sweep that comes late takes one sample, not
// those that were missed. While the pool is empty no window runs.
//
// Source: Npgsql, PoolingDataSource.PruneIdleConnectors. Differs: has one option, not two.
template <class Core>
struct pruning {
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;
    using round = sweep_round<Core>;
    using lives = lifetimes<typename Core::platform>;
    using away = sending_away<Core>;

    static bool wanted(const Core& core) noexcept { return core.options.prune_window.count() != 0; }

    static void run(Core& core, round& r) noexcept {
        if (!wanted(core)) return;
        slot_type* gone = nullptr;
        {
            const lock_type lock(core.mutex);
            if (core.closing) return;
            if (core.size == 0) {
                core.samples.restart();
                core.next_sample = (time_point::max)();
                return;
            }
            const auto window = std::chrono::duration_cast<duration>(core.options.prune_window);
            const auto apart = (std::max<duration>)(window / idle_samples::per_window, duration(1));
            if (core.next_sample == (time_point::max)()) {
                core.next_sample = lives::after(r.now, apart);
            } else if (core.next_sample <= r.now) {
                core.next_sample = lives::after(r.now, apart);
                take_sample(core, gone);
            }
            r.due(core.next_sample);
        }
        r.destroyed += r.aside ? away::destroy_aside(core, gone) : away::destroy(core, gone);
    }

private:
    static void take_sample(Core& core, slot_type*& gone) noexcept {
        std::size_t idle = 0;
        core.slots.for_each([&](slot_type& s) { idle += is_idle(s) ? 1U : 0U; });
        core.samples.add(idle);
        if (!core.samples.complete()) return;
        const std::size_t least = core.limits.min_idle;
        const std::size_t may_go = idle > least ? idle - least : 0;
        const std::size_t go = (std::min)(core.samples.finish(), may_go);
        // Looks begin at the first slot, so the last ones are those that are needed least.
        std::size_t stay = idle - go;
        core.slots.for_each([&](slot_type& s) {
            const lending_word::type word = s.word.see();
            if (!lending_word::is(word, lending_word::idle)) return;
            if (stay > 0) {
                --stay;
            } else {
                (void)away::take_out(core, s, word, destroy_reason::pruned, gone);
            }
        });
    }

    static bool is_idle(const slot_type& s) noexcept {
        return lending_word::is(s.word.peek(), lending_word::idle);
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_PRUNING_HPP
