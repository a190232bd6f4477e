// SPDX-License-Identifier: MIT
/// @file
/// Resources that belong to keys: one maximum for all, and one for each.

#include "support/coroutine.hpp"
#include "support/manual_clock_platform.hpp"
#include "support/other_thread.hpp"
#include "support/queued_executor.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/keyed_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace keyed_pool_test {

using namespace std::chrono_literals;
using namespace lend_test;
namespace hr = lend::hr;

// Keys are words.
class word_driver : public recording_driver {
public:
    using recording_driver::recording_driver;
    lend::result<numbered> create(const std::string& key) {
        return make("create(" + key + ')', key[0]);
    }
};

struct keyed {
    explicit keyed(lend::pool_options options) : pool(word_driver(calls), options) {}
    std::shared_ptr<recording> calls = std::make_shared<recording>();
    lend::keyed_pool<std::string, word_driver, manual_clock_platform> pool;
};

lend::pool_options limits(std::size_t max_size, std::size_t max_per_key) {
    auto options = quiet(max_size);
    options.max_per_key = max_per_key;
    return options;
}

// Creates are the jobs of an executor that the test runs.
lend::pool_options made_later(lend::pool_options options,
                              const std::shared_ptr<queued_executor>& later) {
    options.creation = lend::creation_mode::worker;
    options.executor = later;
    return options;
}

TEST(KeyedPool, resource_is_lent_for_its_own_key_only) {
    keyed p(limits(4, 0));
    { const auto lease = p.pool.acquire("a"); }
    { const auto lease = p.pool.acquire("a"); }
    { const auto lease = p.pool.acquire("b"); }

    EXPECT_EQ(p.calls->log(), "create(a) reset(1) reset(1) create(b) reset(2)");
    auto keys = p.pool.keys();
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(keys, (std::vector<std::string>{"a", "b"}));
}

TEST(KeyedPool, drain_waits_for_the_borrowers_of_all_keys) {
    const manual_clock clock;
    for (const bool absolute : {false, true}) {
        keyed p(limits(4, 0));
        auto one = p.pool.acquire("a"), two = p.pool.acquire("b");
        lend::drain_report report;
        const other_thread drains(
            [&] { report = absolute ? p.pool.drain(clock.now() + 1min) : p.pool.drain(1min); });

        (void)one->release();
        EXPECT_EQ(p.pool.try_acquire("c").code(), hr::lend_e_closed);
        EXPECT_FALSE(drains.done());
        (void)two->release();

        EXPECT_TRUE(drains.done());
        EXPECT_TRUE(report.hold_outs.empty());
        EXPECT_EQ(p.calls->live(), 0);
    }
}

TEST(KeyedPool, each_key_has_a_maximum_of_its_own) {
    keyed p(limits(4, 2));
    const auto one = p.pool.acquire("a"), two = p.pool.acquire("a");

    EXPECT_EQ(p.pool.try_acquire("a").code(), hr::lend_e_exhausted);
    EXPECT_TRUE(p.pool.try_acquire("b"));
    EXPECT_EQ(p.pool.stats("a").size, 2U);
    EXPECT_EQ(p.pool.stats("a").max_size, 2U);
    EXPECT_EQ(p.pool.stats("b").idle, 1U);
    EXPECT_EQ(p.pool.stats().size, 3U);
}

TEST(KeyedPool, maximum_per_key_does_not_make_others_go) {
    keyed p(limits(3, 1));
    { const auto idle = p.pool.acquire("b"); }
    const auto held = p.pool.acquire("a");

    EXPECT_EQ(p.pool.try_acquire("a").code(), hr::lend_e_exhausted);

    EXPECT_EQ(p.pool.stats("b").idle, 1U); // nothing would have come of making room
}

TEST(KeyedPool, warm_up_of_a_key_at_its_maximum_is_no_failure_and_holds_up_no_other_key) {
    keyed p(limits(1, 1));
    const auto held = p.pool.acquire("a");
    ASSERT_TRUE(p.pool.whole().resize(8, 0)); // there is room, and no place for it yet

    const auto warmed = p.pool.warm_up("a", 1, 0s);

    EXPECT_EQ(warmed.ready, 0U);
    EXPECT_TRUE(warmed.errors.empty());
    EXPECT_TRUE(p.pool.try_acquire("b"));
}

