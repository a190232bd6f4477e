// SPDX-License-Identifier: MIT
/// @file
/// Notes of borrowers are copied: whatever the caller's text becomes afterwards, what was said is
/// shown. And the place of an acquire is that of its caller, whichever function it went through.

#include "support/manual_clock_platform.hpp"
#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/keyed_pool.hpp>
#include <lend/pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pool_notes_test {

using namespace std::chrono_literals;
using namespace lend_test;

using timed = pool_with<recording_driver, manual_clock_platform>;

lend::pool_options recorded(std::size_t max_size = 4) {
    auto options = quiet(max_size);
    options.record_holders = true;
    return options;
}

// A text that is overwritten and freed when its borrower has gone on.
class passing_text {
public:
    explicit passing_text(std::string text)
        : text_(std::make_unique<std::string>(std::move(text))) {}
    [[nodiscard]] const char* get() const { return text_->c_str(); }
    void end() {
        text_->assign(text_->size(), '#');
        text_.reset();
    }

private:
    std::unique_ptr<std::string> text_;
};

TEST(FailureMode, 55_note_is_shown_as_it_was_said_whatever_becomes_of_its_text) {
    timed p(recorded());
    for (int round = 0; round < 2; ++round) { // the slow path and the fast one
        passing_text request("request 4711");
        auto held = p.pool.acquire({.note = request.get()});
        request.end();
        const auto seen = p.pool.holders();
        EXPECT_EQ(seen.at(0).note, "request 4711");

        passing_text page("writes page 3");
        held->note(page.get());
        page.end();
        EXPECT_EQ(p.pool.holders().at(0).note, "writes page 3");
        EXPECT_EQ(seen.at(0).note, "request 4711");
        held->note(nullptr);
        EXPECT_TRUE(p.pool.holders().at(0).note.empty());
        held->note("again");

        held->release();
        EXPECT_EQ(seen.at(0).note, "request 4711");
    }
    const auto held = p.pool.acquire(); // of the note before it nothing is left
    EXPECT_TRUE(p.pool.holders().at(0).note.empty());
}

TEST(FailureMode, 55_note_of_one_who_waits_without_a_thread_is_kept_meanwhile) {
    timed p(recorded(1));
    auto held = p.pool.acquire();
    passing_text request("request 4712");
    std::optional<timed::pool_type::lease_type> got;
    p.pool.acquire_async({.note = request.get()}, [&](auto lease) { got = *std::move(lease); });
    request.end();
    held->release();
    ASSERT_TRUE(got);
    EXPECT_EQ(p.pool.holders().at(0).note, "request 4712");
    got.reset();

    passing_text other("request 4713");
    auto awaited = p.pool.acquire_async({.note = other.get()});
    other.end();
    ASSERT_FALSE(awaited.await_ready());
    EXPECT_FALSE(awaited.await_suspend(std::noop_coroutine()));
    const auto lease = awaited.await_resume();
    EXPECT_EQ(p.pool.holders().at(0).note, "request 4713");
}

TEST(PoolNotes, longer_ones_are_cut) {
    timed p(recorded());
    const auto held =
        p.pool.acquire({.note = "a note of more than forty-six bytes is cut after them"});
    EXPECT_EQ(p.pool.holders().at(0).note, "a note of more than forty-six bytes is cut aft");
}

TEST(PoolNotes, do_nothing_where_holders_are_not_recorded) {
    timed p(quiet());
    auto held = p.pool.acquire({.note = "unheard"});
    held->note("too");
    EXPECT_TRUE(p.pool.holders().at(0).note.empty());
}

// ---- the place of the acquire -------------------------------------------------------------------

template <class Pool>
void expect_here(Pool& pool, std::uint32_t line) {
    const auto all = pool.holders();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].site.line, line);
    EXPECT_TRUE(std::string_view(all[0].site.file).ends_with("pool_notes_test.cpp"))
        << all[0].site.file << " instead of line " << line;
}

// tests/hygiene/check_headers.py finds the functions that drop it.
#define LEND_TEST_SITE(whole, call)                                                                \
    do {                                                                                           \
        const auto lease = call;                                                                   \
        expect_here(whole, __LINE__);                                                              \
    } while (false)
