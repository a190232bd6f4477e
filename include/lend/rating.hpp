// SPDX-License-Identifier: MIT
/// @file
/// What a driver answers when it is asked how well a resource fits, and whether it is part of a
/// transaction.

#ifndef LEND_RATING_HPP
#define LEND_RATING_HPP

#include <lend/hresult.hpp>

#include <compare>
#include <cstdint>

namespace lend::inline v0_1 {

/// How well a free resource fits a request: 0 not at all, 1 to 99 better and better, 100 perfectly.
///
/// 100 ends the search, 0 rules the candidate out. More than 100 is a driver's mistake: the
/// candidate is not used and is destroyed.
/// @par Source IDispenserDriver::RateResource.
struct rating {
    std::uint32_t value = 0;

    static constexpr std::uint32_t unusable = 0;
    static constexpr std::uint32_t perfect = 100;

    constexpr rating() noexcept = default;
    constexpr rating(std::uint32_t v) noexcept : value(v) {}

    [[nodiscard]] friend constexpr auto operator<=>(rating, rating) noexcept = default;
};

/// A transaction, as an opaque number; 0 is none. lend neither owns nor looks behind it.
struct transaction_id {
    std::uintptr_t value = 0;

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return value != 0; }
    [[nodiscard]] friend constexpr auto operator<=>(transaction_id,
                                                    transaction_id) noexcept = default;
};

/// What came of enlisting a resource: s_ok enlisted, s_false the resource has no transactions
/// (which is no error), a failure otherwise.
struct enlistment {
    hresult code = hr::s_ok;

    static constexpr hresult enlisted = hr::s_ok;
    static constexpr hresult not_transactional = hr::s_false;

    constexpr enlistment() noexcept = default;
    constexpr enlistment(hresult c) noexcept : code(c) {}
};

} // namespace lend

#endif // LEND_RATING_HPP
