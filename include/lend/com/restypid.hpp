// SPDX-License-Identifier: MIT
/// @file
/// Between a RESTYPID, which is a number as wide as a pointer, and a driver's resource_type.

#ifndef LEND_COM_RESTYPID_HPP
#define LEND_COM_RESTYPID_HPP

#include <lend/com/types.hpp>
#include <lend/driver.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1::com {

/// What a RESTYPID says to a driver.
///
///     resource_type          the RESTYPID is
///     none                   anything but 0
///     an integer, an enum    the value itself: not 0, and one that the type can hold
///     a pointer              the pointer itself: not null
///     any other              the address of an object of that type, which must live for the call
///
/// `to_restypid` makes the number, this class reads it.
/// @par Thread safety Distinct objects: safe.
template <class Driver>
class restypid {
    using type = typename driver_traits<Driver>::resource_type;
    static constexpr bool is_none = !driver_traits<Driver>::has_resource_type;
    static constexpr bool is_value = std::is_integral_v<type> || std::is_enum_v<type>;

public:
    explicit restypid(RESTYPID number) noexcept : number_(number) {
        if constexpr (!is_none && is_value) value_ = static_cast<type>(number);
        if constexpr (!is_none && std::is_pointer_v<type>) value_ = reinterpret_cast<type>(number);
    }

    /// Whether the number can be one of the driver's.
    [[nodiscard]] bool is_valid() const noexcept {
        if (number_ == 0) return false;
        if constexpr (!is_none && is_value) return static_cast<RESTYPID>(value_) == number_;
        return true;
    }

    /// The type. @pre is_valid()
    [[nodiscard]] const type& get() const noexcept {
        if constexpr (is_none || is_value || std::is_pointer_v<type>) {
            return value_;
        } else {
            return *reinterpret_cast<const type*>(number_);
        }
    }

private:
    using kept = std::conditional_t<is_none || is_value || std::is_pointer_v<type>, type, char>;

    RESTYPID number_;
    kept value_{};
};

/// The RESTYPID for a value of a driver's resource_type: see restypid. For all but integers, enums
/// and pointers it is the address of `type`, which must outlive the call it is passed to.
/// @par Errors None. @par Thread safety Safe; wait-free.
template <class Type>
[[nodiscard]] RESTYPID to_restypid(const Type& type) noexcept {
    if constexpr (std::is_integral_v<Type> || std::is_enum_v<Type>) {
        return static_cast<RESTYPID>(type);
    } else if constexpr (std::is_pointer_v<Type>) {
        return reinterpret_cast<RESTYPID>(type);
    } else {
        return reinterpret_cast<RESTYPID>(std::addressof(type));
    }
}

/// A temporary would be gone before the number is used.
template <class Type>
requires(!std::is_integral_v<Type> && !std::is_enum_v<Type> && !std::is_pointer_v<Type>) RESTYPID
    to_restypid(const Type&& type)
= delete;

} // namespace lend

#endif // LEND_COM_RESTYPID_HPP
