// SPDX-License-Identifier: MIT
/// @file
/// Whether a key, its hash and a driver make a keyed pool, with one line where they do not.

#ifndef LEND_DETAIL_KEYED_PARTS_HPP
#define LEND_DETAIL_KEYED_PARTS_HPP

#include <lend/detail/driver_slips.hpp>
#include <lend/driver.hpp>
#include <lend/result.hpp>

#include <concepts>
#include <cstddef>

namespace lend::inline v0_1 {
namespace detail {

template <class Key, class Driver>
consteval bool makes_for_keys() {
    constexpr bool creates = requires(Driver & d, const Key& key) {
        { d.create(key) } -> std::same_as<result<typename Driver::resource>>;
    }
    || requires(Driver & d, const Key& key, call_deadline until) {
        { d.create(key, until) } -> std::same_as<result<typename Driver::resource>>;
    };
    static_assert(creates, "lend: the driver of a keyed_pool makes a resource for a key: write "
                           "`lend::result<resource> create(const Key&)`.");
    return creates;
}

template <class Key, class Driver, class Hash>
consteval bool are_keyed_parts() {
    bool creates = false;
    if constexpr (names_its_resource<Driver>()) creates = makes_for_keys<Key, Driver>();
    constexpr bool compares = std::equality_comparable<Key>;
    static_assert(compares, "lend: keys are compared: give the key of a keyed_pool an ==.");
    constexpr bool hashes = requires(const Hash& hash, const Key& key) {
        { hash(key) } -> std::convertible_to<std::size_t>;
    };
    static_assert(hashes, "lend: keys are hashed: specialise std::hash for the key of a "
                          "keyed_pool, or name a hash as its fourth template argument.");
    return creates && compares && hashes;
}

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_KEYED_PARTS_HPP