TEST(KeyedPool, idle_one_of_another_key_makes_room_at_the_total_maximum) {
    keyed p(limits(2, 2));
    { const auto one = p.pool.acquire("a"), two = p.pool.acquire("a"); }
    (void)p.calls->take_log();

    EXPECT_TRUE(p.pool.try_acquire("b"));

    // The second was given back first.
    EXPECT_EQ(p.calls->log(), "destroy(2) create(b) reset(3)");
    EXPECT_EQ(p.pool.stats("a").size, 1U);
}

TEST(FailureMode, 71_room_is_made_by_what_has_not_been_used_for_longest) {
    for (const auto order :
         {lend::order_mode::thread_affine, lend::order_mode::lifo, lend::order_mode::fifo}) {
        auto options = limits(3, 0);
        options.order = order;
        keyed p(options);
        for (const char* const key : {"a", "b", "c", "a", "a"}) (void)p.pool.acquire(key);
        (void)p.calls->take_log();

        EXPECT_TRUE(p.pool.try_acquire("d")); // b was used last of all three before c and a
        EXPECT_TRUE(p.pool.acquire("e"));

        EXPECT_EQ(p.calls->log(), "destroy(2) create(d) reset(4) destroy(3) create(e) reset(5)");
    }
}

TEST(FailureMode, 71_room_is_made_in_the_order_in_which_leases_end) {
    keyed p(limits(3, 0));
    auto a = p.pool.acquire("a"), b = p.pool.acquire("b"), c = p.pool.acquire("c");
    (void)b->release();
    (void)c->release();
    (void)a->release();
    (void)p.calls->take_log();

    for (const char* const key : {"d", "e", "f"}) EXPECT_TRUE(p.pool.try_acquire(key));

    EXPECT_EQ(p.calls->log(), "destroy(2) create(d) reset(4) destroy(3) create(e) reset(5) "
                              "destroy(1) create(f) reset(6)");
}

TEST(FailureMode, 70_waiter_whose_key_is_at_its_maximum_has_no_claim_to_room) {
    const manual_clock clock;
    keyed p(limits(2, 1));
    auto held = p.pool.acquire("a");
    (void)p.pool.acquire("b");
    const other_thread waits([&] { (void)p.pool.acquire("a"); });
    EXPECT_EQ(p.pool.stats("a").waiting, 1U);

    EXPECT_EQ(p.pool.try_acquire("c").code(), hr::s_ok); // in the place of b
    EXPECT_EQ(p.pool.stats("b").size, 0U);
    (void)held->release();
    EXPECT_TRUE(waits.done());
}

TEST(KeyedPool, caller_whose_key_is_at_its_maximum_does_not_hold_up_others) {
    const manual_clock clock;
    for (const auto creation : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        auto options = limits(3, 1);
        options.creation = creation;
        keyed p(options);
        auto held = p.pool.acquire("a");
        lend::hresult first = hr::e_unexpected, second = hr::e_unexpected;
        const other_thread waits([&] { first = p.pool.acquire("a").code(); });
        EXPECT_EQ(p.pool.stats("a").waiting, 1U);
        const other_thread passes([&] { second = p.pool.acquire("b").code(); });

        EXPECT_TRUE(passes.done());
        EXPECT_FALSE(waits.done());
        EXPECT_EQ(second, hr::s_ok);
        (void)held->release();
        EXPECT_TRUE(waits.done());
        EXPECT_EQ(first, hr::s_ok);
        EXPECT_EQ(clock.now().time_since_epoch(), 1000s);
    }
}

