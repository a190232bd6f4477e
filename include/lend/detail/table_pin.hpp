// SPDX-License-Identifier: MIT
/// @file
/// The guard that handle_table::find returns: an object that is looked at and therefore not
/// destroyed.

#ifndef LEND_DETAIL_TABLE_PIN_HPP
#define LEND_DETAIL_TABLE_PIN_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/table_state.hpp>
#include <lend/detail/table_storage.hpp>
#include <lend/hresult.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// What a pin shows: the object itself, or a constant copy of a value.
template <class T, class Platform, bool Readable = enable_table_read<T>>
struct table_view {
    using reference = T&;
    using pointer = T*;
    using slot = typename table_state<T, Platform>::slot;

    table_view() noexcept = default;
    explicit table_view(slot& where) noexcept : object(std::addressof(where.storage().object())) {}

    pointer get() const noexcept { return object; }

    T* object = nullptr;
};

template <class T, class Platform>
struct table_view<T, Platform, true> {
    using reference = const T&;
    using pointer = const T*;
    using slot = typename table_state<T, Platform>::slot;

    table_view() noexcept = default;
    explicit table_view(slot& where) noexcept : value(from_bits<T>(where.storage().load_bits())) {}

    pointer get() const noexcept { return value ? std::addressof(*value) : nullptr; }

    std::optional<T> value;
};

/// Keeps one object of a handle_table from being destroyed, or is empty.
///
/// Pins are no locks: others may look at the object at the same time. The number may be erased
/// meanwhile; then the last pin to go destroys the object.
/// @par Thread safety Distinct objects: safe. Shared objects: safe while none is written. May be
///   moved to and destroyed in another thread.
/// @par Ownership The table must outlive it. A moved-from pin is empty.
template <class T, class Platform>
class [[nodiscard]] table_pin {
    using state = table_state<T, Platform>;
    using slot = typename state::slot;
    using view = table_view<T, Platform>;

public:
    using handle = typename state::handle;

    /// An empty one.
    /// @par Errors None. @par Thread safety Safe.
    table_pin() noexcept = default;

    // For the table: takes over a pin that was set.
    LEND_ALWAYS_INLINE table_pin(state& owner, slot& where, handle number) noexcept
        : owner_(&owner), where_(&where), number_(number), view_(where) {}

    table_pin(table_pin&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), where_(other.where_),
          number_(std::exchange(other.number_, handle{0})), view_(other.view_) {}
    table_pin& operator=(table_pin&& other) noexcept {
        if (this != &other) {
            reset();
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    LEND_ALWAYS_INLINE ~table_pin() { reset(); }

    /// Whether there is an object.
    /// @par Errors None. @par Thread safety As the class.
    explicit operator bool() const noexcept { return owner_ != nullptr; }

    /// The object; a constant copy if it is a value. Null, or undefined, if empty.
    /// @par Errors None. @par Thread safety As the class.
    typename view::pointer get() const noexcept {
        return owner_ != nullptr ? view_.get() : nullptr;
    }
    typename view::pointer operator->() const noexcept { return view_.get(); }
    typename view::reference operator*() const noexcept { return *view_.get(); }

    /// The object's number; 0 if empty.
    /// @par Errors None. @par Thread safety As the class.
    handle number() const noexcept { return number_; }

    /// Takes the pin away. If the number was erased and this was the last pin, destroys the object.
    /// @par Errors None. @par Thread safety As the class; lock-free.
    /// @par Calls The destructor, at most once, with no lock held; it may use the table.
    LEND_ALWAYS_INLINE void reset() noexcept { (void)reset(only_destroy{}); }

    /// Takes the pin away. If the number was erased and this was the last pin, passes the object
    /// to `last` as T&&, then destroys it: handle_table::erase(number, last) deferred.
    /// @par Errors What `last` returned if it was called, else s_ok.
    /// @par Thread safety As the class; lock-free.
    /// @par Calls `last` and the destructor, at most once, with no lock held; both may use the
    ///   table.
    template <class F>
    LEND_ALWAYS_INLINE hresult reset(F&& last) {
        state* const owner = std::exchange(owner_, nullptr);
        if (owner == nullptr) return hr::s_ok;
        const handle number = std::exchange(number_, handle{0});
        if (!where_->unpin()) [[likely]]
            return hr::s_ok;
        return owner->finish(*where_, number, last);
    }

private:
    state* owner_ = nullptr;
    slot* where_ = nullptr;
    handle number_ = 0;
    view view_;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_TABLE_PIN_HPP
