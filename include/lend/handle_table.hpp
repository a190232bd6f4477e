// SPDX-License-Identifier: MIT
/// @file
/// handle_table: objects behind numbers. A number names one object, once; when the object is gone
/// the number is refused in constant time, for ever. What the slots hold and how free numbers
/// travel between threads is in detail/table_*.hpp.

#ifndef LEND_HANDLE_TABLE_HPP
#define LEND_HANDLE_TABLE_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/table_pin.hpp>
#include <lend/detail/table_state.hpp>
#include <lend/fwd.hpp>
#include <lend/hresult.hpp>
#include <lend/platform.hpp>
#include <lend/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {

/// Objects behind numbers that may be kept too long, copied, forged or used from any thread.
///
/// Use it where a caller gets a number instead of a pointer and a late or repeated use must be
/// refused. Not for objects that are iterated all the time, not where a pointer with an owner
/// would do, and not as a map from keys of your own.
///
/// Number: generation | table tag | index, `Platform::handle_word` wide, never 0. A slot that has
/// used up its generations is never used again, so a number that is over is never accepted. Of two
/// tables made one after the other, neither accepts the other's numbers (where the platform has
/// tag bits); tags repeat after `2^tag_bits` tables.
///
/// T need be neither movable nor default-constructible, and may be incomplete where the table is
/// only named. Its destructor must not throw. A small trivially copyable T is a value
/// (`enable_table_read<T>`): it can be copied with `read` but not changed in the table.
///
/// A table is a movable handle to its state. A moved-from table can be assigned to and destroyed,
/// nothing else.
///
/// Constructors, destructors and functions that the table calls may use the table again.
///
/// Size: one pointer; 2 KiB of state, 1.3 KiB for each thread that uses it, 16 bytes a slot
/// besides the object (which takes 16 bytes at least); slots come in segments of 32 KiB or more.
/// @par Thread safety
///   Distinct objects: safe. Shared objects: safe, except for construction, destruction, move and
///   assignment. insert and erase are lock-free for `Platform::max_threads` threads at a time, but
///   for the allocation of more slots; further threads take a lock for the free number. A number
///   that reaches another thread without synchronization may be refused there.
/// @par Ownership
///   The table owns its objects. Its destructor destroys them; no pin may be left then.
template <class T, class Platform>
class handle_table {
    static_assert(std::is_object_v<T> && !std::is_array_v<T> &&
                      std::is_same_v<T, std::remove_cv_t<T>>,
                  "handle_table<T> holds objects without const or volatile");

    using state = detail::table_state<T, Platform>;
    using slot = detail::table_slot<T, Platform>;
    using numbers = detail::table_numbers<Platform>;
    using tuning = typename detail::table_tuning_of<Platform>::type;

public:
    using value_type = T;
    using platform_type = Platform;
    /// A number. 0 is never one.
    using handle = typename Platform::handle_word;
    /// Keeps an object from being destroyed while it is looked at.
    using pinned = detail::table_pin<T, Platform>;
    /// Whether T is a value that `read` can copy.
    static constexpr bool is_readable = enable_table_read<T>;

    /// An empty table; allocates its state only.
    /// @par Errors Throws lend_exception with e_outofmemory (terminates where exceptions are off).
    /// @par Thread safety Safe.
    handle_table() : state_(new (std::nothrow) state) {
        if (state_ == nullptr) detail::raise<Platform::exceptions>(hr::e_outofmemory);
    }

    /// An empty table; allocates its state only.
    /// @par Errors e_outofmemory.
    /// @par Thread safety Safe.
    [[nodiscard]] static result<handle_table> make() noexcept {
        std::unique_ptr<state> made(new (std::nothrow) state);
        if (made == nullptr) return hr::e_outofmemory;
        return handle_table(std::move(made));
    }

    /// How many objects a table can hold at most, by the bits of its numbers.
    /// @par Errors None. @par Thread safety Safe; wait-free.
    [[nodiscard]] static constexpr std::size_t max_size() noexcept {
        return std::size_t{numbers::index_end} - 1;
    }

    // ---- objects come -------------------------------------------------------------------------