// A create that waits for a thread, for another key, is none for this one.
TEST(KeyedPool, what_is_queued_for_another_key_does_not_keep_a_caller_from_making_room) {
    const manual_clock clock;
    std::optional<bool> served;
    const auto later = std::make_shared<queued_executor>();
    keyed p(made_later(limits(3, 2), later));
    const auto held = p.pool.try_acquire("a");
    { const auto idle = p.pool.try_acquire("b"); }
    ASSERT_EQ(p.pool.warm_up("c", 1, 0s).ready, 0U); // queued, and the pool is full
    ASSERT_EQ(p.pool.stats().size, 3U);

    p.pool.acquire_async("a", {}, [&](auto got) { served = got.has_value(); });
    manual_clock::settle();

    EXPECT_EQ(p.pool.stats("b").size, 0U); // it has made room
    manual_clock::advance(100ms);
    (void)p.pool.whole().sweep();
    later->run_all();
    EXPECT_EQ(served, true);
    EXPECT_EQ(p.pool.stats("c").idle, 1U);
}

TEST(KeyedPool, place_that_becomes_free_goes_to_the_first_whose_key_has_room) {
    const manual_clock clock;
    auto options = limits(2, 1);
    options.creation = lend::creation_mode::worker;
    keyed p(options);
    auto a = p.pool.acquire("a"), b = p.pool.acquire("b");
    lend::hresult again = hr::e_unexpected, third = hr::e_unexpected;
    const other_thread waits_for_a([&] { again = p.pool.try_acquire_for("a", 1s).code(); });
    const other_thread waits_for_c([&] { third = p.pool.try_acquire_for("c", 1s).code(); });

    (void)b->discard(); // room for one more, but not of a

    EXPECT_TRUE(waits_for_c.done());
    EXPECT_EQ(third, hr::s_ok);
    EXPECT_FALSE(p.pool.stats("a").size > 1);
    (void)a->release();
    EXPECT_TRUE(waits_for_a.done());
    EXPECT_EQ(again, hr::s_ok);
}

TEST(KeyedPool, callback_gets_one_of_its_key_when_one_comes_back) {
    keyed p(limits(2, 1));
    auto held = p.pool.acquire("a");
    std::optional<int> got;
    p.pool.acquire_async("a", {}, [&](auto lease) { got = (*lease)->number(); });
    EXPECT_FALSE(got);
    EXPECT_TRUE(p.pool.try_acquire("b")); // another key's does not serve it
    EXPECT_FALSE(got);

    const int id = (*held)->number();
    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_EQ(got, id);
}

coroutine take_two(keyed& p, std::vector<lend::hresult>& codes) {
    const auto one = co_await p.pool.acquire_async("a");
    codes.push_back(one.code());
    const auto two = co_await p.pool.acquire_async("a", {.priority = 9});
    codes.push_back(two.code());
}

TEST(KeyedPool, coroutine_waits_for_its_key) {
    keyed p(limits(2, 1));
    auto held = p.pool.acquire("a");
    std::vector<lend::hresult> codes;
    const coroutine both = take_two(p, codes);
    EXPECT_TRUE(codes.empty());

    EXPECT_EQ(held->release(), hr::s_ok);

    EXPECT_TRUE(both.done());
    EXPECT_EQ(codes, (std::vector<lend::hresult>{hr::s_ok, hr::e_invalidarg}));
}

// A word that cannot be copied while `fails` is set: then its key cannot be kept.
struct unruly {
    unruly(std::string w) : word(std::move(w)) {}
    unruly(const unruly& other) : word(other.word) {
        if (fails) throw std::bad_alloc();
    }
    unruly& operator=(const unruly&) = default;
    [[nodiscard]] friend bool operator==(const unruly&, const unruly&) = default;
    static inline bool fails = false;

    std::string word;
};
struct hash_of_unruly {
    std::size_t operator()(const unruly& u) const noexcept {
        return std::hash<std::string>{}(u.word);
    }
};
class unruly_driver : public recording_driver {
public:
    using recording_driver::recording_driver;
    lend::result<numbered> create(const unruly& key) { return make("create", key.word[0]); }
};
using unruly_pool = lend::keyed_pool<unruly, unruly_driver, manual_clock_platform, hash_of_unruly>;

coroutine take_unruly(unruly_pool& pool, lend::hresult& code) {
    const unruly key("a");
    const auto lease = co_await pool.acquire_async(key);
    code = lease.code();
}

