// SPDX-License-Identifier: MIT
/// @file
/// The resources that a dispenser made itself and has a holder watch, under numbers or strings:
/// who brought them, in which transaction they are, and which of them are to be destroyed. Calls
/// no dispenser; com/tracked_resources.hpp does.

#ifndef LEND_COM_TRACKED_SET_HPP
#define LEND_COM_TRACKED_SET_HPP

#include <lend/com/types.hpp>
#include <lend/platform.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// How a key is looked for: a string by a view of it, so that nothing is copied, which could fail.
template <class Key>
struct key_search {
    using view = Key;
    using hash = std::hash<Key>;
    using equal = std::equal_to<Key>;
};
template <class Char>
struct key_search<std::basic_string<Char>> {
    using view = std::basic_string_view<Char>;
    using equal = std::equal_to<>;
    struct hash {
        using is_transparent = void;
        [[nodiscard]] std::size_t operator()(view text) const noexcept {
            return std::hash<view>{}(text);
        }
    };
};

} // namespace detail
} // namespace lend

namespace lend::inline v0_1::com {

/// Tracked resources by key; Key is RESID or ole_string.
///
/// States of a resource, by row, and what becomes of them:
///
///                  settle    untrack(false)  untrack(true)          end of its transaction  close
///     entering     tracked   refused         refused                stays, in none forgotten
///     tracked      -         forgotten       condemned if enlisted,  stays, in none          taken
///                                            else taken
///     condemned    -         refused         refused                taken                   taken
///     dying        -         refused         refused                -                       -
///
/// Taken means: removed from the set and handed to the caller, who destroys it with no lock held.
/// It is removed first, because a dispenser may use the number again the moment it is free.
/// @par Thread safety Shared objects: safe. Blocking, on one lock that is never held in a callback.
template <class Platform, class Key>
class tracked_set {
    enum class state : std::uint8_t { entering, tracked, condemned, dying };

    struct record {
        INSTID owner = 0;
        TRANSID transaction = 0;
        state now = state::entering;
        std::pair<const Key, record>* next = nullptr; // in the chain of dying ones
    };

    using search = lend::detail::key_search<Key>;
    using map = std::unordered_map<Key, record, typename search::hash, typename search::equal>;

public:
    /// What a resource is looked for by: a key, or a view of one.
    using view = typename search::view;
    /// A resource taken out of the set; `key()` names it.
    using node = typename map::node_type;

    /// What `untrack` did.
    enum class outcome : std::uint8_t { unknown, forgotten, taken, later };

    /// Enters a resource whose enlistment is about to be tried; false if the key is known.
    /// @par Errors Throws bad_alloc when memory is out; then nothing changes.
    [[nodiscard]] bool enter(const Key& key, INSTID owner, TRANSID transaction) {
        const std::lock_guard lock(mutex_);
        return map_.try_emplace(key, record{owner, transaction}).second;
    }

    /// Makes an entered resource a tracked one; false if the set was closed meanwhile.
    [[nodiscard]] bool settle(const Key& key, bool is_enlisted) noexcept {
        const std::lock_guard lock(mutex_);
        const auto at = map_.find(key);
        if (at == map_.end()) return false;
        at->second.now = state::tracked;
        if (!is_enlisted) at->second.transaction = 0;
        return true;
    }

    /// Forgets an entered resource.
    void forget(const Key& key) noexcept {
        const std::lock_guard lock(mutex_);
        map_.erase(key);
    }

    /// Ends the tracking of a resource; `out_taken` is set if it is to be destroyed now.
    [[nodiscard]] outcome untrack(const view& key, bool destroy, node& out_taken) noexcept {
        const std::lock_guard lock(mutex_);
        const auto at = map_.find(key);
        if (at == map_.end() || at->second.now != state::tracked) return outcome::unknown;
        if (destroy && at->second.transaction != 0) {
            at->second.now = state::condemned;
            return outcome::later;
        }
        out_taken = map_.extract(at);
        return destroy ? outcome::taken : outcome::forgotten;
    }

    /// Takes what was waiting for the end of the transaction; everything else leaves it.
    template <class F>
    void end_transaction(TRANSID transaction, const F& destroy) noexcept {
        take_if(
            [&](record& r) {
                if (r.transaction != transaction) return false;
                r.transaction = 0;
                return r.now == state::condemned;
            },
            destroy);
    }

    /// Ends the tracking of everything that an object brought, to destroy it.
    template <class F>
    void end_object(INSTID owner, const F& destroy) noexcept {
        take_if(
            [&](record& r) {
                if (r.owner != owner || r.now != state::tracked) return false;
                if (r.transaction != 0) r.now = state::condemned;
                return r.transaction == 0;
            },
            destroy);
    }

    /// Takes everything.
    template <class F>
    void close(const F& destroy) noexcept {
        take_if([](record& r) { return r.now != state::entering; }, destroy);
        const std::lock_guard lock(mutex_);
        // What was entering belongs to its caller again.
        std::erase_if(map_, [](const auto& each) { return each.second.now == state::entering; });
    }

private:
    // Chains the chosen records, then takes them one by one: no allocation, one pass, and no lock
    // while `destroy` runs. The chain belongs to the set, so that a callback that closes the
    // holder takes what the call below it has not got to; whoever comes last finds it empty.
    template <class Choose, class F>
    void take_if(const Choose& choose, const F& destroy) noexcept {
        {
            const std::lock_guard lock(mutex_);
            for (auto& each : map_) {
                if (each.second.now == state::dying || !choose(each.second)) continue;
                each.second.now = state::dying;
                each.second.next = std::exchange(dying_, &each);
            }
        }
        for (;;) {
            node taken;
            {
                const std::lock_guard lock(mutex_);
                if (dying_ == nullptr) return;
                const Key& key = dying_->first;
                dying_ = dying_->second.next;
                taken = map_.extract(key);
            }
            destroy(std::move(taken));
        }
    }

    typename Platform::mutex mutex_;
    map map_;
    std::pair<const Key, record>* dying_ = nullptr;
};

} // namespace lend

#endif // LEND_COM_TRACKED_SET_HPP