#define LEND_TEST_SITE_ASYNC(whole, ...)                                                           \
    do {                                                                                           \
        auto awaited = __VA_ARGS__;                                                                \
        EXPECT_FALSE(awaited.await_suspend(std::noop_coroutine()));                                \
        const auto lease = awaited.await_resume();                                                 \
        expect_here(whole, __LINE__);                                                              \
    } while (false)

template <class Lease>
struct keeps {
    std::optional<Lease>& lease;
    void operator()(lend::result<Lease> got) const { lease = *std::move(got); }
};

TEST(FailureMode, 56_place_of_an_acquire_is_its_callers_in_a_pool) {
    timed p(recorded());
    auto& pool = p.pool;
    const auto later = manual_clock_platform::now() + 1s;
    LEND_TEST_SITE(pool, pool.acquire());
    LEND_TEST_SITE(pool, pool.acquire({.priority = 2}));
    timed::pool_type::acquire_options without_braces;
    without_braces.priority = 2;
    LEND_TEST_SITE(pool, pool.acquire(without_braces));
    LEND_TEST_SITE_ASYNC(pool, pool.acquire_async(without_braces));
    LEND_TEST_SITE(pool, pool.try_acquire());
    LEND_TEST_SITE(pool, pool.try_acquire_for(1s));
    LEND_TEST_SITE(pool, pool.try_acquire_until(later));
    LEND_TEST_SITE_ASYNC(pool, pool.acquire_async());
    LEND_TEST_SITE_ASYNC(pool, pool.acquire_async({.priority = 2}));
    std::optional<timed::pool_type::lease_type> lease;
    pool.acquire_async({}, keeps<timed::pool_type::lease_type>{lease});
    expect_here(pool, __LINE__ - 1);
}

struct by_key {
    using resource = int;
    using no_reset = void;
    lend::result<int> create(const int& key) { return key; }
};

TEST(FailureMode, 56_place_of_an_acquire_is_its_callers_in_a_keyed_pool) {
    using keyed = lend::keyed_pool<int, by_key, manual_clock_platform>;
    keyed pool(by_key{}, recorded());
    const auto later = manual_clock_platform::now() + 1s;
    LEND_TEST_SITE(pool.whole(), pool.acquire(1));
    LEND_TEST_SITE(pool.whole(), pool.acquire(1, {.priority = 2}));
    const keyed::acquire_options elsewhere;
    LEND_TEST_SITE(pool.whole(), pool.acquire(1, elsewhere));
    LEND_TEST_SITE_ASYNC(pool.whole(), pool.acquire_async(1, elsewhere));
    LEND_TEST_SITE(pool.whole(), pool.try_acquire(1));
    LEND_TEST_SITE(pool.whole(), pool.try_acquire_for(1, 1s));
    LEND_TEST_SITE(pool.whole(), pool.try_acquire_until(1, later));
    LEND_TEST_SITE_ASYNC(pool.whole(), pool.acquire_async(1));
    LEND_TEST_SITE_ASYNC(pool.whole(), pool.acquire_async(1, {.priority = 2}));
    std::optional<keyed::lease_type> lease;
    pool.acquire_async(1, {}, keeps<keyed::lease_type>{lease});
    expect_here(pool.whole(), __LINE__ - 1);
}

TEST(FailureMode, 56_place_of_an_acquire_is_its_callers_where_there_are_kinds) {
    pool_with<typed_recording_driver, manual_clock_platform> p(recorded());
    auto& pool = p.pool;
    const auto later = manual_clock_platform::now() + 1s;
    LEND_TEST_SITE(pool, pool.acquire('a'));
    LEND_TEST_SITE(pool, pool.acquire('a', {.priority = 2}));
    LEND_TEST_SITE(pool, pool.try_acquire('a'));
    LEND_TEST_SITE(pool, pool.try_acquire_for('a', 1s));
    LEND_TEST_SITE(pool, pool.try_acquire_until('a', later));
    LEND_TEST_SITE_ASYNC(pool, pool.acquire_async('a'));
    LEND_TEST_SITE_ASYNC(pool, pool.acquire_async('a', {.priority = 2}));
}

} // namespace pool_notes_test