TEST(KeyedPool, key_that_cannot_be_kept_is_refused_to_everyone_who_asks) {
    unruly_pool pool(unruly_driver(std::make_shared<recording>()), quiet(1));
    const unruly key("a");
    lend::hresult called = hr::s_ok;
    lend::hresult awaited = hr::s_ok;

    unruly::fails = true;
    const auto waited = pool.try_acquire(key).code();
    pool.acquire_async(key, {}, [&](auto lease) { called = lease.code(); });
    const coroutine one = take_unruly(pool, awaited);
    unruly::fails = false;

    EXPECT_EQ(waited, hr::e_outofmemory);
    EXPECT_EQ(called, hr::e_outofmemory);
    EXPECT_EQ(awaited, hr::e_outofmemory);
    EXPECT_TRUE(pool.try_acquire(key));
}

TEST(KeyedPool, key_is_copied_when_it_is_first_asked_for_and_never_again) {
    const manual_clock clock;
    const auto later = std::make_shared<queued_executor>();
    unruly_pool pool(unruly_driver(std::make_shared<recording>()), made_later(quiet(1), later));
    const unruly key("a");
    std::optional<lend::hresult> code;
    pool.acquire_async(key, {}, [&](auto lease) { code = lease.code(); });

    unruly::fails = true;
    later->run_all();
    const auto again = pool.try_acquire(key).code();
    unruly::fails = false;

    EXPECT_EQ(code, hr::s_ok) << "a worker made it";
    EXPECT_EQ(again, hr::s_ok);
}

struct unruly_typed_driver : recording_driver {
    using resource_type = unruly;
    using recording_driver::recording_driver;
    lend::result<numbered> create(const unruly& type) { return make("create", type.word[0]); }
};

TEST(TypedPool, type_that_a_worker_cannot_copy_is_a_failed_create_and_is_tried_again) {
    const manual_clock clock;
    const auto later = std::make_shared<queued_executor>();
    pool_with<unruly_typed_driver, manual_clock_platform> p(made_later(quiet(1), later));
    std::optional<lend::hresult> code;
    p.pool.acquire_async(unruly("a"), {}, [&](auto lease) { code = lease.code(); });
    ASSERT_EQ(later->jobs.size(), 1U);

    unruly::fails = true;
    const auto job = later->jobs.back();
    later->jobs.clear();
    job.first(job.second);
    unruly::fails = false;

    EXPECT_FALSE(code);
    EXPECT_EQ(p.pool.stats().create_failed, 1U);
    EXPECT_EQ(p.calls->log(), "");
    manual_clock::advance(100ms);
    (void)p.pool.sweep();
    later->run_all();
    EXPECT_EQ(code, hr::s_ok);
}

TEST(KeyedPool, failed_create_gives_its_place_of_the_key_back) {
    keyed p(limits(2, 1));
    p.calls->create.then(hr::e_accessdenied);

    EXPECT_EQ(p.pool.acquire("a").code(), hr::e_accessdenied);

    EXPECT_EQ(p.pool.stats("a").size, 0U);
    EXPECT_TRUE(p.pool.try_acquire("a"));
}

TEST(KeyedPool, warm_up_and_clear_keep_to_a_key) {
    keyed p(limits(4, 2));

    EXPECT_EQ(p.pool.warm_up("a", 3, 1s).ready, 2U); // not more than its maximum
    EXPECT_EQ(p.pool.warm_up("b", 1, 1s).ready, 1U);
    EXPECT_EQ(p.pool.clear("a"), 2U);

    EXPECT_EQ(p.pool.stats("a").size, 0U);
    EXPECT_EQ(p.pool.stats("b").idle, 1U);
    EXPECT_EQ(p.pool.stats().closed_for(lend::destroy_reason::cleared), 2U);
}

// Runs something in the midst of its first create.
class watched_word_driver : public word_driver {
public:
    watched_word_driver(std::shared_ptr<recording> calls, std::function<void()>& meanwhile)
        : word_driver(std::move(calls)), meanwhile_(&meanwhile) {}
    lend::result<numbered> create(const std::string& key) {
        if (const auto run = std::exchange(*meanwhile_, nullptr)) run();
        return word_driver::create(key);
    }

private:
    std::function<void()>* meanwhile_;
};

