// SPDX-License-Identifier: MIT
/// @file
/// A map from the numbers that a dispenser chose to what a holder knows about them. Says who was
/// first with a number; knows nothing of resources.

#ifndef LEND_COM_ID_MAP_HPP
#define LEND_COM_ID_MAP_HPP

#include <lend/com/types.hpp>
#include <lend/detail/as.hpp>
#include <lend/platform.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace lend::inline v0_1::com {

/// Number to value, split into parts with a lock each.
///
/// @par Thread safety
///   Shared objects: safe. Blocking, on the lock of the number's part, never during a callback.
/// @par Complexity Constant on average. `claim` allocates.
template <class Platform, class Value>
class id_map {
public:
    /// Enters a number; false if it was known already, and then nothing changes.
    /// @par Errors Throws bad_alloc when memory is out; then nothing changes.
    [[nodiscard]] bool claim(RESID id, Value value) {
        part& p = part_of(id);
        const std::lock_guard lock(p.mutex);
        return p.map.try_emplace(id, std::move(value)).second;
    }

    /// A copy of the value of a number. @par Errors None: empty for an unknown one.
    [[nodiscard]] std::optional<Value> find(RESID id) const {
        const part& p = part_of(id);
        const std::lock_guard lock(p.mutex);
        const auto at = p.map.find(id);
        return at != p.map.end() ? std::optional<Value>(at->second) : std::nullopt;
    }

    /// Calls `f(Value&)` under the part's lock; false if the number is unknown.
    /// @pre f calls nobody.
    template <class F>
    bool visit(RESID id, const F& f) {
        part& p = part_of(id);
        const std::lock_guard lock(p.mutex);
        const auto at = p.map.find(id);
        if (at == p.map.end()) return false;
        f(at->second);
        return true;
    }

    /// Forgets a number; false if it was unknown. @par Errors None.
    bool erase(RESID id) noexcept {
        part& p = part_of(id);
        const std::lock_guard lock(p.mutex);
        return p.map.erase(id) != 0;
    }

    /// How many numbers are known, added up part by part.
    [[nodiscard]] std::size_t approximate_size() const noexcept {
        std::size_t sum = 0;
        for (const part& p : parts_) {
            const std::lock_guard lock(p.mutex);
            sum += p.map.size();
        }
        return sum;
    }

private:
    // 16 parts: two threads meet in one call out of sixteen. A cache line each.
    static constexpr std::size_t part_count = 16;

    struct alignas(64) part {
        mutable typename Platform::mutex mutex;
        std::unordered_map<RESID, Value> map;
    };

    // Numbers are often addresses, whose low bits are equal: take the high bits of a product.
    [[nodiscard]] static std::size_t index_of(RESID id) noexcept {
        return lend::detail::as<std::size_t>(
            (lend::detail::as<std::uint64_t>(id) * 0x9E3779B97F4A7C15U) >> 60U);
    }
    [[nodiscard]] part& part_of(RESID id) noexcept { return parts_[index_of(id)]; }
    [[nodiscard]] const part& part_of(RESID id) const noexcept { return parts_[index_of(id)]; }

    std::array<part, part_count> parts_;
};

} // namespace lend

#endif // LEND_COM_ID_MAP_HPP
