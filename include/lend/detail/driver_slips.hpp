// SPDX-License-Identifier: MIT
/// @file
/// What compiles, and is not what the driver's author meant: members with a slip in their names, a
/// raw pointer that nothing frees, moves that throw, a `resource` that is missing or private. Each
/// is one line of the compiler's.

#ifndef LEND_DETAIL_DRIVER_SLIPS_HPP
#define LEND_DETAIL_DRIVER_SLIPS_HPP

#include <lend/detail/driver_names.hpp>
#include <lend/detail/near_names.hpp>

#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

// A value for each argument of a member, to see what could be called with it.
template <class Resource, class Type, class Error, class Transaction, class CheckKind>
struct member_arguments {
    Resource& r;
    const Type& t;
    const Error& e;
    Transaction tx;
    CheckKind kind;
};

// Member stands in the compiler's message.
template <class Member, bool Has, bool Near>
struct driver_slip {
    static_assert(
        Has || !Near,
        "lend: the driver has no member of this name, but one whose name is a single edit "
        "away and that can be called like it. If that is meant, say `using "
        "names_are_meant = void;` in the driver.");
    static constexpr bool ok = true;
};

// Names are looked for only where the member itself is missing.
template <class Traits, class Driver, class Samples>
consteval bool has_no_slips() {
    bool ok = true;
#define LEND_NO_SLIP(name)                                                                         \
    if constexpr (!Traits::has_##name)                                                             \
    ok = ok && driver_slip<name_##name, false, near_##name<Driver, Samples>>::ok
    LEND_NO_SLIP(abandon);
    LEND_NO_SLIP(check);
    LEND_NO_SLIP(classify);
    LEND_NO_SLIP(destroy);
    LEND_NO_SLIP(enlist);
    LEND_NO_SLIP(idle_limit);
    LEND_NO_SLIP(interrupt);
    LEND_NO_SLIP(name);
    LEND_NO_SLIP(rate);
    LEND_NO_SLIP(reset);
#undef LEND_NO_SLIP
    return ok;
}

// Whether the driver says what its resources are, with a word where it does not.
template <class Driver>
consteval bool names_its_resource() {
    constexpr bool names = requires { typename Driver::resource; };
    static_assert(names,
                  "lend: the driver has no `resource` that lend can see. Say `using resource = "
                  "...;`, the type of what it makes, in a public part of the driver: the members "
                  "of a `class` are private until it says `public:`.");
    return names;
}

// Whether a pool could be made of the driver, with a word where it could not.
template <class Driver>
consteval bool moves_well() {
    constexpr bool moves = std::is_move_constructible_v<Driver>;
    static_assert(moves, "lend: the driver cannot be moved, and a pool is given its driver by a "
                         "move. Keep what cannot be moved, such as a std::atomic or a std::mutex, "
                         "in a std::unique_ptr or a std::shared_ptr.");
    static_assert(!moves || std::is_nothrow_move_constructible_v<Driver>,
                  "lend: a driver's move constructor must not throw: say noexcept, or keep the "
                  "member whose move may throw in a std::unique_ptr or a std::shared_ptr.");
    return moves;
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_DRIVER_SLIPS_HPP