TEST(KeyedPool, clear_of_a_key_replaces_what_is_being_made_of_it_and_of_no_other) {
    for (const auto creation : {lend::creation_mode::inline_, lend::creation_mode::worker}) {
        SCOPED_TRACE(creation == lend::creation_mode::worker ? "worker" : "inline");
        std::function<void()> meanwhile;
        const auto calls = std::make_shared<recording>();
        auto options = limits(2, 1);
        options.creation = creation;
        lend::keyed_pool<std::string, watched_word_driver, manual_clock_platform> pool(
            watched_word_driver(calls, meanwhile), options);
        meanwhile = [&] {
            EXPECT_EQ(pool.clear("a"), 0U) << "none was idle";
            EXPECT_EQ(pool.clear("b"), 0U);
        };
        const auto a = pool.acquire("a");
        meanwhile = [&] { EXPECT_EQ(pool.clear("a"), 0U); };
        const auto b = pool.acquire("b");

        ASSERT_TRUE(a && b);
        EXPECT_EQ((*a)->number(), 2);
        EXPECT_EQ(calls->log(), "create(a) destroy(1) create(a) create(b)");
        EXPECT_EQ(pool.stats("a").size, 1U);
    }
}

// A create that takes far too long is not counted on, so that another may be queued beside it. Who
// it was for has gone when a worker comes to it, and the key of who waits still has enough.
TEST(KeyedPool, worker_that_finds_nobody_whose_key_has_room_has_not_failed) {
    const manual_clock clock;
    const auto later = std::make_shared<queued_executor>();
    std::function<void()> meanwhile = [] { manual_clock::advance(1ms); }; // the usual time
    const auto calls = std::make_shared<recording>();
    lend::keyed_pool<std::string, watched_word_driver, manual_clock_platform> pool(
        watched_word_driver(calls, meanwhile), made_later(limits(3, 1), later));
    std::optional<lend::hresult> usual;
    std::optional<lend::hresult> slow;
    std::optional<lend::hresult> called_off;
    pool.acquire_async("c", {}, [&](auto lease) { usual = lease.code(); });
    later->run_all();
    pool.acquire_async("a", {}, [&](auto lease) { slow = lease.code(); });
    meanwhile = [&] {
        manual_clock::advance(500ms);
        std::stop_source stop;
        pool.acquire_async("b", {.stop = stop.get_token()},
                           [&](auto lease) { called_off = lease.code(); });
        EXPECT_FALSE(later->jobs.empty()) << "one was queued for b";
        stop.request_stop();
        later->run_all();
    };

    later->run_all();

    EXPECT_EQ(usual, hr::s_ok);
    EXPECT_EQ(slow, hr::s_ok);
    EXPECT_EQ(called_off, hr::lend_e_cancelled);
    EXPECT_EQ(pool.stats().create_failed, 0U);
    EXPECT_EQ(calls->log(), "create(c) reset(1) create(a) reset(2)");
}

TEST(KeyedPool, key_that_is_only_asked_about_is_not_remembered) {
    keyed p(limits(4, 2));

    const lend::key_stats seen = p.pool.stats("never");
    EXPECT_EQ(p.pool.clear("never"), 0U);

    EXPECT_EQ(seen.size + seen.idle + seen.waiting, 0U);
    EXPECT_EQ(seen.max_size, 2U);
    EXPECT_TRUE(p.pool.keys().empty());
}

TEST(KeyedPool, closed_one_has_nothing_of_a_key) {
    keyed p(limits(4, 2));
    { const auto used = p.pool.acquire("a"); }
    EXPECT_EQ(p.pool.close(), hr::s_ok);

    EXPECT_EQ(p.pool.clear("a"), 0U);
    EXPECT_EQ(p.pool.stats("a").size, 0U);
    EXPECT_EQ(p.pool.stats("a").max_size, 2U);
    EXPECT_EQ(p.calls->log(), "create(a) reset(1) destroy(1)");
}

