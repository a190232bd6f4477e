// SPDX-License-Identifier: MIT
/// @file
/// IHolder on the engine of lend::pool: without a maximum, without waiting, in order, and with
/// affinity to transactions.

#ifndef LEND_COM_BASIC_HOLDER_HPP
#define LEND_COM_BASIC_HOLDER_HPP

#include <lend/com/foreign_driver.hpp>
#include <lend/com/holder_shell.hpp>
#include <lend/com/slot_hints.hpp>
#include <lend/detail/affinity.hpp>
#include <lend/detail/backroom.hpp>
#include <lend/platform.hpp>

#include <bit>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

namespace lend::inline v0_1::com {

/// The pool of one dispenser, as IHolder.
///
/// Everything of IHolder that is not inventory is holder_shell's; everything of the inventory is
/// lend::detail::affinity's. This class brings the two together.
///
/// Never made directly: RegisterDispenser and register_dispenser make it.
/// @par Thread safety Shared objects: safe. Blocking on short locks, never under a driver call.
/// @par Source IHolder. Differs: nothing; what the documents leave open is in docs/contract.md.
template <class Platform>
class LEND_EXPORT basic_holder final : public holder_shell<Platform> {
    using shell = holder_shell<Platform>;
    using driver = foreign_driver<Platform>;
    using core_type = lend::detail::core<driver, Platform>;
    using affinity = lend::detail::affinity<core_type>;
    using making = lend::detail::making<core_type>;
    using slot_type = typename core_type::slot_type;
    using lock_type = typename core_type::lock_type;
    using typename shell::time_point;

public:
    /// @par Errors Throws bad_alloc when memory is out.
    explicit basic_holder(const holder_parts<Platform>& parts) : shell(parts), core_(make_core()) {}

protected:
    HRESULT pool_alloc(RESTYPID type, const caller_context& caller, RESID& out_id) override {
        typename affinity::candidate rest;
        if (caller.transaction == 0) [[likely]] {
            slot_type* const s = affinity::choose_in_front(*core_, type, rest);
            // Owners are kept only where the end of an object is of interest: under the lock.
            if (s != nullptr && !this->options().reclaim_at_object_end) [[likely]] {
                const RESID id = s->object.id;
                if (affinity::lend_from_front(*core_, *s)) [[likely]] {
                    out_id = id;
                    tell_lent(id, false, false, 1, rest.rated);
                    return S_OK;
                }
                rest = {};
            }
        }
        return alloc(type, caller, rest, out_id);
    }

    HRESULT pool_free(RESID id) override {
        slot_type* s = hints_.find(id);
        if (s == nullptr) [[unlikely]]
            s = find(id);
        return s != nullptr && affinity::take_back(*s, id) ? free(*s, id) : E_INVALIDARG;
    }

    HRESULT pool_request_destroy(RESID id) override {
        lock_type lock(core_->mutex);
        slot_type* const s = slot_of(id);
        if (s == nullptr) return E_INVALIDARG;
        return static_cast<HRESULT>(affinity::destroy_on_request(*core_, lock, *s));
    }

    bool pool_sweep(time_point now) override { return affinity::sweep(*core_, now); }

    void pool_end_transaction(TRANSID transaction) override {
        affinity::end_transaction(*core_, transaction_id{transaction});
    }

    void pool_end_object(INSTID instance) override {
        // One by one as they are found: a list of them could not be had where memory is out, and
        // what an object has must come back. Slots stay where they are.
        core_->slots.for_each([&](slot_type& s) {
            RESID id = 0;
            {
                // Somebody may free it meanwhile, and somebody else may have it then.
                const lock_type lock(core_->mutex);
                if (!affinity::is_lent(s.word.see()) || s.object.owner != instance) return;
                id = s.object.id;
                if (!affinity::take_back(s, id)) return;
            }
            static_cast<void>(free(s, id));
        });
    }

    void pool_close() noexcept override {
        const bool disown = !this->options().destroy_lent_at_close;
        affinity::close(*core_, [&](slot_type& s) { s.object.is_disowned = disown; });
    }

    void end() noexcept override { delete this; }

private:
    ~basic_holder() { core_->drop_share(); }

    core_type* make_core() {
        pool_options options;
        options.max_size = pool_options::largest_size;          // the contract knows no maximum
        options.max_lifetime = (pool_options::duration::max)(); // nor an age
        options.creation = creation_mode::inline_;
        options.housekeeping = housekeeping_mode::manual; // the manager sweeps
        options.fairness = fairness_mode::strict;
        auto numbers = core_type::table_type::make();
        if (!numbers) lend::detail::raise<Platform::exceptions>(numbers.error());
        auto* const made = lend::detail::forking<core_type>::make(
            driver(this->calls(), this->known(), this->options()), options, *std::move(numbers));
        if (made == nullptr) lend::detail::raise<Platform::exceptions>(hr::e_outofmemory);
        return made;
    }

