// SPDX-License-Identifier: MIT
/// @file
/// From what a driver has made to a resource in a slot, or to an end: what is known of it is
/// written down, and what nobody can keep is destroyed.

#ifndef LEND_DETAIL_SETTLING_IN_HPP
#define LEND_DETAIL_SETTLING_IN_HPP

#include <lend/detail/births.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/later.hpp>
#include <lend/detail/measuring.hpp>
#include <lend/detail/ordering.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct settling_in {
    using platform = typename Core::platform;
    using slot_type = typename Core::slot_type;
    using lock_type = typename Core::lock_type;
    using resource = typename Core::resource;
    using resource_type = typename Core::resource_type;
    using calls = typename Core::calls;
    using time_point = typename Core::time_point;
    using duration = typename Core::duration;

    // The driver's create, on the calling thread and for as long as it takes, and the check that is
    // a part of it where the options want an active one. `deadline`: for a driver that takes one.
    // `took`: how long the create took, which is recorded when it is known what became of it.
    static result<resource> create(Core& core,
                                   const resource_type& wanted,
                                   time_point deadline,
                                   std::chrono::nanoseconds& took) noexcept {
        checks<Core>::is_open(core);
        result<resource> made = measuring<Core>::create(core, wanted, deadline, took);
        if constexpr (Core::traits::has_check) {
            if (core.options.check_new != new_check_mode::active || !made) return made;
            error unfit = hr::lend_e_condemned;
            const auto on_error = [&](const error& why) {
                unfit = unfit_when_new(why);
                core.events.check_failed(0, why);
            };
            if (calls::ask_health(core.driver, *made, check_kind::active, deadline, on_error) ==
                health::good)
                return made;
            (void)destroy_stray(core, *made);
            return unfit;
        }
        return made;
    }

    // Until when a create may take that begins now.
    static time_point deadline_of_create(const Core& core) noexcept {
        return later(platform::now(),
                     std::chrono::duration_cast<duration>(core.options.create_timeout));
    }

    // Number, type, object and idle limit, in a slot that the caller owns. Nothing is left behind
    // on failure.
    static std::optional<error>
    settle(Core& core, slot_type& s, const resource_type& wanted, result<resource>& made) noexcept {
        s.number = 0;
        if (!made) return made.error();
        LEND_TRY {
            s.type.emplace(wanted);
            auto number = core.numbers.insert({&s, 0});
            if (!number) {
                (void)destroy_stray(core, *made);
                s.type.reset();
                return std::move(number).error();
            }
            s.number = *number;
            std::construct_at(std::addressof(s.object), std::move(*made));
            s.idle_limit = calls::idle_limit(core.driver, s.object, core.options.idle_timeout);
            checks<Core>::note_clean(s, true);
            core.events.created(s.number);
            return std::nullopt;
        }
        LEND_CATCH_ALL {
            // The type could not be copied.
            s.type.reset();
            (void)destroy_stray(core, *made);
            return current_exception_as_error<platform>();
        }
        return error(hr::e_unexpected);
    }

    // What is left to be checked of a resource that was made just now, by its receiver.
    static check_due check_when_new(const Core& core) noexcept {
        return core.options.check_new == new_check_mode::passive ? check_due::passive
                                                                 : check_due::none;
    }

    // `why`: what the check said.
    static LEND_NOINLINE error unfit_when_new(const error& why) noexcept {
        return {hr::lend_e_condemned, "it failed its check when it was new: ", why};
    }

    // Under the lock: a resource is there. True if creates were held back until now, because none
    // was known to succeed.
    static bool
    note_success(Core& core, slot_type& s, time_point began, time_point ended) noexcept {
        const bool news = note_success(core, began, ended);
        births<Core>::begin_life(core, s);
        ordering<Core>::came_back(core, s, lending_word::count_of(s.word.peek()));
        if constexpr (Core::traits::has_resource_type) {
            LEND_TRY { core.usual_type = s.type; }
            LEND_CATCH_ALL { core.usual_type.reset(); }
        }
        core.start_housekeeper_if_needed();
        return news;
    }
    static bool note_success(Core& core, time_point began, time_point ended) noexcept {
        ++core.counted.created;
        core.last_create_error.reset();
        (void)core.last_lent.before(core.slots, ended, core.plan.period());
        return core.plan.succeeded(began, ended, !core.waiters.empty());
    }

    // Under the lock: a create has failed.
    static void
    note_failure(Core& core, time_point began, time_point now, const error& why) noexcept {
        core.count_create_failed(why);
        core.plan.failed(began, now);
    }

    // A resource that was made but cannot be kept, in no slot.
    static hresult destroy_stray(Core& core, resource& r) noexcept {
        return calls::destroy(core.driver, r, [&](const error& e) {
            {
                const lock_type guard(core.mutex);
                ++core.counted.destroy_failed;
            }
            core.events.destroy_failed(0, e);
        });
    }

    // The end of a create that was given up, and recorded as failed then.
    static void bury(Core& core,
                     result<resource>& made,
                     time_point began,
                     time_point ended,
                     std::chrono::nanoseconds took) noexcept {
        if (made) {
            core.times.created(true, took);
            const stopwatch<platform> watch;
            const hresult code = destroy_stray(core, *made);
            core.times.destroyed(!failed(code), watch.elapsed());
        }
        const lock_type lock(core.mutex);
        --core.counted.abandoned;
        if (!made) return; // it was counted as failed when it was given up
        (void)note_success(core, began, ended);
        ++core.counted.destroyed;
        core.count_closed(destroy_reason::late);
    }

    // What is said of a create that is given up.
    static error took_too_long(duration time) noexcept {
        LEND_TRY {
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
            return {hr::lend_e_timed_out,
                    "a create was given up after " + std::to_string(ms) + " ms"};
        }
        LEND_CATCH_ALL {
            // The code says enough; the words could not be kept.
        }
        return hr::lend_e_timed_out;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_SETTLING_IN_HPP
