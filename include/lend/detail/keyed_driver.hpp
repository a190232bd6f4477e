// SPDX-License-Identifier: MIT
/// @file
/// A user's driver whose resources belong to keys, as the pool's engine sees it: keys become types
/// that are compared by address and carry their counts.

#ifndef LEND_DETAIL_KEYED_DRIVER_HPP
#define LEND_DETAIL_KEYED_DRIVER_HPP

#include <lend/detail/lock.hpp>
#include <lend/detail/quota.hpp>
#include <lend/driver.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lend::inline v0_1 {
namespace detail {

// A key that a pool has been asked for. Lives as long as the pool's state.
template <class Key>
struct known_key {
    known_key(const Key& k, quota_book& book) : key(k), counts(book) {}

    const Key key;
    tally counts;
};

// What the engine takes for a resource type. Copies cost nothing and do not throw.
template <class Key>
class key_ref {
public:
    explicit key_ref(known_key<Key>& which) noexcept : which_(&which) {}

    [[nodiscard]] const Key& key() const noexcept { return which_->key; }
    [[nodiscard]] tally& counts() const noexcept { return which_->counts; }
    [[nodiscard]] friend bool operator==(key_ref a, key_ref b) noexcept {
        return a.which_ == b.which_;
    }

private:
    known_key<Key>* which_;
};

// All keys of a pool. Its lock is held for a search alone; nothing of a pool is called under it.
template <class Key, class Platform, class Hash>
class key_directory {
public:
    quota_book book;

    // The one for a key; made if it is new. Throws what copying the key or a lack of memory throws.
    key_ref<Key> find(const Key& key) {
        const scoped_lock<Platform> lock(mutex_);
        if (const auto at = keys_.find(key); at != keys_.end()) return key_ref<Key>(*at->second);
        // Whole before it is entered: where memory is out, nothing is left of it.
        auto made = std::make_unique<known_key<Key>>(key, book);
        return key_ref<Key>(*keys_.emplace(key, std::move(made)).first->second);
    }

    // The one for a key that was asked for before.
    [[nodiscard]] std::optional<key_ref<Key>> known(const Key& key) {
        const scoped_lock<Platform> lock(mutex_);
        const auto at = keys_.find(key);
        if (at == keys_.end()) return std::nullopt;
        return key_ref<Key>(*at->second);
    }

    [[nodiscard]] std::vector<key_ref<Key>> all() {
        const scoped_lock<Platform> lock(mutex_);
        std::vector<key_ref<Key>> found;
        found.reserve(keys_.size());
        for (const auto& [key, known] : keys_) found.emplace_back(*known);
        return found;
    }

private:
    typename Platform::mutex mutex_;
    std::unordered_map<Key, std::unique_ptr<known_key<Key>>, Hash> keys_;
};

// The user's driver with keys in place of its resource types. Everything but create is its own.
template <class Key, class Driver, class Platform, class Hash>
class keyed_driver : public Driver {
    static_assert(!driver_traits<Driver>::has_rate,
                  "lend: a keyed_pool compares keys with ==; a driver for it has no rate.");

public:
    using resource = typename Driver::resource;
    using resource_type = key_ref<Key>;
    using quota_by_type = void; // see quota.hpp

    keyed_driver(Driver&& driver, std::unique_ptr<key_directory<Key, Platform, Hash>> keys) noexcept
        : Driver(std::move(driver)), keys_(std::move(keys)) {}

    result<resource> create(const key_ref<Key>& type) { return Driver::create(type.key()); }

    [[nodiscard]] key_directory<Key, Platform, Hash>& keys() const noexcept { return *keys_; }
    [[nodiscard]] const quota_book& book() const noexcept { return keys_->book; }

private:
    std::unique_ptr<key_directory<Key, Platform, Hash>> keys_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_KEYED_DRIVER_HPP
