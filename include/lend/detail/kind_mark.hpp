// SPDX-License-Identifier: MIT
/// @file
/// The kind of a thread's last resource in one word, so that a caller who asks for another kind
/// need not take the resource to find that out.

#ifndef LEND_DETAIL_KIND_MARK_HPP
#define LEND_DETAIL_KIND_MARK_HPP

#include <lend/detail/config.hpp>

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// A resource type that fits into a word is kept in the thread's own memory, beside the slot. A
// larger one stands in the slot alone, where it may be read by the slot's owner and under the
// pool's lock only; a pool of such kinds looks under the lock.
template <class ResourceType>
struct kind_mark {
    static constexpr bool has_own = requires(const ResourceType& t) { t.mark(); };
    // Whether two marks are equal only if the kinds are.
    static constexpr bool exact =
        has_own || (std::is_trivially_copyable_v<ResourceType> &&
                    std::has_unique_object_representations_v<ResourceType> &&
                    sizeof(ResourceType) <= sizeof(std::uint64_t));

    LEND_ALWAYS_INLINE static std::uint64_t of(const ResourceType& type) noexcept {
        if constexpr (has_own) {
            return type.mark();
        } else {
            std::uint64_t mark = 0;
            if constexpr (exact) std::memcpy(&mark, &type, sizeof type);
            return mark;
        }
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_KIND_MARK_HPP