    // AllocResource from the shelves, or with a new resource. `first`: what was in front.
    LEND_NOINLINE HRESULT alloc(RESTYPID type,
                                const caller_context& caller,
                                typename affinity::candidate first,
                                RESID& out_id) {
        const transaction_id transaction{caller.transaction};
        for (;; first = {}) {
            auto chosen = affinity::choose(*core_, type, transaction, first);
            if (chosen.closed) return E_FAIL;
            const bool is_new = chosen.slot == nullptr;
            if (is_new) {
                if (const HRESULT code = make(type, chosen.slot); FAILED(code)) return code;
            }
            slot_type& s = *chosen.slot;
            const RESID id = s.object.id;
            hresult code = hr::s_ok;
            bool is_enlisted = false;
            switch (affinity::lend(*core_, s, transaction, code, [&](slot_type& given) {
                given.object.owner = caller.instance;
                is_enlisted = static_cast<bool>(given.place.enlisted);
            })) {
            case affinity::arrival::failed:
                return static_cast<HRESULT>(code);
            case affinity::arrival::closed:
                return E_FAIL;
            case affinity::arrival::try_another:
                continue;
            case affinity::arrival::there:
                break;
            }
            out_id = id;
            tell_lent(id, is_new, is_enlisted, chosen.rated, chosen.rating);
            return S_OK;
        }
    }

    HRESULT make(RESTYPID type, slot_type*& out_slot) {
        slot_type* place = nullptr;
        {
            const lock_type lock(core_->mutex);
            place = making::reserve(*core_);
            if (place == nullptr) return core_->closing ? E_FAIL : E_OUTOFMEMORY;
        }
        const auto word = making::make_for_caller(*core_, *place, &type);
        if (!word) {
            const lock_type lock(core_->mutex);
            return core_->closing ? E_FAIL : static_cast<HRESULT>(word.error().code());
        }
        const RESID id = place->object.id;
        {
            const lock_type lock(core_->mutex);
            // Relaxed: who finds the slot by it looks at its word, too.
            place->place.name.store(id, std::memory_order_relaxed);
            hints_.note(id, *place, core_->size);
        }
        this->known().visit(id, [&](known_id& known) { known.slot = place; });
        if (place->object.secs >= 0) this->expect_expirable();
        out_slot = place;
        return S_OK;
    }

    // The slot of a pooled resource, or null. Under the lock.
    slot_type* slot_of(RESID id) {
        const std::optional<known_id> known = this->known().find(id);
        if (!known || known->is_tracked || known->slot == nullptr) return nullptr;
        auto* const s = static_cast<slot_type*>(known->slot);
        const auto word = s->word.peek();
        const bool lives =
            lend::detail::lending_word::is(word, lend::detail::lending_word::idle) ||
            lend::detail::lending_word::is(word, lend::detail::lending_word::parked) ||
            lend::detail::lending_word::is(word, lend::detail::lending_word::in_use);
        return lives && s->object.id == id ? s : nullptr;
    }

    // The same for a resource of which there is no hint; from now on there is.
    LEND_NOINLINE slot_type* find(RESID id) {
        const lock_type lock(core_->mutex);
        slot_type* const s = slot_of(id);
        if (s != nullptr) hints_.note(id, *s, core_->size);
        return s;
    }

    // Resets what was taken back, and puts it away.
    HRESULT free(slot_type& s, RESID id) {
        const TIMEINSECS secs = s.object.secs;
        if (const HRESULT code = this->calls().reset(id); FAILED(code)) {
            give_up(s, id, code);
            return S_OK;
        }
        const bool nil = secs == 0 && this->options().zero_means_destroy_at_once;
        if (!affinity::put_away(*core_, s, nil)) return S_OK;
        if (auto* const events = this->options().events) events->recycled(id);
        if (secs >= 0) this->note_expirable();
        return S_OK;
    }

    // A resource that could not be reset.
    void give_up(slot_type& s, RESID id, HRESULT code) {
        transaction_id lost;
        {
            const lock_type lock(core_->mutex);
            if (core_->closing) return;
            lost = s.place.enlisted;
        }
        if (auto* const events = this->options().events) {
            events->reset_failed(id, code);
            if (lost) events->doomed(lost.value);
        }
        (void)affinity::destroy_held(*core_, s, destroy_reason::reset_failed);
    }

    void tell_lent(RESID id, bool is_new, bool is_enlisted, ULONG rated, RESOURCERATING winner) {
        auto* const events = this->options().events;
        if (events == nullptr) return;
        if (is_new) {
            events->created(id, is_enlisted);
        } else {
            events->allocated(id, is_enlisted, rated, winner);
        }
    }

    core_type* const core_;
    slot_hints<Platform, slot_type> hints_;
};

} // namespace lend

#endif // LEND_COM_BASIC_HOLDER_HPP
