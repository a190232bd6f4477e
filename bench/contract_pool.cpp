// SPDX-License-Identifier: MIT
/// @file
/// What does the pool of the contract cost: AllocResource and FreeResource through virtual calls,
/// for a dispenser that somebody else wrote and whose numbers are its own? Each pair calls the
/// dispenser twice, to rate a resource and to reset it.

#include <lend/com/process.hpp>

#include "baseline/mutex_holder.hpp"
#include "support.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace {

using namespace bench;
using namespace lend::com;

// A resource of the dispenser, whose number is its address. `uses` is plain: if two borrowers had
// one resource at a time, uses would be lost.
struct alignas(64) item {
    RESTYPID type = 0;
    std::uint64_t uses = 0;
    std::uint64_t resets = 0;
};

// Written by hand against the contract, and outlives the holder: it is part of the world.
class foreign_dispenser final : public IDispenserDriver {
public:
    virtual ~foreign_dispenser() = default;

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void**) noexcept override {
        return E_NOINTERFACE;
    }
    ULONG STDMETHODCALLTYPE AddRef() noexcept override { return ++references_; }
    ULONG STDMETHODCALLTYPE Release() noexcept override { return --references_; }

    HRESULT STDMETHODCALLTYPE CreateResource(RESTYPID type, RESID* out_id, TIMEINSECS*) override {
        auto made = std::make_unique<item>();
        made->type = type;
        *out_id = reinterpret_cast<RESID>(made.get());
        const std::lock_guard lock(mutex_);
        items_.push_back(std::move(made));
        ++live_;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE RateResource(RESTYPID type,
                                           RESID candidate,
                                           BOOL,
                                           RESOURCERATING* out_rating) noexcept override {
        *out_rating = of(candidate).type == type ? 100 : 0;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE EnlistResource(RESID, TRANSID) noexcept override { return S_FALSE; }
    HRESULT STDMETHODCALLTYPE ResetResource(RESID id) noexcept override {
        ++of(id).resets;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE DestroyResource(RESID) override {
        const std::lock_guard lock(mutex_);
        --live_;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE DestroyResourceS(constSRESID) noexcept override { return E_NOTIMPL; }

    static item& of(RESID id) { return *reinterpret_cast<item*>(id); }

    // While nobody uses the holder.
    std::uint64_t uses() const {
        std::uint64_t sum = 0;
        for (const auto& each : items_) sum += each->uses;
        return sum;
    }
    std::uint64_t resets() const {
        std::uint64_t sum = 0;
        for (const auto& each : items_) sum += each->resets;
        return sum;
    }
    std::size_t live() const { return live_; }
    ULONG references() const { return references_; }

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<item>> items_;
    std::size_t live_ = 0;
    std::atomic<ULONG> references_{1};
};

struct lend_holder {
    static IHolder* over(IDispenserDriver* driver) {
        IHolder* made = nullptr;
        return register_dispenser(driver, nullptr, {}, &made) == S_OK ? made : nullptr;
    }
};
struct mutex_lifo {
    static IHolder* over(IDispenserDriver* driver) { return new baseline::mutex_holder(driver); }
};

constexpr RESTYPID kind = 7;
constexpr std::size_t resources = 8;

// A holder of which no more is known than its interface, with resources for everybody.
template <class Holder>
struct world {
    explicit world(const benchmark::State& state) : together(state.threads()) {
        dispenser.AddRef();
        holder = Holder::over(&dispenser);
        hide(holder);
        if (holder == nullptr) return;
        std::vector<RESID> ids(resources);
        for (RESID& each : ids) (void)holder->AllocResource(kind, &each);
        for (const RESID each : ids) (void)holder->FreeResource(each);
    }
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world() {
        if (holder != nullptr) holder->Release();
    }

    foreign_dispenser dispenser;
    IHolder* holder = nullptr;
    barrier together;
    std::atomic<std::uint64_t> lendings{0};
};

// One iteration is `cycles` lendings; with several threads it lasts until the last has done them.
// A single thread only looks at the resource, several also count in it.
template <class Holder, bool Counting, std::uint64_t Cycles>
void alloc_free(benchmark::State& state) {
    settle(state);
    auto& w = *shared<world<Holder>>::world;
    if (w.holder == nullptr) {
        state.SkipWithError("there is no holder");
        return;
    }
    std::uint64_t lent = 0;
    std::uint64_t right = 0;

    for (auto _ : state) {
        for (std::uint64_t left = Cycles; left != 0; --left) {
            RESID id = 0;
            if (w.holder->AllocResource(kind, &id) != S_OK) break;
            item& one = foreign_dispenser::of(id);
            right += one.type == kind ? 1 : 0;
            if (Counting) ++one.uses;
            lent += w.holder->FreeResource(id) == S_OK ? 1 : 0;
        }
        if (state.threads() > 1) w.together.wait();
    }

    count_items(state, Cycles);
    check(state, lent == Cycles * static_cast<std::uint64_t>(state.iterations()),
          "a resource was not allocated or not freed");
    check(state, right == lent, "something else than a resource was lent");
    // Relaxed: the barrier passes the sum on.
    w.lendings.fetch_add(lent, std::memory_order_relaxed);
    if (state.threads() > 1) w.together.wait();
    const std::uint64_t all = w.lendings.load(std::memory_order_relaxed); // relaxed: as above
    check(state, w.dispenser.uses() == (Counting ? all : 0),
          "a resource was lent to two at a time");
    check(state, w.dispenser.resets() == all + resources, "a resource came back without a reset");
    check(state, w.dispenser.live() == resources, "there are not as many resources as at first");
}

// The baseline and lend go through the same number of virtual calls.
template <class Holder>
void add_one(const char* implementation, int threads) {
    add<world<Holder>>("contract_alloc_free", implementation,
                       threads == 1 ? &alloc_free<Holder, false, 1 << 10>
                                    : &alloc_free<Holder, true, 1 << 16>)
        ->ArgName("resources")
        ->Arg(resources)
        ->Threads(threads);
}

const bool registered = [] {
    for (const int threads : {1, 2}) {
        add_one<lend_holder>("lend", threads);
        add_one<lend_holder>("lend_again", threads);
        add_one<mutex_lifo>("mutex_lifo", threads);
    }
    return true;
}();

} // namespace
