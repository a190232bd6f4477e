// SPDX-License-Identifier: MIT
/// @file
/// The objects of a com::dispenser: in a handle table under numbers, and for string dispensers in a
/// map from names to those numbers. Sees to it that the driver destroys each of them once.

#ifndef LEND_COM_DISPENSER_OBJECTS_HPP
#define LEND_COM_DISPENSER_OBJECTS_HPP

#include <lend/com/types.hpp>
#include <lend/com/utf16.hpp>
#include <lend/detail/as.hpp>
#include <lend/detail/driver_call.hpp>
#include <lend/driver.hpp>
#include <lend/events.hpp>
#include <lend/handle_table.hpp>
#include <lend/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// A platform whose numbers are as wide as a RESID. On 32-bit systems 12 bits count the uses of a
// slot and 20 bits are its index: a million objects, and no bits for the table's tag.
template <class Platform>
struct narrow_resid_platform : Platform {
    using handle_word = com::RESID;
    static constexpr unsigned generation_bits = sizeof(com::RESID) < 8 ? 12 : 32;
    static constexpr unsigned tag_bits = sizeof(com::RESID) < 8 ? 0 : 8;
};

template <class Platform>
using resid_platform =
    std::conditional_t<std::is_same_v<typename Platform::handle_word, com::RESID>,
                       Platform,
                       narrow_resid_platform<Platform>>;

// An object and, where the driver does not rate for itself, the type that it was made for. The type
// comes first: if it cannot be copied, the object has not been moved from.
template <class Driver, bool KeepsType>
struct dispenser_entry {
    using resource = typename driver_traits<Driver>::resource;
    using resource_type = typename driver_traits<Driver>::resource_type;

    dispenser_entry(const resource_type& type, resource&& made)
        : made_for(type), object(std::move(made)) {}

    resource_type made_for;
    resource object;
};

template <class Driver>
struct dispenser_entry<Driver, false> {
    using resource = typename driver_traits<Driver>::resource;
    using resource_type = typename driver_traits<Driver>::resource_type;

    dispenser_entry(const resource_type&, resource&& made) : object(std::move(made)) {}

    resource object;
};

} // namespace detail

// Objects are changed in the table, so a small one is no value either.
template <class Driver, bool KeepsType>
inline constexpr bool enable_table_read<detail::dispenser_entry<Driver, KeepsType>> = false;

} // namespace lend

namespace lend::inline v0_1::com {

/// The objects of one dispenser.
///
/// @par Thread safety
///   Shared objects: safe. By number lock-free; by name blocking on a lock that is never held
///   during a call of the driver.
/// @par Calls The driver's destroy, once for each object, with no lock held.
template <class Driver, class Platform>
class dispenser_objects {
    using traits = driver_traits<Driver>;
    using resource = typename traits::resource;
    using resource_type = typename traits::resource_type;
    using calls = lend::detail::driver_call<Driver, Platform>;

    static constexpr bool keeps_type = traits::has_resource_type && !traits::has_rate;

public:
    using entry = lend::detail::dispenser_entry<Driver, keeps_type>;
    using table = handle_table<entry, lend::detail::resid_platform<Platform>>;

    /// An object that is looked at. If its number ends meanwhile, the last one who looks has the
    /// driver destroy it.
    class [[nodiscard]] pinned {
    public:
        pinned() noexcept = default;
        pinned(pinned&&) noexcept = default;
        pinned& operator=(pinned&& other) noexcept {
            if (this != &other) {
                reset();
                owner_ = other.owner_;
                pin_ = std::move(other.pin_);
            }
            return *this;
        }
        ~pinned() { reset(); }

        /// Whether there is an object.
        [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(pin_); }
        [[nodiscard]] resource& operator*() const noexcept { return pin_->object; }
        [[nodiscard]] resource* operator->() const noexcept { return &pin_->object; }

        /// The type that the object was made for; `otherwise` where nobody needs to know, because
        /// the driver rates for itself or has no types.
        [[nodiscard]] const resource_type& made_for(const resource_type& otherwise) const noexcept {
            if constexpr (keeps_type) return pin_->made_for;
            return otherwise;
        }

        /// Ends the look.
        void reset() noexcept {
            if (!pin_) return;
            const RESID id = pin_.number();
            (void)pin_.reset([&](entry&& last) { return owner_->destroy(id, last.object); });
        }

    private:
        friend class dispenser_objects;
        pinned(dispenser_objects& owner, typename table::pinned pin) noexcept
            : owner_(&owner), pin_(std::move(pin)) {}

