// SPDX-License-Identifier: MIT
/// @file
/// The words for outcomes, refusals and failed creates, and the codes that they stand for.

#include <lend/outcome.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string_view>

namespace outcome_test {

namespace hr = lend::hr;
using lend::acquire_outcome;
using lend::create_failure;
using lend::refusal;

template <class Enum>
std::set<std::string_view> words(std::size_t count) {
    std::set<std::string_view> all;
    for (std::size_t at = 0; at <= count; ++at) all.insert(to_string(static_cast<Enum>(at)));
    return all;
}

TEST(Outcome, each_has_a_word_of_its_own_and_what_is_none_is_unknown) {
    EXPECT_EQ(words<acquire_outcome>(lend::acquire_outcomes).size(), lend::acquire_outcomes + 1);
    EXPECT_EQ(words<refusal>(lend::refusals).size(), lend::refusals + 1);
    EXPECT_EQ(words<create_failure>(lend::create_failures).size(), lend::create_failures + 1);
    EXPECT_EQ(to_string(acquire_outcome::shed), "shed");
    EXPECT_EQ(to_string(refusal::too_many), "too_many");
    EXPECT_EQ(to_string(create_failure::threw), "threw");
    EXPECT_EQ(to_string(static_cast<refusal>(200)), "unknown");
}

TEST(Outcome, each_code_stands_for_one) {
    struct row {
        lend::hresult code;
        acquire_outcome outcome;
    };
    const row rows[] = {{hr::s_ok, acquire_outcome::served},
                        {hr::s_false, acquire_outcome::served},
                        {hr::lend_e_timed_out, acquire_outcome::timed_out},
                        {hr::lend_e_cancelled, acquire_outcome::cancelled},
                        {hr::lend_e_shed, acquire_outcome::shed},
                        {hr::lend_e_closed, acquire_outcome::refused},
                        {hr::e_fail, acquire_outcome::refused}};
    for (const row& each : rows) {
        EXPECT_EQ(lend::outcome_of(each.code), each.outcome) << name_of(each.code);
    }
}

TEST(Outcome, each_code_of_a_refusal_has_its_reason) {
    struct row {
        lend::hresult code;
        refusal why;
    };
    const row rows[] = {{hr::lend_e_closed, refusal::closed},
                        {hr::lend_e_paused, refusal::paused},
                        {hr::lend_e_too_many_waiters, refusal::too_many},
                        {hr::lend_e_exhausted, refusal::exhausted},
                        {hr::lend_e_pool_locked, refusal::pool_locked},
                        {hr::e_fail, refusal::create_failed},
                        {hr::e_outofmemory, refusal::create_failed}};
    for (const row& each : rows) {
        EXPECT_EQ(lend::refusal_of(each.code), each.why) << name_of(each.code);
    }
}

} // namespace outcome_test
