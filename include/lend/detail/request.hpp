// SPDX-License-Identifier: MIT
/// @file
/// What a caller asks for, on its way through the slow path of acquire.

#ifndef LEND_DETAIL_REQUEST_HPP
#define LEND_DETAIL_REQUEST_HPP

#include <lend/acquire_options.hpp>
#include <lend/detail/patience.hpp>
#include <lend/observer.hpp>
#include <lend/source_site.hpp>

#include <cstdint>
#include <string_view>

namespace lend::inline v0_1 {
namespace detail {

// Refers to what its caller owns; lives no longer than the call.
template <class ResourceType, class Platform>
struct request {
    const ResourceType& wanted;
    patience<Platform> limit;
    const typename Platform::stop_token* stop = nullptr; // null: cannot be called off
    std::uint8_t priority = basic_acquire_options<Platform>::usual_priority;
    // For the record of holders.
    source_site site{};
    const char* note = nullptr;
    bool detect_leak = true;
    std::uint64_t asked_by = 0; // the thread that asked and does not wait; 0: the caller

    [[nodiscard]] bool waits() const noexcept { return limit.waits(); }

    // Whether the calling thread goes on with something else while this waits.
    [[nodiscard]] bool is_asynchronous() const noexcept { return asked_by != 0; }

    // Whether the calling thread has something else to do, at a deadline or at a stop, or at once:
    // then it makes no driver call that may block.
    [[nodiscard]] bool is_bounded() const noexcept {
        return limit.ends() || stop != nullptr || is_asynchronous();
    }

    [[nodiscard]] span_info traced(std::string_view pool) const noexcept {
        return {0, site, note, pool};
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_REQUEST_HPP
