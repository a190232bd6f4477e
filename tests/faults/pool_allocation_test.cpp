// SPDX-License-Identifier: MIT
/// @file
/// A pool and a keyed pool whose memory runs out: every call of theirs, with each of its
/// allocations failing. What gives back, ends or looks allocates nothing.

#include "box_maker.hpp"
#include "each_allocation.hpp"

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace pool_allocation_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::hresult;
namespace hr = lend::hr;

using platform = manual_clock_platform;

struct box_driver : box_maker {
    lend::health check(resource&, lend::check_kind) { return lend::health::good; }
};

struct keyed_box_driver : box_driver {
    lend::result<resource> create(const std::string&) { return box_driver::create(); }
};

lend::pool_options quiet_options() {
    auto options = quiet(3);
    options.acquire_timeout = 10s;
    return options;
}

// What a failed call must leave as it was.
using picture = std::array<std::size_t, 8>;

picture picture_of(const lend::pool_stats& s, std::size_t more) {
    return {s.size,    s.idle,     s.in_use, s.creating + s.destroying,
            s.waiting, s.max_size, more,     box_driver::live};
}

hresult code_of(const auto& outcome) { return outcome ? hr::s_ok : outcome.code(); }

// ---- pool -------------------------------------------------------------------------------------

struct pool_place {
    using pool_type = lend::pool<box_driver, platform>;
    using lease_type = pool_type::lease_type;

    pool_place() { held.reserve(8); }
    ~pool_place() {
        held.clear();
        pool.reset();
        EXPECT_EQ(box_driver::live, 0U);
    }

    [[nodiscard]] picture look() const {
        return picture_of(pool ? pool->stats() : lend::pool_stats{}, held.size());
    }
    void make(const lend::pool_options& options = quiet_options()) {
        pool.emplace(box_driver{}, options);
    }
    hresult keep(lend::result<lease_type> got) {
        if (!got) return got.code();
        held.push_back(*std::move(got));
        return hr::s_ok;
    }
    // So many are lent, and then so many idle.
    void fill(std::size_t lent, std::size_t idle) {
        for (std::size_t at = 0; at < lent + idle; ++at) (void)keep(pool->acquire());
        held.resize(lent);
    }

    const manual_clock clock;
    std::optional<pool_type> pool;
    std::vector<lease_type> held;
    std::stop_source stop;
    std::optional<lend::error> met;
    pool_type::id_type id = 0;
    hresult told = hr::s_false; // by a callback
};

void pool_of(pool_place& p, std::size_t lent, std::size_t idle) {
    p.make();
    p.fill(lent, idle);
}
void empty_pool(pool_place& p) { pool_of(p, 0, 0); }
void one_idle(pool_place& p) { pool_of(p, 0, 1); }
void one_lent(pool_place& p) { pool_of(p, 1, 0); }
void all_lent(pool_place& p) { pool_of(p, 3, 0); }
void all_kinds(pool_place& p) { pool_of(p, 1, 2); }

hresult async(pool_place& p) {
    p.told = hr::s_false;
    p.pool->acquire_async({}, [&p](auto got) { p.told = p.keep(std::move(got)); });
    return p.told;
}

using pool_call = named_call<pool_place>;
constexpr auto some = memory_use::some;
constexpr auto none = memory_use::none;

