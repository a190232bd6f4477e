// SPDX-License-Identifier: MIT
/// @file
/// Whether a driver has a member of a name that lend knows, whatever it is.

#ifndef LEND_DETAIL_DRIVER_NAMES_HPP
#define LEND_DETAIL_DRIVER_NAMES_HPP

#include <lend/detail/cpp20.hpp>

#include <type_traits>

namespace lend::inline v0_1 {
namespace detail {

template <class Driver, class Name>
struct probe : Driver, Name {};

// True if the class has a member of that name, whatever it is: then the name taken from `probe` is
// ambiguous. A final class cannot be probed so; there a member counts if its address can be taken.
struct name_create {
    int create;
};
struct name_rate {
    int rate;
};
struct name_enlist {
    int enlist;
};
struct name_reset {
    int reset;
};
struct name_destroy {
    int destroy;
};
struct name_check {
    int check;
};
struct name_classify {
    int classify;
};
struct name_idle_limit {
    int idle_limit;
};
struct name_abandon {
    int abandon;
};
struct name_interrupt {
    int interrupt;
};
struct name_name {
    int name;
};

template <class D>
consteval bool names_create() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::create;
        };
    else
        return !requires { &probe<D, name_create>::create; };
}
template <class D>
consteval bool names_rate() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::rate;
        };
    else
        return !requires { &probe<D, name_rate>::rate; };
}
template <class D>
consteval bool names_enlist() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::enlist;
        };
    else
        return !requires { &probe<D, name_enlist>::enlist; };
}
template <class D>
consteval bool names_reset() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::reset;
        };
    else
        return !requires { &probe<D, name_reset>::reset; };
}
template <class D>
consteval bool names_destroy() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::destroy;
        };
    else
        return !requires { &probe<D, name_destroy>::destroy; };
}
template <class D>
consteval bool names_check() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::check;
        };
    else
        return !requires { &probe<D, name_check>::check; };
}
template <class D>
consteval bool names_classify() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::classify;
        };
    else
        return !requires { &probe<D, name_classify>::classify; };
}
template <class D>
consteval bool names_idle_limit() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::idle_limit;
        };
    else
        return !requires { &probe<D, name_idle_limit>::idle_limit; };
}
template <class D>
consteval bool names_abandon() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::abandon;
        };
    else
        return !requires { &probe<D, name_abandon>::abandon; };
}
template <class D>
consteval bool names_interrupt() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::interrupt;
        };
    else
        return !requires { &probe<D, name_interrupt>::interrupt; };
}
template <class D>
consteval bool names_name() {
    if constexpr (std::is_final_v<D>) return requires {
            &D::name;
        };
    else
        return !requires { &probe<D, name_name>::name; };
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_DRIVER_NAMES_HPP
