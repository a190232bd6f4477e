// SPDX-License-Identifier: MIT
/// @file
/// A dispenser manager and its holders whose memory runs out: every method of theirs, with each of
/// its allocations failing. What frees, ends or destroys allocates nothing.

#include "each_allocation.hpp"
#include "support/manual_platform.hpp"

#include <lend/com.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace holder_allocation_test {

using namespace lend_test;
using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling
using lend::hresult;
namespace hr = lend::hr;

hresult from(HRESULT code) { return static_cast<hresult>(code); }

// Writes nothing down that takes memory.
class plain_dispenser final : public IDispenserDriver {
public:
    std::array<bool, 64> alive{};
    std::size_t ended_strings = 0;
    ULONG references = 1;
    RESID last = 10;

    [[nodiscard]] std::size_t live() const {
        std::size_t count = 0;
        for (const bool each : alive) count += each ? 1U : 0U;
        return count;
    }

    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override { return --references; }

    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS*) override {
        *out_id = ++last;
        alive.at(last) = true;
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID, BOOL, RESOURCERATING* out_rating) override {
        *out_rating = 100;
        return S_OK;
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return S_OK; }
    STDMETHODIMP ResetResource(RESID) override { return S_OK; }
    STDMETHODIMP DestroyResource(RESID id) override {
        EXPECT_TRUE(std::exchange(alive.at(id), false)) << "destroyed twice, or never made";
        return S_OK;
    }
    STDMETHODIMP DestroyResourceS(constSRESID) override {
        ++ended_strings;
        return S_OK;
    }
};

constexpr RESTYPID kind = 7;
constexpr TRANSID tx = 101;
constexpr INSTID object = 201;
constexpr RESID tracked_id = 5;
const constSRESID tracked_name = OLESTR("a name that is longer than a string holds within itself");
constexpr RESID untouched = 999;

// No thread can be had, so that none ends after a test's memory is counted; to ask for one takes
// memory all the same.
using shop_type = basic_holder<manual_platform>;
using manager_type = basic_dispenser_manager<manual_platform, shop_type>;

struct holder_place {
    holder_place() { dispenser.AddRef(); }
    ~holder_place() {
        if (shop != nullptr) shop->Close();
        if (shop != nullptr) shop->Release();
        if (manager != nullptr) manager->Release();
        if (!is_registered) dispenser.Release();
        EXPECT_EQ(dispenser.references, 1U) << "the dispenser's reference is lost or given twice";
        EXPECT_EQ(dispenser.live(), orphans) << "alive at the end";
    }

    [[nodiscard]] std::array<std::size_t, 3> look() const {
        return {dispenser.live() - orphans, dispenser.ended_strings, dispenser.references};
    }

    hresult open() {
        auto* const made = manager_type::make();
        if (made == nullptr) return hr::e_outofmemory;
        manager = made;
        return hr::s_ok;
    }
    hresult enrol() {
        holder_options options;
        options.reclaim_at_object_end = true;
        options.destroy_lent_at_close = true;
        options.default_idle_limit = idle_limit;
        shop_type* made = nullptr;
        const HRESULT code =
            manager->register_dispenser(&dispenser, OLESTR("a dispenser of tests"), options, &made);
        shop = made;
        is_registered = SUCCEEDED(code);
        return from(code);
    }
    // A resource whose number could not be entered lives on, as IHolder says: nobody can tell
    // whether the number is another's.
    hresult alloc() {
        id = untouched;
        const std::size_t before = dispenser.live();
        const HRESULT code = shop->AllocResource(kind, &id);
        if (FAILED(code)) {
            EXPECT_EQ(id, untouched);
            orphans += dispenser.live() - before;
        }
        return from(code);
    }

    plain_dispenser dispenser;
    manager_type* manager = nullptr;
    IHolder* shop = nullptr;
    IDispenserManager* asked = nullptr;
    TIMEINSECS idle_limit = -1;
    bool is_registered = false;
    std::size_t orphans = 0;
    RESID id = 0;
};

void manager_only(holder_place& p) { (void)p.open(); }
void empty_holder(holder_place& p) {
    (void)p.open();
    (void)p.enrol();
}
void one_lent(holder_place& p) {
    empty_holder(p);
    (void)p.alloc();
}
template <TIMEINSECS Limit>
void may_be_idle_for(holder_place& p) {
    p.idle_limit = Limit;
    empty_holder(p);
}
template <TIMEINSECS Limit>
void one_lent_that_may_be_idle_for(holder_place& p) {
    p.idle_limit = Limit;
    one_lent(p);
}
void one_free(holder_place& p) {
    one_lent(p);
    p.shop->FreeResource(p.id);
}
void one_lent_in_a_transaction(holder_place& p) {
    empty_holder(p);
    const caller_scope in(object, tx);
    (void)p.alloc();
}
void one_parked(holder_place& p) {
    one_lent_in_a_transaction(p);
    p.shop->FreeResource(p.id);
}
void tracked(holder_place& p) {
    one_free(p);
    p.dispenser.alive[tracked_id] = true;
    p.shop->TrackResource(tracked_id);
    p.shop->TrackResourceS(tracked_name);
}

