// SPDX-License-Identifier: MIT
/// @file
/// What a holder does with tracked resources, numeric and string: enlists, watches, destroys. A
/// component of the holder; it knows nothing of the pooled ones but that a number is taken.

#ifndef LEND_COM_TRACKED_RESOURCES_HPP
#define LEND_COM_TRACKED_RESOURCES_HPP

#include <lend/com/caller_context.hpp>
#include <lend/com/driver_calls.hpp>
#include <lend/com/id_map.hpp>
#include <lend/com/macros.hpp>
#include <lend/com/tracked_set.hpp>
#include <lend/com/types.hpp>
#include <lend/com/utf16.hpp>

#include <utility>

namespace lend::inline v0_1::com {

/// What a holder knows of a number.
struct known_id {
    bool is_tracked = false;
    void* slot = nullptr; ///< of a pooled resource: where the pool keeps it
};

/// The tracked resources of one holder. See IHolder for what the methods answer.
///
/// @par Thread safety Shared objects: safe. No lock is held during a call of the dispenser.
/// @par Calls
///   EnlistResource, DestroyResource and DestroyResourceS, as IHolder says.
template <class Platform>
class tracked_resources {
public:
    using ids = id_map<Platform, known_id>;

    tracked_resources(driver_calls<Platform>& calls, ids& known) noexcept
        : calls_(calls), known_(known) {}

    /// TrackResource. @par Errors As there; throws bad_alloc when memory is out.
    [[nodiscard]] HRESULT track(RESID id, const caller_context& caller) {
        if (id == 0 || !known_.claim(id, known_id{true, nullptr})) return E_INVALIDARG;
        if (const HRESULT code = enter(id, caller); FAILED(code)) {
            known_.erase(id);
            return code;
        }
        HRESULT code = S_FALSE;
        if (caller.transaction != 0) code = calls_.enlist(id, caller.transaction);
        if (FAILED(code)) {
            numbers_.forget(id);
            known_.erase(id);
            return code;
        }
        const bool is_enlisted = code != S_FALSE;
        if (!numbers_.settle(id, is_enlisted)) {
            known_.erase(id);
            return E_FAIL; // closed by the dispenser itself
        }
        if (calls_.events() != nullptr) calls_.events()->tracked(id, is_enlisted);
        return S_OK;
    }

    /// TrackResourceS. @par Errors As there; throws bad_alloc when memory is out.
    [[nodiscard]] HRESULT track(constSRESID id, const caller_context& caller) {
        if (id == nullptr || *id == 0) return E_INVALIDARG;
        const ole_string key(id);
        if (!strings_.enter(key, caller.instance, 0)) return E_INVALIDARG;
        if (!strings_.settle(key, false)) return E_FAIL;
        if (calls_.events() != nullptr) calls_.events()->tracked_string(id);
        return S_OK;
    }

    /// UntrackResource. @par Errors As there.
    [[nodiscard]] HRESULT untrack(RESID id, bool destroy) noexcept {
        typename numbers::node taken;
        const auto outcome = numbers_.untrack(id, destroy, taken);
        if (outcome == numbers::outcome::unknown) return E_INVALIDARG;
        if (outcome == numbers::outcome::later) return S_OK;
        if (outcome == numbers::outcome::taken) return end(std::move(taken));
        known_.erase(id);
        return S_OK;
    }

    /// UntrackResourceS. @par Errors As there.
    [[nodiscard]] HRESULT untrack(constSRESID id, bool destroy) noexcept {
        if (id == nullptr || *id == 0) return E_INVALIDARG;
        typename strings::node taken;
        const auto outcome = strings_.untrack(typename strings::view(id), destroy, taken);
        if (outcome == strings::outcome::unknown) return E_INVALIDARG;
        return outcome == strings::outcome::taken ? end(std::move(taken)) : S_OK;
    }

    /// Destroys what waited for the end of the transaction. @par Errors None.
    void end_transaction(TRANSID transaction) noexcept {
        numbers_.end_transaction(transaction, [this](auto taken) { this->end(std::move(taken)); });
    }

    /// Destroys what an object tracked, at once or at the end of its transaction. @par Errors None.
    void end_object(INSTID owner) noexcept {
        numbers_.end_object(owner, [this](auto taken) { this->end(std::move(taken)); });
        strings_.end_object(owner, [this](auto taken) { this->end(std::move(taken)); });
    }

    /// Destroys everything. @par Errors None.
    void close() noexcept {
        numbers_.close([this](auto taken) { this->end(std::move(taken)); });
        strings_.close([this](auto taken) { this->end(std::move(taken)); });
    }

private:
    using numbers = tracked_set<Platform, RESID>;
    using strings = tracked_set<Platform, ole_string>;

    [[nodiscard]] HRESULT enter(RESID id, const caller_context& caller) noexcept {
        return lend::detail::com_boundary<Platform>([&] {
            return numbers_.enter(id, caller.instance, caller.transaction) ? S_OK : E_INVALIDARG;
        });
    }

    // The number is forgotten first: the dispenser may use it again the moment it is free.
    HRESULT end(typename numbers::node taken) noexcept {
        const RESID id = taken.key();
        known_.erase(id);
        return FAILED(calls_.destroy(id)) ? E_FAIL : S_OK;
    }

    HRESULT end(typename strings::node taken) noexcept {
        return FAILED(calls_.destroy(taken.key().c_str())) ? E_FAIL : S_OK;
    }

    driver_calls<Platform>& calls_;
    ids& known_;
    numbers numbers_;
    strings strings_;
};

} // namespace lend

#endif // LEND_COM_TRACKED_RESOURCES_HPP
