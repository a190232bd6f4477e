// SPDX-License-Identifier: MIT
/// @file
/// Status codes: the values of COM's HRESULT under lower-case names, lend's own codes beside them,
/// one table that says what each means, and a std::error_category. No code here is a macro.

#ifndef LEND_HRESULT_HPP
#define LEND_HRESULT_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/immortal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace lend::inline v0_1 {

/// A status: zero or positive is success, negative is failure. The numbers are those of winerror.h.
enum class hresult : std::int32_t {};

/// The codes. Names without `lend_` are Microsoft's, in lower case because winerror.h defines the
/// upper-case ones as macros; codes with `lend_` are ours (FACILITY_ITF, 0x80040200 + n).
namespace hr {

namespace detail_code {
constexpr hresult of(std::uint32_t bits) noexcept {
    return static_cast<hresult>(static_cast<std::int32_t>(bits));
}
} // namespace detail_code

inline constexpr hresult s_ok = detail_code::of(0x00000000U);
inline constexpr hresult s_false = detail_code::of(0x00000001U);
inline constexpr hresult e_notimpl = detail_code::of(0x80004001U);
inline constexpr hresult e_nointerface = detail_code::of(0x80004002U);
inline constexpr hresult e_pointer = detail_code::of(0x80004003U);
inline constexpr hresult e_abort = detail_code::of(0x80004004U);
inline constexpr hresult e_fail = detail_code::of(0x80004005U);
inline constexpr hresult e_unexpected = detail_code::of(0x8000FFFFU);
inline constexpr hresult e_accessdenied = detail_code::of(0x80070005U);
inline constexpr hresult e_outofmemory = detail_code::of(0x8007000EU);
inline constexpr hresult e_invalidarg = detail_code::of(0x80070057U);
inline constexpr hresult mtxdm_e_enlistresourcefailed = detail_code::of(0x8004E100U);

inline constexpr hresult lend_e_timed_out = detail_code::of(0x80040201U);
inline constexpr hresult lend_e_cancelled = detail_code::of(0x80040202U);
inline constexpr hresult lend_e_closed = detail_code::of(0x80040203U);
inline constexpr hresult lend_e_paused = detail_code::of(0x80040204U);
inline constexpr hresult lend_e_shed = detail_code::of(0x80040205U);
inline constexpr hresult lend_e_too_many_waiters = detail_code::of(0x80040206U);
inline constexpr hresult lend_e_pool_locked = detail_code::of(0x80040207U);
inline constexpr hresult lend_e_stale = detail_code::of(0x80040208U);
inline constexpr hresult lend_e_condemned = detail_code::of(0x80040209U);
inline constexpr hresult lend_e_transaction_ended = detail_code::of(0x8004020AU);
inline constexpr hresult lend_e_exhausted = detail_code::of(0x8004020BU);

} // namespace hr

/// True for zero and every positive code. @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr bool succeeded(hresult code) noexcept {
    return static_cast<std::int32_t>(code) >= 0;
}

/// True for every negative code. @par Errors None. @par Thread safety Safe; wait-free.
[[nodiscard]] constexpr bool failed(hresult code) noexcept { return !succeeded(code); }