    /// Makes an object from `args` and gives it a number.
    ///
    /// An exception of the constructor passes through, and nothing is lost.
    ///
    /// @par Errors
    ///   e_outofmemory  memory is out, or the index space is: then numbers that other threads keep
    ///                  free for themselves (some hundred each) are out of reach.
    /// @par Thread safety
    ///   Shared objects: safe. Lock-free; blocking while another thread allocates slots.
    /// @par Calls
    ///   The constructor, once, with no lock held; it may use the table.
    /// @par Complexity
    ///   Constant. Allocates only if no free slot is at hand.
    template <class... Args>
    requires std::is_constructible_v<T, Args...>
    [[nodiscard]] LEND_ALWAYS_INLINE result<handle> emplace(Args&&... args) {
        state& shared = *state_;
        const handle number = shared.take();
        if (number == 0) [[unlikely]]
            return hr::e_outofmemory;
        slot& where = shared.at(shared.index_of(number));
        construct(where, number, std::forward<Args>(args)...);
        where.publish(numbers::generation_of(number));
        return number;
    }

    /// Moves an object in and gives it a number. As emplace(std::move(object)).
    /// @par Errors e_outofmemory, as emplace.
    /// @par Thread safety As emplace.
    [[nodiscard]] LEND_ALWAYS_INLINE result<handle>
    insert(T object) requires std::is_move_constructible_v<T> {
        return emplace(std::move(object));
    }

    // ---- objects go ---------------------------------------------------------------------------

    /// Ends a number and destroys its object; a pinned one when its last pin goes.
    ///
    /// Of several threads that erase one number, one is told s_ok.
    ///
    /// @par Errors
    ///   s_ok          the number is over, by this call.
    ///   lend_e_stale  the number was over already.
    ///   e_invalidarg  this table never handed the number out. (A forged number is also reported
    ///                 as stale if it is the next one of a slot that is free.)
    /// @par Thread safety
    ///   Shared objects: safe. Lock-free.
    /// @par Calls
    ///   The destructor, at most once, with no lock held; it may use the table.
    /// @par Complexity
    ///   Constant: one compare-exchange, on the slot. Never allocates once the thread has used
    ///   the table.
    LEND_ALWAYS_INLINE hresult erase(handle number) noexcept {
        return erase_with(number, detail::only_destroy{});
    }

    /// Ends a number, passes its object to `last` as T&&, then destroys it.
    ///
    /// `last` is not called for a pinned object: it is destroyed by whoever takes the last pin
    /// away, who can pass a function to `pinned::reset` for the same purpose.
    ///
    /// @param last  returns void or hresult. Its exceptions pass through; the number is over and
    ///              the object is destroyed all the same.
    /// @par Errors
    ///   lend_e_stale, e_invalidarg  as erase(number); `last` was not called.
    ///   any other                   what `last` returned; s_ok if it returns nothing, or if the
    ///                               object was pinned.
    /// @par Thread safety As erase(number).
    /// @par Calls `last`, then the destructor, with no lock held; both may use the table.
    template <class F>
    requires std::is_invocable_v<F&, T&&> LEND_ALWAYS_INLINE hresult erase(handle number, F&& last)
    noexcept(std::is_nothrow_invocable_v<F&, T&&>) { return erase_with(number, last); }

    /// Erases many numbers; faster than one after the other when their slots are not in the cache.
    /// @return how many of them this call ended.
    /// @par Errors None: numbers that are stale or unknown are skipped.
    /// @par Thread safety As erase(number).
    std::size_t erase(std::span<const handle> many) noexcept {
        return erase_many(many, detail::only_destroy{});
    }

    /// Erases many numbers, with `last` for each object as in erase(number, last). What it returns
    /// is ignored; an exception passes through and leaves the rest of the numbers alone.
    /// @return how many of them this call ended.
    /// @par Errors None: numbers that are stale or unknown are skipped.
    /// @par Thread safety As erase(number).
    template <class F>
    requires std::is_invocable_v<F&, T&&> std::size_t erase(std::span<const handle> many,
                                                            F&& last) {
        return erase_many(many, [&](T&& object) { (void)std::invoke(last, std::move(object)); });
    }

