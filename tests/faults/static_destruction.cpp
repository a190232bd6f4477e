// SPDX-License-Identifier: MIT
/// @file
/// Pools, leases, tables and holders as static and thread-local objects, in each order of their
/// ends. One case a run, named by the argument: ends with 0 if all was destroyed that is to be.

#include <lend/com.hpp>
#include <lend/handle_table.hpp>
#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <unistd.h>

namespace {

namespace hr = lend::hr;

// Trivially destructible, so that there is no moment at which they are gone.
constinit std::atomic<int> live{0};
constinit std::atomic<int> expected{0}; // alive when everything has ended
constinit std::atomic<int> told{0};     // callbacks
constinit std::atomic<int> expected_told{0};

[[noreturn]] void fail(const char* what, int found) {
    std::fprintf(stderr, "%s: %d\n", what, found);
    ::_exit(3);
}

// Made first, so that it ends last.
struct auditor {
    ~auditor() {
        if (live != expected) fail("alive at the end", live);
        if (told != expected_told) fail("told", told);
    }
};

struct session_driver {
    using resource = int;
    lend::result<int> create() { return ++live; }
    lend::hresult reset(int&) { return hr::s_ok; }
    void destroy(int&&) { --live; }
};
struct keyed_driver : session_driver {
    lend::result<int> create(const std::string&) { return session_driver::create(); }
};

using pool_type = lend::pool<session_driver>;
using lease_type = pool_type::lease_type;

lend::pool_options busy() {
    lend::pool_options options;
    options.max_size = 3;
    options.min_idle = 1; // its housekeeper runs while the process ends
    return options;
}

pool_type& the_pool() {
    static pool_type pool(session_driver{}, busy());
    return pool;
}

// Made before the pool, so that it ends after it.
lease_type& the_oldest_lease() {
    static lease_type lease;
    return lease;
}

thread_local lease_type lease_of_thread;

// ---- cases ------------------------------------------------------------------------------------

void lease_ends_before_its_pool() { static const lease_type lease = the_pool().acquire().value(); }

void lease_outlives_its_pool() {
    the_oldest_lease() = lease_type();
    the_oldest_lease() = the_pool().acquire().value();
}

void lease_of_a_closed_pool_outlives_it() {
    lease_outlives_its_pool();
    (void)the_pool().close();
}

void lease_is_local_to_the_main_thread() { lease_of_thread = the_pool().acquire().value(); }

void lease_is_local_to_a_thread_that_ends() {
    std::thread([] { lease_of_thread = the_pool().acquire().value(); }).join();
}

// The thread never ends, so neither does its lease.
void lease_is_local_to_a_thread_that_goes_on() {
    static std::mutex mutex;
    static auto* const forever = new std::condition_variable; // somebody waits until the very end
    static std::atomic<bool> has_it{false};
    std::thread([] {
        lease_of_thread = the_pool().acquire().value();
        has_it = true;
        has_it.notify_one();
        std::unique_lock lock(mutex);
        forever->wait(lock, [] { return false; });
    }).detach();
    has_it.wait(false);
    expected = 1;
}

void lease_is_on_the_stack_when_exit_is_called() {
    const auto lease = the_pool().acquire().value();
    expected = 1;
    std::exit(0);
}

void exit_is_called_by_another_thread() {
    static const lease_type lease = the_pool().acquire().value();
    std::thread([] { std::exit(0); }).join(); // never comes back
}

void process_ends_by_quick_exit() {
    static const lease_type lease = the_pool().acquire().value();
    std::quick_exit(0);
}

void pool_is_used_by_the_destructor_of_another() {
    struct late_user {
        ~late_user() {
            if (!the_pool().acquire()) fail("not served", 0);
        }
    };
    (void)the_pool();
    static const late_user user;
}

// Whoever waits without a thread is told by the destructor of the pool.
void callback_waits_until_the_end() {
    static std::array<lease_type, 3> all;
    for (auto& each : all) each = the_pool().acquire().value();
    expected_told = 1;
    // Ends first, so that nothing comes back before the pool ends.
    static struct keeps_them {
        ~keeps_them() {
            for (auto& each : all) live -= each.detach() ? 1 : 0;
        }
    } const detaches;
    (void)the_pool().pause(lend::pause_mode::block);
    the_pool().acquire_async({}, [](auto got) {
        if (got.code() == hr::lend_e_closed) ++told;
    });
}

void keyed_pool_is_static() {
    using keyed = lend::keyed_pool<std::string, keyed_driver>;
    static keyed::lease_type late;
    static keyed pool(keyed_driver{}, busy());
    late = pool.acquire("a").value();
    (void)pool.acquire("b").value();
}

void table_is_static() {
    static lend::handle_table<std::string> table;
    struct on_exit_of_thread {
        ~on_exit_of_thread() { (void)table.clear(); }
    };
    std::thread([] {
        static thread_local const on_exit_of_thread clears;
        (void)table.emplace("one").value();
    }).join();
    static thread_local const on_exit_of_thread clears;
    (void)table.emplace("two").value();
}

// ---- the contract -----------------------------------------------------------------------------

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling

class plain_dispenser final : public IDispenserDriver {
public:
    STDMETHODIMP QueryInterface(REFIID, void** out) override {
        *out = nullptr;
        return E_NOINTERFACE;
    }
    STDMETHODIMP_(ULONG) AddRef() override { return 2; }
    STDMETHODIMP_(ULONG) Release() override { return 1; }
    STDMETHODIMP CreateResource(RESTYPID, RESID* out_id, TIMEINSECS* out_secs) override {
        *out_id = static_cast<RESID>(++live);
        *out_secs = 3600; // so that the manager's thread runs
        return S_OK;
    }
    STDMETHODIMP RateResource(RESTYPID, RESID, BOOL, RESOURCERATING* out) override {
        *out = 100;
        return S_OK;
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return S_OK; }
    STDMETHODIMP ResetResource(RESID) override { return S_OK; }
    STDMETHODIMP DestroyResource(RESID) override {
        --live;
        return S_OK;
    }
    STDMETHODIMP DestroyResourceS(constSRESID) override { return E_NOTIMPL; }
};

IHolder* registered() {
    static plain_dispenser dispenser;
    IDispenserManager* manager = nullptr;
    IHolder* holder = nullptr;
    if (GetDispenserManager(&manager) != S_OK) fail("no manager", 0);
    if (manager->RegisterDispenser(&dispenser, OLESTR("static"), &holder) != S_OK)
        fail("no holder", 0);
    manager->Release();
    return holder;
}

void use(IHolder& holder) {
    RESID id = 0;
    if (holder.AllocResource(1, &id) != S_OK) fail("AllocResource", 0);
    if (holder.FreeResource(id) != S_OK) fail("FreeResource", 0);
}

void holder_is_released_by_a_static() {
    static struct last_reference {
        IHolder* holder = registered();
        ~last_reference() { holder->Release(); }
    } const keeps;
    use(*keeps.holder);
}

// Whoever forgets it leaves everything as it is.
void holder_is_never_released() {
    use(*registered());
    expected = 1;
}

void holder_is_used_by_a_thread_local_at_its_end() {
    static struct last_reference {
        IHolder* holder = registered();
        ~last_reference() { holder->Release(); }
    } const keeps;
    struct user {
        IHolder* holder;
        ~user() { use(*holder); }
    };
    std::thread([] {
        static thread_local const user at_exit{keeps.holder};
        use(*at_exit.holder);
    }).join();
    static thread_local const user at_exit{keeps.holder};
    use(*at_exit.holder);
}

struct named_case {
    std::string_view name;
    void (*run)();
};

#define CASE(name)                                                                                 \
    named_case { #name, &name }
constexpr named_case cases[] = {
    CASE(lease_ends_before_its_pool),
    CASE(lease_outlives_its_pool),
    CASE(lease_of_a_closed_pool_outlives_it),
    CASE(lease_is_local_to_the_main_thread),
    CASE(lease_is_local_to_a_thread_that_ends),
    CASE(lease_is_local_to_a_thread_that_goes_on),
    CASE(lease_is_on_the_stack_when_exit_is_called),
    CASE(exit_is_called_by_another_thread),
    CASE(process_ends_by_quick_exit),
    CASE(pool_is_used_by_the_destructor_of_another),
    CASE(callback_waits_until_the_end),
    CASE(keyed_pool_is_static),
    CASE(table_is_static),
    CASE(holder_is_released_by_a_static),
    CASE(holder_is_never_released),
    CASE(holder_is_used_by_a_thread_local_at_its_end),
};
#undef CASE

} // namespace

int main(int argc, char** argv) {
    static const auditor last;
    for (const named_case& each : cases) {
        if (argc > 1 && each.name == argv[1]) {
            each.run();
            return 0;
        }
    }
    for (const named_case& each : cases) std::puts(each.name.data());
    return argc > 1 ? 2 : 0;
}