namespace detail {

struct code_entry {
    hresult code;
    std::string_view name;
    std::string_view meaning;
    std::errc condition; // errc{} where the standard has no such condition
};

// The one table. A new code is a new line here and a constant above.
inline constexpr std::array code_table{
    code_entry{hr::s_ok, "S_OK", "success", std::errc{}},
    code_entry{hr::s_false, "S_FALSE", "success, with a reservation that the call documents",
               std::errc{}},
    code_entry{hr::e_notimpl, "E_NOTIMPL", "not implemented by this object",
               std::errc::function_not_supported},
    code_entry{hr::e_nointerface, "E_NOINTERFACE", "the object has no such interface",
               std::errc::not_supported},
    code_entry{hr::e_pointer, "E_POINTER", "a pointer is null", std::errc::bad_address},
    code_entry{hr::e_abort, "E_ABORT", "the operation was aborted", std::errc::operation_canceled},
    code_entry{hr::e_fail, "E_FAIL", "the operation failed", std::errc::io_error},
    code_entry{hr::e_unexpected, "E_UNEXPECTED", "called in a state that does not allow it",
               std::errc::state_not_recoverable},
    code_entry{hr::e_accessdenied, "E_ACCESSDENIED", "access denied", std::errc::permission_denied},
    code_entry{hr::e_outofmemory, "E_OUTOFMEMORY", "out of memory, or out of numbers",
               std::errc::not_enough_memory},
    code_entry{hr::e_invalidarg, "E_INVALIDARG", "an argument is not valid",
               std::errc::invalid_argument},
    code_entry{hr::mtxdm_e_enlistresourcefailed, "MTXDM_E_ENLISTRESOURCEFAILED",
               "the resource could not be enlisted in the transaction", std::errc::io_error},
    code_entry{hr::lend_e_timed_out, "LEND_E_TIMED_OUT",
               "no resource could be had before the deadline", std::errc::timed_out},
    code_entry{hr::lend_e_cancelled, "LEND_E_CANCELLED", "the caller cancelled the wait",
               std::errc::operation_canceled},
    code_entry{hr::lend_e_closed, "LEND_E_CLOSED", "the pool is closed",
               std::errc::operation_not_permitted},
    code_entry{hr::lend_e_paused, "LEND_E_PAUSED", "the pool is paused",
               std::errc::resource_unavailable_try_again},
    code_entry{hr::lend_e_shed, "LEND_E_SHED", "refused because the queue is too slow",
               std::errc::resource_unavailable_try_again},
    code_entry{hr::lend_e_too_many_waiters, "LEND_E_TOO_MANY_WAITERS",
               "as many callers wait already as the pool allows",
               std::errc::resource_unavailable_try_again},
    code_entry{hr::lend_e_pool_locked, "LEND_E_POOL_LOCKED",
               "every holder of a resource is itself waiting for one",
               std::errc::resource_deadlock_would_occur},
    code_entry{hr::lend_e_stale, "LEND_E_STALE", "the number has outlived its resource",
               std::errc::no_such_file_or_directory},
    code_entry{hr::lend_e_condemned, "LEND_E_CONDEMNED", "the resource is marked for destruction",
               std::errc::owner_dead},
    code_entry{hr::lend_e_transaction_ended, "LEND_E_TRANSACTION_ENDED", "the transaction is over",
               std::errc::operation_not_permitted},
    code_entry{hr::lend_e_exhausted, "LEND_E_EXHAUSTED",
               "nothing is free, and none may be made now",
               std::errc::resource_unavailable_try_again},
};

inline constexpr code_entry no_code{hr::s_ok, {}, {}, std::errc{}};

// The entry of a code; `no_code`, with an empty name, for one that is not in the table. A reference
// and not a pointer: g++ 12 with -fsanitize=undefined compares no pointers at compile time.
[[nodiscard]] constexpr const code_entry& entry_of(hresult code) noexcept {
    for (const code_entry& entry : code_table) {
        if (entry.code == code) return entry;
    }
    return no_code;
}

} // namespace detail

/// The documented name of a code, as "E_FAIL"; empty for a code that is not in the table.
/// @par Errors None. @par Thread safety Safe; wait-free. @par Complexity Linear in the table.
[[nodiscard]] constexpr std::string_view name_of(hresult code) noexcept {
    return detail::entry_of(code).name;
}

/// What a code means, in one sentence without a full stop; a general one for unknown codes.
/// @par Errors None. @par Thread safety Safe; wait-free. @par Complexity Linear in the table.
[[nodiscard]] constexpr std::string_view describe(hresult code) noexcept {
    const std::string_view meaning = detail::entry_of(code).meaning;
    if (!meaning.empty()) return meaning;
    return succeeded(code) ? std::string_view{"success with a code of the driver's own"}
                           : std::string_view{"failure with a code of the driver's own"};
}

/// The code as people write it: "0x80004005".
/// @par Errors None; throws bad_alloc when memory is out. @par Thread safety Safe.
[[nodiscard]] inline std::string to_hex(hresult code) {
    constexpr char digits[] = "0123456789ABCDEF";
    auto bits = static_cast<std::uint32_t>(code);
    std::string text = "0x00000000";
    for (std::size_t at = text.size(); bits != 0; bits >>= 4U) text[--at] = digits[bits & 0xFU];
    return text;
}

namespace detail {

class LEND_EXPORT hresult_category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "lend"; }

    [[nodiscard]] std::string message(int value) const override {
        return std::string{describe(static_cast<hresult>(value))};
    }

    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        const std::errc condition = entry_of(static_cast<hresult>(value)).condition;
        if (condition == std::errc{}) return {value, *this};
        return std::make_error_condition(condition);
    }
};

} // namespace detail

/// The category named "lend"; its values are the numbers of hresult.
/// @par Errors None. @par Thread safety Safe.
/// @par Ownership Lives until the process ends; never destroyed.
[[nodiscard]] LEND_EXPORT inline const std::error_category& error_category() noexcept {
    return detail::only<detail::hresult_category>();
}

/// Makes a std::error_code in the category "lend". Found by argument-dependent lookup.
[[nodiscard]] inline std::error_code make_error_code(hresult code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// Writes meaning, name and number: "the operation failed (E_FAIL 0x80004005)".
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, hresult code) {
    const std::string_view name = name_of(code);
    return out << describe(code) << " (" << name << (name.empty() ? "" : " ") << to_hex(code)
               << ')';
}

} // namespace lend

template <>
struct std::is_error_code_enum<lend::hresult> : std::true_type {};

#endif // LEND_HRESULT_HPP