        dispenser_objects* owner_ = nullptr;
        typename table::pinned pin_;
    };

    dispenser_objects(Driver& driver, table&& numbers) noexcept
        : driver_(driver), numbers_(std::move(numbers)) {}

    dispenser_objects(const dispenser_objects&) = delete;
    dispenser_objects& operator=(const dispenser_objects&) = delete;

    /// Has the driver destroy what is left.
    ~dispenser_objects() {
        (void)numbers_.clear([this](entry&& last) { return destroy(0, last.object); });
    }

    /// Puts an object in. If that fails or throws, the driver has destroyed the object.
    /// @par Errors e_outofmemory. Throws what copying the type or moving the object throws.
    [[nodiscard]] result<RESID> insert(resource&& object, const resource_type& made_for) {
        struct guard {
            dispenser_objects* owner;
            resource& object;
            ~guard() {
                if (owner != nullptr) (void)owner->destroy(0, object);
            }
        } undo{this, object};
        result<RESID> id = numbers_.emplace(made_for, std::move(object));
        if (id) undo.owner = nullptr;
        return id;
    }

    /// Puts an object in under a name; moves from it only on success.
    /// @par Errors e_invalidarg: the name is taken. e_outofmemory. Throws bad_alloc, and what
    /// moving
    ///   the object throws.
    [[nodiscard]] hresult
    insert(const std::string& name, const resource_type& made_for, resource&& object) {
        struct guard {
            dispenser_objects& owner;
            const std::string& name;
            RESID id = 0;
            ~guard() {
                const std::lock_guard lock(owner.mutex_);
                if (id == 0) {
                    owner.names_.erase(name);
                } else {
                    owner.names_.find(name)->second = id;
                }
            }
        };
        {
            const std::lock_guard lock(mutex_);
            if (!names_.try_emplace(name, RESID{0}).second) return hr::e_invalidarg;
        }
        guard settle{*this, name};
        const result<RESID> id = numbers_.emplace(made_for, std::move(object));
        if (!id) return id.error().code();
        settle.id = *id;
        return hr::s_ok;
    }

    /// Ends a number. @par Errors As handle_table::erase; what the driver's destroy returned.
    LEND_ALWAYS_INLINE hresult erase(RESID id) noexcept {
        return numbers_.erase(
            id, [this, id](entry&& last) noexcept { return destroy(id, last.object); });
    }

    /// Ends a name, given in UTF-16 that is well formed. Allocates nothing.
    /// @par Errors lend_e_stale: there is none; what the driver's destroy returned.
    hresult erase(constSRESID name) noexcept {
        RESID id = 0;
        {
            const std::lock_guard lock(mutex_);
            const auto at = names_.find(name);
            if (at == names_.end() || at->second == 0) return hr::lend_e_stale;
            id = at->second;
            names_.erase(at);
        }
        return erase(id);
    }

    [[nodiscard]] pinned find(RESID id) noexcept { return pinned(*this, numbers_.find(id)); }

    [[nodiscard]] pinned find(std::string_view name) noexcept {
        RESID id = 0;
        {
            const std::lock_guard lock(mutex_);
            const auto at = names_.find(name);
            if (at == names_.end()) return {};
            id = at->second;
        }
        return find(id);
    }

private:
    // Names in UTF-8 among themselves, and with one in UTF-16.
    struct name_less {
        using is_transparent = void;
        [[nodiscard]] bool operator()(std::string_view a, std::string_view b) const noexcept {
            return a < b;
        }
        [[nodiscard]] bool operator()(std::string_view a, constSRESID b) const noexcept {
            return lend::detail::compare_texts(a, b) < 0;
        }
        [[nodiscard]] bool operator()(constSRESID a, std::string_view b) const noexcept {
            return lend::detail::compare_texts(b, a) > 0;
        }
    };

    hresult destroy(RESID id, resource& last) noexcept {
        return calls::destroy(driver_, last, [&](const error& e) {
            events_.destroy_failed(lend::detail::as<event_number>(id), e);
        });
    }

    Driver& driver_;
    [[no_unique_address]] lend::detail::event_caller<Driver, Platform> events_;
    table numbers_;
    typename Platform::mutex mutex_;
    std::map<std::string, RESID, name_less> names_; // in UTF-8; 0: not in the table yet
};

} // namespace lend

#endif // LEND_COM_DISPENSER_OBJECTS_HPP