TEST(KeyedPool, bad_maximum_is_refused_by_name) {
    const auto calls = std::make_shared<recording>();
    const auto refused =
        lend::keyed_pool<std::string, word_driver>::make(word_driver(calls), limits(2, 3));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(),
              "pool_options::max_per_key is 3; it cannot exceed max_size, which is 2");
}

TEST(KeyedPool, one_that_was_moved_from_answers_as_a_closed_one) {
    keyed p(limits(4, 2));
    { const auto used = p.pool.acquire("a"); }

    const auto now = std::move(p.pool);

    // NOLINTBEGIN(bugprone-use-after-move): what it then is
    lend::hresult called = hr::s_ok;
    p.pool.acquire_async("a", {}, [&](auto lease) { called = lease.code(); });
    EXPECT_EQ(called, hr::lend_e_closed);
    EXPECT_EQ(p.pool.acquire("a").code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.try_acquire("a").code(), hr::lend_e_closed);
    const auto warmed = p.pool.warm_up("a", 1, 1s);
    EXPECT_EQ(warmed.ready, 0U);
    EXPECT_EQ(warmed.errors.at(0).code(), hr::lend_e_closed);
    EXPECT_EQ(p.pool.clear("a"), 0U);
    EXPECT_EQ(p.pool.stats("a").size, 0U);
    EXPECT_TRUE(p.pool.keys().empty());
    // NOLINTEND(bugprone-use-after-move)
    EXPECT_EQ(p.calls->log(), "create(a) reset(1)");
}

TEST(TypedPool, type_that_a_caller_cannot_copy_leaves_nothing_behind) {
    pool_with<unruly_typed_driver> p(quiet(1));
    const unruly type("a");

    unruly::fails = true;
    const auto refused = p.pool.try_acquire(type);
    unruly::fails = false;

    EXPECT_EQ(refused.code(), hr::e_outofmemory);
    EXPECT_EQ(p.pool.stats().size, 0U);
    EXPECT_EQ(p.calls->log(), "create destroy(1)");
    EXPECT_TRUE(p.pool.try_acquire(type));
}

TEST(TypedPool, warm_up_of_a_type_that_cannot_be_copied_leaves_its_place_to_who_waits) {
    const manual_clock clock;
    const auto later = std::make_shared<queued_executor>();
    pool_with<unruly_typed_driver, manual_clock_platform> p(made_later(quiet(1), later));
    const unruly type("a");

    unruly::fails = true;
    const auto warmed = p.pool.warm_up(type, 1, 0s);
    unruly::fails = false;
    manual_clock::advance(1s); // past the pause after a failure
    std::optional<lend::hresult> code;
    p.pool.acquire_async(type, {}, [&](auto lease) { code = lease.code(); });
    later->run_all();

    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::e_outofmemory);
    EXPECT_EQ(code, hr::s_ok);
    EXPECT_EQ(p.pool.clear(), 1U);
    EXPECT_EQ(p.pool.warm_up(type, 1, 0s).errors.size(), 0U);
    later->run_all();
    EXPECT_EQ(p.pool.stats().idle, 1U);
}

TEST(TypedPool, warm_up_of_a_type_that_cannot_be_copied_says_so) {
    pool_with<unruly_typed_driver> p(quiet(2));
    const unruly type("a");

    unruly::fails = true;
    const auto warmed = p.pool.warm_up(type, 2, 0s);
    unruly::fails = false;

    EXPECT_EQ(warmed.ready, 0U);
    ASSERT_EQ(warmed.errors.size(), 1U);
    EXPECT_EQ(warmed.errors[0].code(), hr::e_outofmemory);
    EXPECT_EQ(p.pool.stats().size, 0U);
    EXPECT_TRUE(p.pool.try_acquire(type)) << "the place is free again";
}

// ---- keys that are not used any more -----------------------------------------------------------

