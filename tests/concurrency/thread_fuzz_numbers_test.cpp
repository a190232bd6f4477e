// SPDX-License-Identifier: MIT
/// @file
/// The handle table and the contract's holder on a platform that disturbs real threads at every
/// atomic access, lock, wait and driver call (yielding_platform.hpp). See thread_fuzz.hpp for how
/// long. Each test states its invariants and prints its seed when it fails.

#include <support/small_table.hpp>
#include <support/thread_fuzz.hpp>
#include <support/yielding_platform.hpp>

#include <lend/com/basic_dispenser_manager.hpp>
#include <lend/com/basic_holder.hpp>
#include <lend/com/macros.hpp>
#include <lend/handle_table.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace thread_fuzz_numbers_test {

using namespace lend_test::thread_fuzz;
using lend_test::yielding_platform;
namespace hr = lend::hr;

// ---- the table ---------------------------------------------------------------------------------

// Plain members: whoever may touch them must be alone, or look only.
struct watched {
    explicit watched(std::uint64_t m) : mark(m), mirror(~m) {
        live.fetch_add(1, std::memory_order_relaxed);
    }
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;
    ~watched() {
        EXPECT_EQ(mark, ~mirror);
        mark = mirror = 0;
        live.fetch_sub(1, std::memory_order_relaxed);
    }

    std::uint64_t mark;
    std::uint64_t mirror;
    static inline std::atomic<int> live{0};
};

// Small, so that slots are retired and free numbers travel between threads within a round.
struct table_platform : yielding_platform {
    static constexpr unsigned generation_bits = 4;
    using table_tuning = lend_test::small_table_tuning;
};

// Invariants: of all erases of one number one wins, a pinned object is whole, and each is destroyed
// once.
TEST(ThreadFuzz, numbers_end_once_and_pins_keep_objects) {
    for_the_time([](std::uint64_t seed) {
        std::atomic<std::uint64_t> made{0};
        std::atomic<std::uint64_t> won{0};
        {
            using table_type = lend::handle_table<watched, table_platform>;
            table_type table;
            std::array<std::atomic<table_type::handle>, 16> shared{};
            on_threads(seed, [&](int, std::mt19937_64& random) {
                for (int at = 0; at < operations * 2; ++at) {
                    auto& place = shared[random() % shared.size()];
                    const auto number = place.load(std::memory_order_acquire);
                    switch (random() % 4) {
                    case 0:
                    case 1: {
                        const auto fresh = table.emplace(random());
                        ASSERT_TRUE(fresh);
                        made.fetch_add(1, std::memory_order_relaxed);
                        // What stood there is lost to this place and is erased by its finder.
                        const auto old = place.exchange(*fresh, std::memory_order_acq_rel);
                        won.fetch_add(table.erase(old) == hr::s_ok ? 1 : 0,
                                      std::memory_order_relaxed);
                        break;
                    }
                    case 2:
                        won.fetch_add(table.erase(number) == hr::s_ok ? 1 : 0,
                                      std::memory_order_relaxed);
                        break;
                    default:
                        if (const auto pin = table.find(number)) {
                            EXPECT_EQ(pin->mark, ~pin->mirror);
                        }
                        break;
                    }
                }
            });
            won.fetch_add(table.clear(), std::memory_order_relaxed);
            EXPECT_EQ(won.load(), made.load());
        }
        EXPECT_EQ(watched::live.load(), 0);
    });
}

// ---- the contract ------------------------------------------------------------------------------

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

// Numbers without a lock, so that the dispenser orders nothing for its holder.
class fuzzed_dispenser final : public IDispenserDriver {
public:
    static constexpr std::size_t most = 1U << 16U;

    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return ++references; }
    STDMETHODIMP_(ULONG) Release() override { return --references; }
    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS* out_secs) override {
        *out_secs = -1;
        *out_id = next.fetch_add(1, std::memory_order_relaxed);
        alive.fetch_add(1, std::memory_order_relaxed);
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID id, BOOL, RESOURCERATING* out) override {
        *out = id % 5 == 0 ? 50 : 100;
        return S_OK;
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return S_OK; }
    STDMETHODIMP ResetResource(RESID id) override { return id % 17 == 0 ? E_FAIL : S_OK; }
    STDMETHODIMP DestroyResource(RESID id) override {
        alive.fetch_sub(1, std::memory_order_relaxed);
        if (users[id % most] != 0 || ended[id % most].exchange(true)) ++mistakes;
        return S_OK;
    }
    STDMETHODIMP DestroyResourceS(constSRESID) override { return E_NOTIMPL; }

    std::atomic<ULONG> references{1};
    std::atomic<RESID> next{10};
    std::atomic<int> alive{0};
    std::atomic<int> mistakes{0};
    std::vector<int> users = std::vector<int>(most); // plain: only the borrower may touch its own
    std::vector<std::atomic<bool>> ended = std::vector<std::atomic<bool>>(most);
};

// Invariants: one user at a time, nothing that is used is destroyed, each is destroyed once.
TEST(ThreadFuzz, holders_never_share_a_resource_and_lose_none) {
    for_the_time([](std::uint64_t seed) {
        auto dispenser = std::make_unique<fuzzed_dispenser>();
        using manager_type =
            basic_dispenser_manager<yielding_platform, basic_holder<yielding_platform>>;
        manager_type* const manager = manager_type::make();
        basic_holder<yielding_platform>* holder = nullptr;
        dispenser->AddRef();
        ASSERT_EQ(manager->register_dispenser(dispenser.get(), nullptr, holder_options{}, &holder),
                  S_OK);
        on_threads(seed, [&](int thread, std::mt19937_64& random) {
            const TRANSID mine = 1000U + static_cast<unsigned>(thread);
            for (int at = 0; at < operations; ++at) {
                const basic_caller_scope<yielding_platform> in(201, random() % 3 == 0 ? mine : 0);
                RESID id = 0;
                if (FAILED(holder->AllocResource(7, &id))) continue;
                int& users = dispenser->users[id % fuzzed_dispenser::most];
                if (++users != 1) ++dispenser->mistakes;
                --users;
                if (random() % 8 == 0) {
                    (void)holder->RequestDestroyResource(id);
                } else {
                    (void)holder->FreeResource(id);
                }
                if (random() % 8 == 0) manager->end_transaction(mine);
                if (random() % 16 == 0) (void)manager->sweep(yielding_platform::now());
            }
            manager->end_transaction(mine);
        });
        EXPECT_EQ(holder->Close(), S_OK);
        holder->Release();
        manager->Release();
        EXPECT_EQ(dispenser->mistakes.load(), 0);
        EXPECT_EQ(dispenser->alive.load(), 0);
        EXPECT_EQ(dispenser->references.load(), 1U);
    });
}

} // namespace thread_fuzz_numbers_test
