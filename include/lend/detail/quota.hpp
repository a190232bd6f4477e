// SPDX-License-Identifier: MIT
/// @file
/// How many resources of one key there may be, and for whom something may be made therefore. Counts
/// only; the steps of a pool that ask are few, and cost nothing where there are no keys.

#ifndef LEND_DETAIL_QUOTA_HPP
#define LEND_DETAIL_QUOTA_HPP

#include <lend/detail/cpp20.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// What the tallies of all keys have in common. Under the pool's lock.
struct quota_book {
    std::size_t most_per_key = 0;
    // How many more creates may begin for those who wait, over all keys.
    std::size_t servable = 0;
};

// The counts of one key. All members are called under the pool's lock.
//
// Invariant: exists <= most_per_key, unless the pool's maximum was lowered; begun <= exists.
class tally {
public:
    explicit tally(quota_book& book) noexcept : book_(&book) {}
    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;
    ~tally() = default;

    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
    [[nodiscard]] std::size_t uncovered() const noexcept { return waiting_ - covered_; }
    [[nodiscard]] std::size_t exists() const noexcept { return exists_; }

    [[nodiscard]] std::size_t most() const noexcept { return book_->most_per_key; }

    // Whether there may be one more.
    [[nodiscard]] bool has_room() const noexcept { return exists_ < book_->most_per_key; }
    // Whether one may be made for somebody who waits and for whom none is being made.
    [[nodiscard]] bool calls_for_more() const noexcept { return more() > 0; }

    void comes() noexcept {
        change([&] { ++waiting_; });
    }
    void goes() noexcept {
        change([&] { --waiting_; });
    }
    // For one of those who wait, a resource is being checked.
    void is_covered() noexcept {
        change([&] { ++covered_; });
    }
    void is_uncovered() noexcept {
        change([&] { --covered_; });
    }
    // A slot is taken for this key; `begun`: for whoever waits, not for its own caller.
    void takes_slot(bool begun) noexcept {
        change([&] {
            ++exists_;
            begun_ += begun ? 1U : 0U;
        });
    }
    // The create for whoever waits has ended.
    void is_made() noexcept {
        change([&] { --begun_; });
    }
    void leaves_slot(bool begun) noexcept {
        change([&] {
            --exists_;
            begun_ -= begun ? 1U : 0U;
        });
    }

private:
    [[nodiscard]] std::size_t more() const noexcept {
        const std::size_t served = begun_ + covered_;
        const std::size_t unserved = waiting_ > served ? waiting_ - served : 0;
        const std::size_t room = has_room() ? book_->most_per_key - exists_ : 0;
        return (std::min)(unserved, room);
    }

    template <class Change>
    void change(const Change& step) noexcept {
        book_->servable -= more();
        step();
        book_->servable += more();
    }

    quota_book* book_;
    std::size_t waiting_ = 0;
    std::size_t exists_ = 0;
    std::size_t begun_ = 0;   // of these, those in creation for whoever waits
    std::size_t covered_ = 0; // of those who wait, those for whom one is being checked
};

// What a slot is charged to.
template <bool Quotas>
struct slot_charge {};
template <>
struct slot_charge<true> {
    tally* to = nullptr;
    bool begun = false;
};

// The steps of a pool that concern quotas. All members are called under the lock, and do nothing in
// a pool without keys.
template <class Core>
struct quota {
    static constexpr bool on = Core::traits::has_quota;
    using slot_type = typename Core::slot_type;
    using resource_type = typename Core::resource_type;

    static bool has_room(const resource_type& type) noexcept {
        if constexpr (on) {
            return type.counts().has_room();
        }
        return true;
    }

    // For people, where there is no room.
    static std::string maximum_of(const resource_type& type) {
        if constexpr (on) {
            return "the maximum of its key is reached (" + std::to_string(type.counts().exists()) +
                   " of " + std::to_string(type.counts().most()) + ") and nothing of it is free";
        }
        return {};
    }

    // Whether a create that is queued may make this for somebody who waits.
    static bool calls_for(const resource_type& type) noexcept {
        if constexpr (on) {
            return type.counts().calls_for_more();
        }
        return true;
    }

    // A slot is reserved for a resource of this type.
    static void charge(slot_type& s, const resource_type& type, bool for_waiters) noexcept {
        if constexpr (on) {
            if (s.charge.to != nullptr) return;
            s.charge = {&type.counts(), for_waiters};
            s.charge.to->takes_slot(for_waiters);
        }
    }

    // What was made in a slot has ended up somewhere.
    static void made(slot_type& s) noexcept {
        if constexpr (on) {
            if (s.charge.begun) s.charge.to->is_made();
            s.charge.begun = false;
        }
    }

    // The slot becomes empty.
    static void discharge(slot_type& s) noexcept {
        if constexpr (on) {
            if (s.charge.to != nullptr) s.charge.to->leaves_slot(s.charge.begun);
            s.charge = {};
        }
    }

    // The first of those who wait who could use a place, and are not covered by a check; null for
    // none.
    static typename Core::waiter_type* first_served(Core& core) noexcept {
        if constexpr (on) {
            return core.waiters.first(
                [](const auto& w) { return !w.covered && calls_for(*w.wanted); });
        }
        return core.waiters.first([](const auto& w) { return !w.covered; });
    }

    // The first of those who wait whose key may have one more, whether or not one is being made for
    // them already; null for none.
    static typename Core::waiter_type* first_with_room(Core& core) noexcept {
        return core.waiters.first([](const auto& w) { return has_room(*w.wanted); });
    }

    // Whether a create could be for somebody who waits, if it began now: for one for whom none is
    // being made, or in the place of one that is not counted on any more.
    static bool may_serve(Core& core) noexcept {
        if constexpr (on) {
            return core.driver.book().servable > 0 || first_with_room(core) != nullptr;
        }
        return true;
    }

    // How many creates those who wait call for, the ones in flight included that already belong to
    // a key. So `creates.size() < demand` says that somebody is served by none of them.
    static std::size_t demand(const Core& core) noexcept {
        if constexpr (on) {
            return core.creates.named() + to_be_run(core);
        }
        return core.waiters.uncovered();
    }

    // The same without what is queued for a key: how many creates a worker that finds one queued
    // for nobody in particular may count before there is no need of it.
    static std::size_t to_be_run(const Core& core) noexcept {
        if constexpr (on) {
            return core.creates.running() + core.driver.book().servable;
        }
        return core.waiters.uncovered();
    }
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_QUOTA_HPP