    /// Erases every object that is in the table during the whole call.
    /// @return how many.
    /// @par Errors None.
    /// @par Thread safety Shared objects: safe. Lock-free.
    /// @par Calls The destructors, with no lock held.
    /// @par Complexity Linear in the slots.
    std::size_t clear() noexcept { return clear_with(detail::only_destroy{}); }

    /// Erases every object that is in the table during the whole call, with `last` for each as in
    /// erase(number, last).
    /// @return how many. @par Errors None. @par Thread safety As clear().
    template <class F>
    requires std::is_invocable_v<F&, T&&> std::size_t clear(F&& last) {
        return clear_with([&](T&& object) { (void)std::invoke(last, std::move(object)); });
    }

    // ---- looking ------------------------------------------------------------------------------

    /// Finds an object and keeps it from being destroyed while the result lives.
    /// @return empty if the number is over or unknown.
    /// @par Errors None.
    /// @par Thread safety Shared objects: safe. Lock-free, for any number of threads. Pins do not
    ///   keep others from the object.
    /// @par Ownership The table must outlive the result.
    /// @par Complexity Constant; an atomic write at either end.
    [[nodiscard]] LEND_ALWAYS_INLINE pinned find(handle number) noexcept {
        state& shared = *state_;
        const std::uint32_t index = shared.index_of(number);
        if (!shared.has(index)) return {};
        slot& where = shared.at(index);
        if (!where.try_pin(numbers::generation_of(number))) return {};
        return pinned(shared, where, number);
    }

    /// Copies a value, without an atomic write.
    /// @return empty if the number is over or unknown.
    /// @par Errors None.
    /// @par Thread safety Shared objects: safe. Wait-free.
    /// @par Complexity Constant.
    [[nodiscard]] LEND_ALWAYS_INLINE std::optional<T>
    read(handle number) const noexcept requires is_readable {
        const state& shared = *state_;
        const std::uint32_t index = shared.index_of(number);
        if (!shared.has(index)) return std::nullopt;
        detail::value_bits bits;
        if (!shared.at(index).try_read(numbers::generation_of(number), bits)) return std::nullopt;
        return detail::from_bits<T>(bits);
    }

    /// Whether the number is live at this moment. By the time that the caller knows, it may be
    /// over; nothing follows for the object.
    /// @par Errors None. @par Thread safety Shared objects: safe. Wait-free.
    [[nodiscard]] bool contains(handle number) const noexcept {
        const state& shared = *state_;
        const std::uint32_t index = shared.index_of(number);
        return shared.has(index) &&
               slot::is_live(shared.at(index).word(), numbers::generation_of(number));
    }

    /// Calls `f(number, object)` for every object that is in the table during the whole call;
    /// others may be seen or not. Each object is pinned while `f` looks at it.
    /// @par Errors None; an exception of `f` passes through.
    /// @par Thread safety Shared objects: safe. Lock-free.
    /// @par Calls `f`, with no lock held; it may use the table, and erase the object.
    /// @par Complexity Linear in the slots.
    template <class F>
    void for_each(F&& f);

    /// How many objects there are, counted while others come and go.
    /// @par Errors None. @par Thread safety Shared objects: safe. Wait-free.
    /// @par Complexity Linear in the slots.
    [[nodiscard]] std::size_t approximate_size() const noexcept;

    /// How many slots there are: allocated ones, whether in use, free or retired. Never falls.
    /// @par Errors None. @par Thread safety Shared objects: safe. Wait-free.
    [[nodiscard]] std::size_t capacity() const noexcept { return state_->limit(); }

private:
    explicit handle_table(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}

    template <class... Args>
    LEND_ALWAYS_INLINE void construct(slot& where, handle number, Args&&... args);

    template <class F>
    LEND_ALWAYS_INLINE hresult erase_with(handle number, F&& last);
    template <class F>
    std::size_t erase_many(std::span<const handle> many, F&& last);
    template <class F>
    std::size_t clear_with(F&& last);

    static hresult code_of(detail::erase_outcome outcome) noexcept {
        switch (outcome) {
        case detail::erase_outcome::stale:
            return hr::lend_e_stale;
        case detail::erase_outcome::unknown:
            return hr::e_invalidarg;
        default:
            return hr::s_ok;
        }
    }

