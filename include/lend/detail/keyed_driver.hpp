// SPDX-License-Identifier: MIT
/// @file
/// A user's driver whose resources belong to keys, as the pool's engine sees it: keys become types
/// that are compared by address and carry their counts.

#ifndef LEND_DETAIL_KEYED_DRIVER_HPP
#define LEND_DETAIL_KEYED_DRIVER_HPP

#include <lend/detail/as.hpp>
#include <lend/detail/lock.hpp>
#include <lend/detail/quota.hpp>
#include <lend/driver.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lend::inline v0_1 {
namespace detail {

// A key that a pool has been asked for. Lives as long as anything refers to it, and then until it
// is forgotten.
template <class Key, class Platform>
struct known_key {
    known_key(const Key& k, quota_book& book) : key(k), counts(book) {}

    const Key key;
    tally counts;
    // How many key_refs there are. From 0 it goes up under the directory's lock only.
    typename Platform::template atomic<std::size_t> uses{0};
};

// What the engine takes for a resource type. A slot that belongs to a key refers to it, and so does
// each caller that asks for it. Copies do not throw; an engine copies when it creates.
template <class Key, class Platform>
class key_ref {
public:
    // Under the lock of the directory.
    explicit key_ref(known_key<Key, Platform>& which) noexcept : which_(&which) { add(); }
    key_ref(const key_ref& other) noexcept : which_(other.which_) { add(); }
    key_ref& operator=(const key_ref& other) noexcept {
        const key_ref ended(std::exchange(which_, other.which_), nothing_added{});
        add();
        return *this;
    }
    ~key_ref() {
        // (1) release-fetch-sub synchronizes-with the acquire-load (2)
        which_->uses.fetch_sub(1, std::memory_order_release);
    }

    [[nodiscard]] const Key& key() const noexcept { return which_->key; }
    [[nodiscard]] tally& counts() const noexcept { return which_->counts; }
    [[nodiscard]] std::uint64_t mark() const noexcept {
        return as<std::uint64_t>(reinterpret_cast<std::uintptr_t>(which_));
    }
    // Nothing else refers to the key, for the moment; under the directory's lock, for good.
    [[nodiscard]] bool is_alone() const noexcept {
        // (2) acquire-load synchronizes-with the release-fetch-sub (1)
        return which_->uses.load(std::memory_order_acquire) == 1;
    }
    [[nodiscard]] friend bool operator==(const key_ref& a, const key_ref& b) noexcept {
        return a.which_ == b.which_;
    }

private:
    struct nothing_added {};
    key_ref(known_key<Key, Platform>* which, nothing_added) noexcept : which_(which) {}

    // Relaxed: whoever adds has one already, or the directory's lock.
    void add() const noexcept { which_->uses.fetch_add(1, std::memory_order_relaxed); }

    known_key<Key, Platform>* which_;
};

// All keys of a pool. Its lock is held for a search alone; nothing of a pool is called under it.
//
// Keys to which nothing refers are forgotten when they are asked to be, a few in each sweep, and
// all of them each time when there are twice as many keys as were left then: so there are never
// more than about twice as many as are used.
template <class Key, class Platform, class Hash>
class key_directory {
    using known_type = known_key<Key, Platform>;
    using ref = key_ref<Key, Platform>;
    using map = std::unordered_map<Key, std::unique_ptr<known_type>, Hash>;

public:
    quota_book book;

    // The one for a key; made if it is new. Throws what copying the key or a lack of memory throws.
    ref find(const Key& key) {
        bool crowded = false;
        const ref found = find(key, crowded);
        if (crowded) tidy_up();
        return found;
    }

    // The one for a key that is known.
    [[nodiscard]] std::optional<ref> known(const Key& key) {
        const scoped_lock<Platform> lock(mutex_);
        const auto at = keys_.find(key);
        if (at == keys_.end()) return std::nullopt;
        return ref(*at->second);
    }

    [[nodiscard]] std::vector<ref> all() {
        const scoped_lock<Platform> lock(mutex_);
        std::vector<ref> found;
        found.reserve(keys_.size());
        for (const auto& [key, known] : keys_) found.emplace_back(*known);
        return found;
    }

