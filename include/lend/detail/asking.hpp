// SPDX-License-Identifier: MIT
/// @file
/// From the options of one acquire to what the slow path is asked, or why it is not.

#ifndef LEND_DETAIL_ASKING_HPP
#define LEND_DETAIL_ASKING_HPP

#include <lend/acquire_options.hpp>
#include <lend/detail/config.hpp>
#include <lend/detail/core.hpp>
#include <lend/detail/outcomes.hpp>
#include <lend/detail/patience.hpp>
#include <lend/error.hpp>

#include <optional>
#include <string>

namespace lend::inline v0_1 {
namespace detail {

template <class Core>
struct asking {
    using platform = typename Core::platform;
    using resource_type = typename Core::resource_type;
    using request = typename Core::request_type;
    using patience = detail::patience<platform>;
    using acquire_options = basic_acquire_options<platform>;

    // What can be refused before anything is asked of the driver; counted where there is a pool.
    static std::optional<error> refused_at_once(Core* core,
                                                const acquire_options& options) noexcept {
        std::optional<error> refused = refusal_of(options);
        if (core == nullptr) return refused ? *refused : error(hr::lend_e_closed);
        if (!refused) return refused;
        if (refused->code() == hr::lend_e_cancelled)
            outcomes<Core>::failed_after(*core, *refused, {});
        refused->with_pool(core->options.name);
        return refused;
    }

    static std::optional<error> refusal_of(const acquire_options& options) noexcept {
        if (options.stop.stop_requested()) return hr::lend_e_cancelled;
        if (options.priority > acquire_options::highest_priority) return wrong_priority(options);
        return std::nullopt;
    }

    // The place that the options name, or that of the call.
    static const source_site& site_of(const acquire_options& options,
                                      const source_site& call) noexcept {
        return options.site.line != 0 ? options.site : call;
    }

    static request request_of(const Core& core,
                              const resource_type& type,
                              const acquire_options& options,
                              const source_site& call) noexcept {
        const auto limit = options.deadline ? patience::until(*options.deadline)
                                            : patience::for_span(core.options.acquire_timeout);
        return {.wanted = type,
                .limit = limit,
                .stop = options.stop.stop_possible() ? &options.stop : nullptr,
                .priority = options.priority,
                .site = site_of(options, call),
                .note = options.note,
                .detect_leak = options.detect_leak};
    }

private:
    static error wrong_priority(const acquire_options& options) noexcept {
        LEND_TRY {
            return {hr::e_invalidarg, "acquire_options::priority is " +
                                          std::to_string(options.priority) + "; use 0 to 7"};
        }
        LEND_CATCH_ALL { return hr::e_invalidarg; } // no memory for the words
        return hr::e_unexpected;
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_ASKING_HPP