using holder_call = named_call<holder_place>;
constexpr auto some = memory_use::some;
constexpr auto none = memory_use::none;

const holder_call holder_calls[] = {
    {"GetDispenserManager_that_makes_it", some, as_it_is<holder_place>,
     [](holder_place& p) {
         const HRESULT code = GetDispenserManager(&p.asked);
         if (SUCCEEDED(code)) p.asked->Release();
         return from(code);
     },
     hr::s_ok, hr::e_fail},
    {"register_dispenser_that_makes_the_manager", some, as_it_is<holder_place>,
     [](holder_place& p) {
         const HRESULT code = register_dispenser(&p.dispenser, OLESTR("a dispenser of tests"),
                                                 holder_options{}, &p.shop);
         p.is_registered = SUCCEEDED(code);
         return from(code);
     },
     hr::s_ok, hr::e_fail},
    {"manager", some, as_it_is<holder_place>, [](holder_place& p) { return p.open(); }},
    {"RegisterDispenser", some, manager_only, [](holder_place& p) { return p.enrol(); }, hr::s_ok,
     hr::e_fail},
    {"AllocResource_that_creates_the_first", some, empty_holder,
     [](holder_place& p) { return p.alloc(); }},
    {"AllocResource_that_creates_another", some, one_lent,
     [](holder_place& p) { return p.alloc(); }},
    {"AllocResource_that_creates_in_a_transaction", some, empty_holder,
     [](holder_place& p) {
         const caller_scope in(object, tx);
         return p.alloc();
     }},
    {"AllocResource_that_starts_the_sweep", some, may_be_idle_for<60>,
     [](holder_place& p) { return p.alloc(); }},
    {"AllocResource_of_a_free_one", none, one_free, [](holder_place& p) { return p.alloc(); }},
    {"AllocResource_of_a_parked_one", none, one_parked,
     [](holder_place& p) {
         const caller_scope in(object, tx);
         return p.alloc();
     }},
    {"FreeResource", none, one_lent,
     [](holder_place& p) { return from(p.shop->FreeResource(p.id)); }},
    {"FreeResource_of_one_with_an_idle_limit", none, one_lent_that_may_be_idle_for<60>,
     [](holder_place& p) { return from(p.shop->FreeResource(p.id)); }},
    {"FreeResource_that_destroys", none, one_lent_that_may_be_idle_for<0>,
     [](holder_place& p) { return from(p.shop->FreeResource(p.id)); }},
    {"FreeResource_in_a_transaction", none, one_lent_in_a_transaction,
     [](holder_place& p) { return from(p.shop->FreeResource(p.id)); }},
    {"TrackResource", some,
     [](holder_place& p) {
         empty_holder(p);
         p.dispenser.alive[tracked_id] = true;
     },
     [](holder_place& p) {
         const caller_scope in(object, tx);
         return from(p.shop->TrackResource(tracked_id));
     }},
    {"TrackResourceS", some, empty_holder,
     [](holder_place& p) { return from(p.shop->TrackResourceS(tracked_name)); }},
    {"UntrackResource", none, tracked,
     [](holder_place& p) { return from(p.shop->UntrackResource(tracked_id, TRUE)); }},
    {"UntrackResourceS", none, tracked,
     [](holder_place& p) { return from(p.shop->UntrackResourceS(tracked_name, TRUE)); }},
    {"RequestDestroyResource_of_a_lent_one", none, one_lent,
     [](holder_place& p) { return from(p.shop->RequestDestroyResource(p.id)); }},
    {"RequestDestroyResource_of_a_free_one", none, one_free,
     [](holder_place& p) { return from(p.shop->RequestDestroyResource(p.id)); }},
    {"end_of_a_transaction", none, one_parked,
     [](holder_place& p) {
         p.manager->end_transaction(tx);
         return hr::s_ok;
     }},
    {"end_of_an_object", none, one_lent_in_a_transaction,
     [](holder_place& p) {
         p.manager->end_object(object);
         return from(p.shop->FreeResource(p.id)); // it is free by now
     },
     hr::e_invalidarg},
    {"sweep", none, one_free,
     [](holder_place& p) {
         const auto later = manual_platform::now() + std::chrono::hours(1);
         return p.manager->sweep(later) ? hr::e_fail : hr::s_ok;
     }},
    {"GetContext", none, one_free,
     [](holder_place& p) {
         INSTID who = 0;
         TRANSID where = 0;
         return from(p.manager->GetContext(&who, &where));
     }},
    {"Close", none, tracked, [](holder_place& p) { return from(p.shop->Close()); }},
    {"last_Release", none, tracked,
     [](holder_place& p) {
         std::exchange(p.shop, nullptr)->Release();
         std::exchange(p.manager, nullptr)->Release();
         return hr::s_ok;
     }},
};

class HolderAllocation : public leak_checked, public testing::WithParamInterface<holder_call> {};

TEST_P(HolderAllocation, fails_at_every_place_and_nothing_changes) {
    fail_each_allocation_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(calls, HolderAllocation, testing::ValuesIn(holder_calls), name_of_call{});

} // namespace holder_allocation_test