const pool_call pool_calls[] = {
    {"make", some, as_it_is<pool_place>,
     [](pool_place& p) {
         auto made = pool_place::pool_type::make(box_driver{}, quiet_options());
         if (!made) return made.code();
         p.pool.emplace(*std::move(made));
         return hr::s_ok;
     }},
    {"make_with_all_that_costs_memory", some, as_it_is<pool_place>,
     [](pool_place& p) {
         auto options = quiet_options();
         options.initialisation = lend::initialisation_mode::fail_fast;
         options.min_idle = 2;
         options.time_uses = true;
         auto made = pool_place::pool_type::make(box_driver{}, options);
         if (!made) return made.code();
         p.pool.emplace(*std::move(made));
         return hr::s_ok;
     }},
    {"acquire_that_makes_one", some, empty_pool,
     [](pool_place& p) { return p.keep(p.pool->acquire()); }},
    {"acquire_that_makes_one_on_a_worker", some,
     [](pool_place& p) {
         auto options = quiet_options();
         options.creation = lend::creation_mode::worker;
         p.make(options);
     },
     [](pool_place& p) { return p.keep(p.pool->acquire()); }, hr::s_ok, hr::lend_e_timed_out},
    {"acquire_that_makes_the_second", some, one_lent,
     [](pool_place& p) { return p.keep(p.pool->acquire()); }},
    {"acquire_of_an_idle_one", none, one_idle,
     [](pool_place& p) { return p.keep(p.pool->acquire()); }},
    {"acquire_with_a_stop_token", some, empty_pool,
     [](pool_place& p) { return p.keep(p.pool->acquire({.stop = p.stop.get_token()})); }},
    {"acquire_that_is_called_off", none,
     [](pool_place& p) {
         all_lent(p);
         p.stop.request_stop();
     },
     [](pool_place& p) { return p.keep(p.pool->acquire({.stop = p.stop.get_token()})); },
     hr::lend_e_cancelled},
    {"acquire_that_times_out", some, all_lent,
     [](pool_place& p) { return p.keep(p.pool->acquire()); }, hr::lend_e_timed_out},
    {"acquire_of_a_pool_that_its_own_caller_locks", some,
     [](pool_place& p) {
         auto options = quiet_options();
         options.record_holders = true;
         p.make(options);
         p.fill(options.max_size, 0);
     },
     [](pool_place& p) { return p.keep(p.pool->acquire()); }, hr::lend_e_pool_locked,
     hr::lend_e_timed_out},
    {"try_acquire", some, empty_pool, [](pool_place& p) { return p.keep(p.pool->try_acquire()); },
     hr::s_ok, hr::lend_e_exhausted},
    {"try_acquire_of_an_exhausted_pool", some, all_lent,
     [](pool_place& p) { return p.keep(p.pool->try_acquire()); }, hr::lend_e_exhausted},
    {"try_acquire_for", some, empty_pool,
     [](pool_place& p) { return p.keep(p.pool->try_acquire_for(1s)); }},
    {"try_acquire_until", some, empty_pool,
     [](pool_place& p) { return p.keep(p.pool->try_acquire_until(platform::now() + 1s)); }},
    {"acquire_async_of_an_idle_one", some, one_idle, async},
    {"acquire_async_that_makes_one", some, empty_pool, async},
    {"acquire_async_that_waits", some, all_lent,
     [](pool_place& p) {
         const hresult code = async(p);
         if (code != hr::s_false) return code;
         auto last = std::move(p.held.back());
         p.held.pop_back();
         (void)last.release(); // and it is served, whatever else is out
         return p.told;
     }},
    {"release", none, one_lent, [](pool_place& p) { return p.held.back().release(); }},
    {"end_of_a_lease", none, one_lent,
     [](pool_place& p) {
         p.held.pop_back();
         return hr::s_ok;
     }},
    {"end_of_a_lease_by_an_exception", none, one_lent,
     [](pool_place& p) {
         try {
             const auto unwound = std::move(p.held.back());
             throw 1;
         } catch (int) {
             return p.pool->stats().closed_for(lend::destroy_reason::poisoned) == 1 ? hr::s_ok
                                                                                    : hr::e_fail;
         }
     }},
    {"discard", none, one_lent, [](pool_place& p) { return p.held.back().discard(); }},
    {"detach", none, one_lent,
     [](pool_place& p) {
         const auto out = p.held.back().detach();
         box_driver::live -= out ? 1U : 0U; // it ends here
         return code_of(out);
     }},
    {"report_and_release", none,
     [](pool_place& p) {
         one_lent(p);
         p.met.emplace(hr::e_fail, "the server says no");
     },
     [](pool_place& p) {
         return p.held.back().report(*p.met) == lend::health::broken ? p.held.back().release()
                                                                     : hr::e_unexpected;
     },
     hr::s_false},
    {"note", none, one_lent,
     [](pool_place& p) {
         p.held.back().note("busy");
         return hr::s_ok;
     }},
    {"destroy_of_a_lent_one", none, one_lent,
     [](pool_place& p) { return p.pool->destroy(p.held.back().id()); }, hr::s_false},
    {"destroy_of_an_idle_one", none,
     [](pool_place& p) {
         one_lent(p);
         p.id = p.held.back().id();
         p.held.clear();
     },
     [](pool_place& p) { return p.pool->destroy(p.id); }},
    {"sweep", none,
     [](pool_place& p) {
         all_kinds(p);
         (void)p.pool->sweep(); // sees what is idle, and since when
     },
     [](pool_place& p) {
         return p.pool->sweep(platform::now() + 1h) == 2 ? hr::s_ok : hr::e_fail;
     }},
    {"pause_and_resume", none, all_kinds,
     [](pool_place& p) {
         const hresult code = p.pool->pause(lend::pause_mode::fail);
         return lend::failed(code) ? code : p.pool->resume();
     }},
    {"clear", none, all_kinds,
     [](pool_place& p) { return p.pool->clear() == 2 ? hr::s_ok : hr::e_fail; }},
    {"clear_over", none, all_kinds,
     [](pool_place& p) { return p.pool->clear_over(1s) == 3 ? hr::s_ok : hr::e_fail; }},
    {"retain", none, all_kinds,
     [](pool_place& p) {
         const auto gone = p.pool->retain([](const auto&, const auto&) { return false; });
         return gone && *gone == 2 ? hr::s_ok : hr::e_fail;
     }},
    {"resize_to_less", none, all_kinds,
     [](pool_place& p) { return code_of(p.pool->resize(1, 0)); }},
    {"resize_to_nothing", some, all_kinds,
     [](pool_place& p) { return code_of(p.pool->resize(0, 0)); }, hr::e_invalidarg},
    {"warm_up", some, empty_pool,
     [](pool_place& p) {
         const auto warmed = p.pool->warm_up(1, 1s);
         if (warmed.ready == 1) return hr::s_ok;
         if (warmed.errors.capacity() == 0) return hr::e_outofmemory; // not even to say so
         return warmed.errors.empty() ? hr::e_unexpected : warmed.errors.front().code();
     },
     hr::s_ok, hr::e_outofmemory,
     [](pool_place& p) { (void)p.pool->acquire(); }}, // after a failure nothing is made in advance
    {"warm_up_of_a_closed_pool", some,
     [](pool_place& p) {
         empty_pool(p);
         (void)p.pool->close();
     },
     [](pool_place& p) {
         const auto warmed = p.pool->warm_up(1, 1s);
         return warmed.errors.empty() ? hr::e_outofmemory : warmed.errors.front().code();
     },
     hr::lend_e_closed},
    {"stats", none, all_kinds,
     [](pool_place& p) { return p.pool->stats().size == 3 ? hr::s_ok : hr::e_fail; }},
    {"timings", none, all_kinds,
     [](pool_place& p) { return p.pool->timings().create.count() == 3 ? hr::s_ok : hr::e_fail; }},
    {"health_with_a_check", none, all_kinds,
     [](pool_place& p) {
         return p.pool->health(lend::check_kind::active).tried ? hr::s_ok : hr::e_fail;
     }},
    {"holders", some, all_kinds,
     [](pool_place& p) { return p.pool->holders().size() == 1 ? hr::s_ok : hr::e_outofmemory; }},
    {"drain_of_what_is_lent", some, all_kinds,
     [](pool_place& p) { return p.pool->drain(1s).closed; }},
    {"close", none, all_kinds, [](pool_place& p) { return p.pool->close(); }},
    {"acquire_of_a_closed_pool", none,
     [](pool_place& p) {
         one_lent(p);
         p.pool->close();
     },
     [](pool_place& p) { return p.keep(p.pool->acquire()); }, hr::lend_e_closed},
    {"end_of_a_pool", none, all_kinds,
     [](pool_place& p) {
         p.pool.reset();
         return hr::s_ok;
     }},
    {"end_of_a_lease_after_its_pool", none,
     [](pool_place& p) {
         one_lent(p);
         p.pool.reset();
     },
     [](pool_place& p) { return p.held.back().release(); }, hr::s_false},
};