    std::unique_ptr<state> state_;
};

// ---- bodies -----------------------------------------------------------------------------------

template <class T, class Platform>
template <class... Args>
LEND_ALWAYS_INLINE void
handle_table<T, Platform>::construct(slot& where, handle number, Args&&... args) {
    // Gives the number back if the constructor throws.
    struct guard {
        state* owner;
        handle number;
        ~guard() {
            if (owner != nullptr) owner->put_back(number);
        }
    };
    if constexpr (is_readable) {
        guard undo{state_.get(), number};
        const detail::value_bits bits = detail::to_bits(T(std::forward<Args>(args)...));
        undo.owner = nullptr;
        where.store_value(bits);
    } else if constexpr (std::is_nothrow_constructible_v<T, Args...>) {
        where.storage().construct(std::forward<Args>(args)...);
    } else {
        guard undo{state_.get(), number};
        where.storage().construct(std::forward<Args>(args)...);
        undo.owner = nullptr;
    }
}

template <class T, class Platform>
template <class F>
LEND_ALWAYS_INLINE hresult handle_table<T, Platform>::erase_with(handle number, F&& last) {
    state& shared = *state_;
    const std::uint32_t index = shared.index_of(number);
    if (!shared.has(index)) [[unlikely]]
        return hr::e_invalidarg;
    slot& where = shared.at(index);
    const std::uint32_t generation = numbers::generation_of(number);
    if (!where.try_erase(generation)) [[unlikely]] {
        // Knows nothing of `last`, which would otherwise have to stand in memory.
        const detail::erase_outcome outcome = where.erase_slow(generation);
        if (outcome != detail::erase_outcome::won) return code_of(outcome);
    }
    return shared.finish(where, number, last);
}

template <class T, class Platform>
template <class F>
std::size_t handle_table<T, Platform>::erase_many(std::span<const handle> many, F&& last) {
    constexpr std::size_t distance = tuning::prefetch_distance;
    const state& shared = *state_;
    for (std::size_t at = 0; at < (std::min)(distance, many.size()); ++at) {
        const std::uint32_t index = shared.index_of(many[at]);
        if (shared.has(index)) LEND_PREFETCH_WRITE(&shared.at(index));
    }
    std::size_t ended = 0;
    for (std::size_t at = 0; at < many.size(); ++at) {
        if (at + distance < many.size()) {
            const std::uint32_t index = shared.index_of(many[at + distance]);
            if (shared.has(index)) LEND_PREFETCH_WRITE(&shared.at(index));
        }
        if (succeeded(erase_with(many[at], last))) ++ended;
    }
    return ended;
}

template <class T, class Platform>
template <class F>
std::size_t handle_table<T, Platform>::clear_with(F&& last) {
    std::size_t ended = 0;
    for (std::uint32_t index = 1; index < state_->limit(); ++index) {
        const std::uint64_t word = state_->at(index).word();
        if (detail::slot_word::state(word) != detail::slot_word::live) continue;
        const handle number = state_->number_of(index, detail::slot_word::generation(word));
        if (succeeded(erase_with(number, last))) ++ended;
    }
    return ended;
}

template <class T, class Platform>
template <class F>
void handle_table<T, Platform>::for_each(F&& f) {
    for (std::uint32_t index = 1; index < state_->limit(); ++index) {
        const std::uint64_t word = state_->at(index).word();
        if (detail::slot_word::state(word) != detail::slot_word::live) continue;
        const handle number = state_->number_of(index, detail::slot_word::generation(word));
        if (const pinned object = find(number)) std::invoke(f, number, *object);
    }
}

template <class T, class Platform>
std::size_t handle_table<T, Platform>::approximate_size() const noexcept {
    std::size_t live = 0;
    for (std::uint32_t index = 1; index < state_->limit(); ++index) {
        const std::uint64_t word = state_->at(index).word();
        if (detail::slot_word::state(word) == detail::slot_word::live) ++live;
    }
    return live;
}

} // namespace lend

#endif // LEND_HANDLE_TABLE_HPP