TEST(KeyedPool, refusals_make_no_keys) {
    const manual_clock clock;
    keyed p(limits(1, 1));
    const auto held = p.pool.acquire("a");

    for (int at = 0; at < 1000; ++at) {
        EXPECT_EQ(p.pool.try_acquire("x" + std::to_string(at)).code(), hr::lend_e_exhausted);
        p.pool.acquire_async("y" + std::to_string(at), {.deadline = clock.now()},
                             [](const auto& lease) { EXPECT_FALSE(lease); });
    }
    EXPECT_EQ(p.pool.keys(), std::vector<std::string>{"a"});

    keyed failing(limits(1, 1));
    failing.calls->create.then(hr::e_fail);
    EXPECT_EQ(failing.pool.try_acquire("b").code(), hr::e_fail);
    EXPECT_TRUE(failing.pool.keys().empty());
}

TEST(KeyedPool, keys_are_forgotten_once_there_is_nothing_of_them) {
    keyed p(limits(4, 1));
    auto held = p.pool.acquire("a");
    { const auto lease = p.pool.acquire("b"); }
    EXPECT_EQ(p.pool.forget_unused(), 0U);

    p.pool.clear();
    EXPECT_EQ(p.pool.forget_unused(), 1U);
    EXPECT_EQ(p.pool.keys(), std::vector<std::string>{"a"});
    (void)held->release();
    EXPECT_EQ(p.pool.forget_unused(), 1U);
    EXPECT_TRUE(p.pool.keys().empty());

    EXPECT_TRUE(p.pool.try_acquire("a"));
    EXPECT_EQ(p.pool.stats("a").size, 1U);
}

TEST(KeyedPool, maximum_of_a_key_follows_that_of_the_pool) {
    keyed grown(limits(1, 0)); // as many of one key as of all
    ASSERT_TRUE(grown.pool.whole().resize(2, 0));
    const auto one = grown.pool.acquire("a"), two = grown.pool.acquire("a");
    EXPECT_TRUE(two);
    EXPECT_EQ(grown.pool.stats("a").max_size, 2U);

    keyed shrunk(limits(4, 3));
    ASSERT_TRUE(shrunk.pool.whole().resize(2, 0));
    EXPECT_EQ(shrunk.pool.stats("a").max_size, 2U) << "no more than of all";
}

TEST(KeyedPool, key_of_what_is_kept_ready_is_not_forgotten) {
    const manual_clock clock;
    auto options = limits(4, 0);
    options.min_idle = 1;
    keyed p(options);
    { const auto lease = p.pool.acquire("a"); }
    p.pool.clear();

    EXPECT_EQ(p.pool.forget_unused(), 0U);
    (void)p.pool.whole().sweep(clock.now());

    EXPECT_EQ(p.pool.stats("a").idle, 1U);
}

TEST(KeyedPool, what_is_to_be_kept_ready_later_is_of_the_last_key_of_which_there_is_something) {
    const manual_clock clock;
    keyed p(limits(4, 0));
    { const auto lease = p.pool.acquire("a"); }
    EXPECT_EQ(p.pool.forget_unused(), 0U);

    ASSERT_TRUE(p.pool.whole().resize(4, 2));
    (void)p.pool.whole().sweep(clock.now());

    EXPECT_EQ(p.pool.stats("a").idle, 2U);
}

TEST(KeyedPool, sweeps_forget_keys) {
    const manual_clock clock;
    auto options = limits(4, 0);
    options.idle_timeout = 1s;
    keyed p(options);
    for (const char* const key : {"a", "b", "c"}) (void)p.pool.acquire(key);
    for (const auto after : {0s, 2s, 3s}) (void)p.pool.whole().sweep(clock.now() + after);

    EXPECT_EQ(p.pool.keys(), std::vector<std::string>{"c"}); // made last
    EXPECT_EQ(p.pool.forget_unused(), 1U);
}

TEST(KeyedPool, there_are_never_many_more_keys_than_are_used) {
    keyed p(limits(2, 0));
    std::size_t most = 0;
    for (int at = 0; at < 3000; ++at) {
        EXPECT_TRUE(p.pool.try_acquire(std::to_string(at)));
        if (at % 50 == 0) most = (std::max)(most, p.pool.keys().size());
    }
    EXPECT_LE(most, 65U);
}

} // namespace keyed_pool_test