class PoolAllocation : public leak_checked, public testing::WithParamInterface<pool_call> {};

TEST_P(PoolAllocation, fails_at_every_place_and_nothing_changes) {
    fail_each_allocation_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(calls, PoolAllocation, testing::ValuesIn(pool_calls), name_of_call{});

// ---- keyed_pool -------------------------------------------------------------------------------

struct keyed_place {
    using pool_type = lend::keyed_pool<std::string, keyed_box_driver, platform>;
    using lease_type = pool_type::lease_type;

    keyed_place() { held.reserve(8); }
    ~keyed_place() {
        held.clear();
        pool.reset();
        EXPECT_EQ(box_driver::live, 0U);
    }

    // The keys may be more: one that was asked for in vain is remembered.
    [[nodiscard]] picture look() {
        if (!pool) return {};
        for (const std::string& each : pool->keys()) EXPECT_FALSE(each.empty());
        return picture_of(pool->stats(), held.size());
    }
    void make() {
        auto options = quiet_options();
        options.max_per_key = 2;
        pool.emplace(keyed_box_driver{}, options);
    }
    hresult keep(lend::result<lease_type> got) {
        if (!got) return got.code();
        held.push_back(*std::move(got));
        return hr::s_ok;
    }

    const manual_clock clock;
    const std::string here = "a key that is longer than a string holds within itself";
    const std::string there = "another key that is longer than a string holds in itself";
    std::optional<pool_type> pool;
    std::vector<lease_type> held;
    hresult told = hr::s_false;
};

void no_keys(keyed_place& p) { p.make(); }
void one_key(keyed_place& p) {
    p.make();
    (void)p.keep(p.pool->acquire(p.here));
}
void one_key_idle(keyed_place& p) {
    one_key(p);
    p.held.clear();
}

using keyed_call = named_call<keyed_place>;

const keyed_call keyed_calls[] = {
    {"make", some, as_it_is<keyed_place>,
     [](keyed_place& p) {
         auto made = keyed_place::pool_type::make(keyed_box_driver{}, quiet_options());
         if (!made) return made.code();
         p.pool.emplace(*std::move(made));
         return hr::s_ok;
     }},
    {"acquire_of_a_new_key", some, no_keys,
     [](keyed_place& p) { return p.keep(p.pool->acquire(p.here)); }},
    {"acquire_of_a_second_key", some, one_key,
     [](keyed_place& p) { return p.keep(p.pool->try_acquire(p.there)); }, hr::s_ok,
     hr::lend_e_exhausted},
    {"acquire_of_a_known_key", none, one_key_idle,
     [](keyed_place& p) { return p.keep(p.pool->try_acquire_for(p.here, 1s)); }},
    {"acquire_async_of_a_new_key", some, no_keys,
     [](keyed_place& p) {
         p.pool->acquire_async(p.here, {}, [&p](auto got) { p.told = p.keep(std::move(got)); });
         return p.told;
     }},
    {"release", none, one_key, [](keyed_place& p) { return p.held.back().release(); }},
    {"warm_up_of_a_new_key", some, no_keys,
     [](keyed_place& p) {
         return p.pool->warm_up(p.here, 1, 1s).ready == 1 ? hr::s_ok : hr::e_outofmemory;
     },
     hr::s_ok, hr::e_outofmemory, [](keyed_place& p) { (void)p.pool->acquire(p.here); }},
    {"stats_of_a_known_key", none, one_key,
     [](keyed_place& p) { return p.pool->stats(p.here).size == 1 ? hr::s_ok : hr::e_fail; }},
    {"clear_of_a_known_key", none, one_key_idle,
     [](keyed_place& p) { return p.pool->clear(p.here) == 1 ? hr::s_ok : hr::e_fail; }},
    {"keys", some, one_key,
     [](keyed_place& p) {
         try {
             return p.pool->keys().size() == 1 ? hr::s_ok : hr::e_fail;
         } catch (const std::bad_alloc&) {
             return hr::e_outofmemory;
         }
     }},
    {"close", none, one_key, [](keyed_place& p) { return p.pool->close(); }},
    {"end_of_a_pool", none, one_key_idle,
     [](keyed_place& p) {
         p.pool.reset();
         return hr::s_ok;
     }},
};

class KeyedPoolAllocation : public leak_checked, public testing::WithParamInterface<keyed_call> {};

TEST_P(KeyedPoolAllocation, fails_at_every_place_and_nothing_changes) {
    fail_each_allocation_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(calls,
                         KeyedPoolAllocation,
                         testing::ValuesIn(keyed_calls),
                         name_of_call{});

} // namespace pool_allocation_test