    // Forgets this key, if nothing but `mine` refers to it. What is returned outlives `mine`.
    using forgotten = typename map::node_type;
    [[nodiscard]] forgotten forget(const ref& mine) {
        const scoped_lock<Platform> lock(mutex_);
        const auto at = keys_.find(mine.key());
        if (at == keys_.end() || !(ref(*at->second) == mine)) return {};
        return mine.is_alone() ? keys_.extract(at) : forgotten();
    }
    // Forgets what is not used; looks at so many buckets, from where the last search ended. Returns
    // how many keys it has forgotten.
    std::size_t forget_in(std::size_t buckets) {
        std::size_t gone = 0;
        while (buckets > 0) gone += take_unused(buckets).empty() ? 0U : 1U;
        return gone;
    }
    std::size_t forget_all() { return forget_in(bucket_count()); }

private:
    static constexpr std::size_t few = 64; // keys, or buckets for one hold of the lock

    ref find(const Key& key, bool& crowded) {
        const scoped_lock<Platform> lock(mutex_);
        if (const auto at = keys_.find(key); at != keys_.end()) return ref(*at->second);
        // Whole before it is entered: where memory is out, nothing is left of it.
        auto made = std::make_unique<known_type>(key, book);
        const ref found(*keys_.emplace(key, std::move(made)).first->second);
        crowded = keys_.size() > most_;
        return found;
    }

    void tidy_up() {
        (void)forget_all();
        const scoped_lock<Platform> lock(mutex_);
        most_ = (std::max)(few, 2 * keys_.size());
    }

    std::size_t bucket_count() {
        const scoped_lock<Platform> lock(mutex_);
        return keys_.bucket_count();
    }

    // The next one; counts the buckets that it has left behind. Empty for none so far.
    typename map::node_type take_unused(std::size_t& buckets) {
        const scoped_lock<Platform> lock(mutex_);
        for (std::size_t looked = 0; buckets > 0 && looked < few; ++looked) {
            const std::size_t bucket = next_ % keys_.bucket_count();
            const auto end = keys_.cend(bucket);
            const auto at = std::find_if(keys_.cbegin(bucket), end,
                                         [](const auto& each) { return is_unused(*each.second); });
            if (at != end) return keys_.extract(at->first);
            ++next_;
            --buckets;
        }
        return {};
    }

    static bool is_unused(const known_type& which) noexcept {
        // (2) acquire-load synchronizes-with the release-fetch-sub (1)
        return which.uses.load(std::memory_order_acquire) == 0;
    }

    typename Platform::mutex mutex_;
    map keys_;
    std::size_t most_ = few; // keys, before those that are not used are forgotten
    std::size_t next_ = 0;   // bucket, where the next search goes on
};

// The user's driver with keys in place of its resource types. Everything but create is its own.
template <class Key, class Driver, class Platform, class Hash>
class keyed_driver : public Driver {
    static_assert(!driver_traits<Driver>::has_rate,
                  "lend: a keyed_pool compares keys with ==; a driver for it has no rate.");

public:
    using resource = typename Driver::resource;
    using resource_type = key_ref<Key, Platform>;
    using quota_by_type = void; // see quota.hpp

    keyed_driver(Driver&& driver, std::unique_ptr<key_directory<Key, Platform, Hash>> keys) noexcept
        : Driver(std::move(driver)), keys_(std::move(keys)) {}

    result<resource> create(const resource_type& type, call_deadline until) {
        if constexpr (requires(Driver & d) { d.create(type.key(), until); }) {
            return Driver::create(type.key(), until);
        } else {
            return Driver::create(type.key());
        }
    }

    // In a forked child: the parent's keys, their counts and their lock are left as they are. False
    // if memory is out.
    [[nodiscard]] bool begin_anew() noexcept {
        LEND_TRY {
            auto fresh = std::make_unique<key_directory<Key, Platform, Hash>>();
            fresh->book.most_per_key = keys_->book.most_per_key;
            (void)keys_.release();
            keys_ = std::move(fresh);
            return true;
        }
        LEND_CATCH_ALL { return false; }
        return false;
    }

    [[nodiscard]] key_directory<Key, Platform, Hash>& keys() const noexcept { return *keys_; }
    [[nodiscard]] const quota_book& book() const noexcept { return keys_->book; }

private:
    std::unique_ptr<key_directory<Key, Platform, Hash>> keys_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_KEYED_DRIVER_HPP
