// SPDX-License-Identifier: MIT
/// @file
/// A result holds a value or an error, gives out only what it holds, and destroys it once.

#include <lend/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace {

namespace hr = lend::hr;
using lend::result;

TEST(Result, holds_a_value) {
    result<std::string> r("words");

    EXPECT_TRUE(r.has_value());
    EXPECT_TRUE(r);
    EXPECT_EQ(*r, "words");
    EXPECT_EQ(r->size(), 5U);
    EXPECT_EQ(r.value(), "words");
    EXPECT_EQ(r.code(), hr::s_ok);
}

TEST(Result, holds_an_error) {
    const result<std::string> r(hr::e_fail);

    EXPECT_FALSE(r);
    EXPECT_EQ(r.error().code(), hr::e_fail);
    EXPECT_EQ(r.code(), hr::e_fail);
}

TEST(Result, success_code_without_a_value_is_a_failure) {
    EXPECT_EQ(result<int>(hr::s_ok).code(), hr::e_unexpected);
}

TEST(Result, value_of_an_error_throws_it) {
    const result<int> r(lend::error(hr::e_fail, "why", 9));
    try {
        (void)r.value();
        FAIL();
    } catch (const lend::lend_exception& thrown) {
        EXPECT_EQ(thrown.error().driver_code(), 9);
    }
    EXPECT_THROW(result<void>(hr::e_fail).value(), lend::lend_exception);
}

TEST(ResultDeathTest, using_what_is_not_there_ends_the_program_with_the_message) {
    result<std::string> failed(lend::error(hr::e_fail, "no such thing"));
    result<int> good(1);

    EXPECT_DEATH((void)*failed, "a failed result was used: .*no such thing");
    EXPECT_DEATH((void)failed->size(), "no such thing");
    EXPECT_DEATH((void)good.error(), "called on a value");
    EXPECT_DEATH((void)result<void>().error(), "called on a success");
}

TEST(Result, moves_its_value_and_still_says_that_it_had_one) {
    result<std::unique_ptr<int>> from(std::make_unique<int>(7));

    result<std::unique_ptr<int>> to(std::move(from));

    EXPECT_EQ(**to, 7);
    EXPECT_TRUE(from.has_value());
    EXPECT_EQ(*from, nullptr);
    static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
}

TEST(Result, assignment_between_values_and_errors_destroys_what_was_there) {
    const auto shared = std::make_shared<int>(1);
    result<std::shared_ptr<int>> r(shared);
    EXPECT_EQ(shared.use_count(), 2);

    r = result<std::shared_ptr<int>>(hr::e_fail);
    EXPECT_EQ(shared.use_count(), 1);
    EXPECT_EQ(r.code(), hr::e_fail);

    r = result<std::shared_ptr<int>>(shared);
    EXPECT_EQ(shared.use_count(), 2);
    auto& same = r;
    r = std::move(same);
    EXPECT_TRUE(r);
}

TEST(Result, copies_are_independent) {
    result<std::string> first("one");
    const result<std::string> second(first);
    *first = "two";

    EXPECT_EQ(*second, "one");
}

TEST(Result, value_or_gives_the_other_for_an_error) {
    EXPECT_EQ(result<int>(3).value_or(4), 3);
    EXPECT_EQ(result<int>(hr::e_fail).value_or(4), 4);
}

TEST(Result, chain_stops_at_the_first_error) {
    const auto half = [](int n) -> result<int> {
        if (n % 2 != 0) return lend::error(hr::e_invalidarg, "odd");
        return n / 2;
    };

    EXPECT_EQ(*result<int>(12).and_then(half).and_then(half), 3);
    EXPECT_EQ(result<int>(6).and_then(half).and_then(half).error().text(), "odd");
    EXPECT_EQ(*result<int>(4).transform([](int n) { return std::to_string(n); }), "4");
    EXPECT_EQ(result<int>(hr::e_fail).transform([](int n) { return n; }).code(), hr::e_fail);
}

TEST(Result, of_void_is_success_unless_told_otherwise) {
    EXPECT_TRUE(result<void>());
    EXPECT_TRUE(result<void>(hr::s_false));
    EXPECT_EQ(result<void>(hr::e_fail).code(), hr::e_fail);
    EXPECT_EQ(result<void>(lend::error(hr::e_fail, "why")).error().text(), "why");
}

} // namespace
