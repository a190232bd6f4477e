// SPDX-License-Identifier: MIT
/// @file
/// result<T>: a value or an error through every constructor, move and assignment; what throws, what
/// ends the program, and that each value that was made is destroyed once.

#include <lend/result.hpp>

#include "support/leak_guard.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace result_test {

using lend::error;
using lend::result;
namespace hr = lend::hr;

// Longer than any string that is kept without an allocation.
const std::string long_text = "the server refused the connection: too many clients already";

class Result : public lend_test::leak_checked {};

// Counts how many live; throws when told to.
class counted {
public:
    explicit counted(int number) : number_(number) { ++live; }
    counted(const counted& other) : number_(other.number_) {
        if (copies_throw) throw std::runtime_error("copy");
        ++live;
    }
    counted(counted&& other) : number_(other.number_) {
        if (moves_throw) throw std::runtime_error("move");
        other.number_ = 0;
        ++live;
    }
    counted& operator=(const counted&) = delete;
    ~counted() { --live; }

    [[nodiscard]] int number() const noexcept { return number_; }

    static inline int live = 0;
    static inline bool copies_throw = false;
    static inline bool moves_throw = false;

private:
    int number_;
};

class CountedResult : public Result {
protected:
    void SetUp() override {
        counted::copies_throw = false;
        counted::moves_throw = false;
    }
    void TearDown() override { EXPECT_EQ(counted::live, 0); }
};

// ---- making -------------------------------------------------------------------------------------

TEST_F(Result, of_a_value_has_the_value) {
    const result<int> r = 7;

    EXPECT_TRUE(r.has_value());
    EXPECT_TRUE(static_cast<bool>(r));
    EXPECT_EQ(*r, 7);
    EXPECT_EQ(r.value(), 7);
    EXPECT_EQ(r.code(), hr::s_ok);
}

TEST_F(Result, of_a_code_has_the_error) {
    const result<int> r = hr::lend_e_closed;

    EXPECT_FALSE(r.has_value());
    EXPECT_FALSE(static_cast<bool>(r));
    EXPECT_EQ(r.code(), hr::lend_e_closed);
    EXPECT_EQ(r.error(), hr::lend_e_closed);
}

TEST_F(Result, of_an_error_keeps_its_details) {
    const result<int> r = error(hr::e_fail, long_text, 5);

    EXPECT_EQ(r.error().text(), long_text);
    EXPECT_EQ(r.error().driver_code(), 5);
}

TEST_F(Result, of_a_success_code_is_an_error) {
    const result<int> r = hr::s_ok;

    EXPECT_FALSE(r);
    EXPECT_EQ(r.code(), hr::e_unexpected);
}

TEST_F(Result, is_made_from_what_its_value_is_made_from) {
    const result<std::string> from_literal = "words";
    const result<std::string> in_place(std::in_place, 3U, 'x');
    const result<std::string> empty(std::in_place);

    EXPECT_EQ(*from_literal, "words");
    EXPECT_EQ(*in_place, "xxx");
    EXPECT_EQ(*empty, "");
}

TEST_F(Result, converts_from_a_value_only_if_the_value_does) {
    static_assert(std::is_convertible_v<const char*, result<std::string>>);
    static_assert(std::is_constructible_v<result<std::vector<int>>, int>);
    static_assert(!std::is_convertible_v<int, result<std::vector<int>>>);
    static_assert(!std::is_constructible_v<result<int>, std::string>);
    static_assert(!std::is_convertible_v<result<int>, bool>);
    static_assert(!std::is_default_constructible_v<result<int>>);
}

TEST_F(Result, copies_and_moves_as_its_value_does) {
    using move_only = result<std::unique_ptr<int>>;
    static_assert(std::is_copy_constructible_v<result<int>>);
    static_assert(!std::is_copy_constructible_v<move_only>);
    static_assert(std::is_nothrow_move_constructible_v<move_only>);
    static_assert(std::is_nothrow_move_assignable_v<move_only>);
    static_assert(!std::is_nothrow_move_constructible_v<result<counted>>);
}

// ---- access -------------------------------------------------------------------------------------

TEST_F(Result, value_can_be_changed_through_every_access) {
    result<std::string> r = "a";

    *r += "b";
    r->push_back('c');
    r.value() += "d";

    EXPECT_EQ(*r, "abcd");
    EXPECT_EQ(std::as_const(r)->size(), 4U);
    EXPECT_EQ(std::as_const(r).value(), "abcd");
}

TEST_F(Result, value_of_a_type_with_its_own_address_operator_is_reached) {
    struct shy {
        int number = 5;
        shy* operator&() { return nullptr; }
        const shy* operator&() const { return nullptr; }
    };
    result<shy> r(std::in_place);

    EXPECT_EQ(r->number, 5);
    EXPECT_EQ(std::as_const(r)->number, 5);
}

TEST_F(Result, move_only_value_moves_out_of_an_expiring_result) {
    result<std::unique_ptr<int>> r = std::make_unique<int>(7);
    result<std::unique_ptr<int>> other = std::make_unique<int>(8);

    const std::unique_ptr<int> by_star = *std::move(r);
    const std::unique_ptr<int> by_value = std::move(other).value();

    EXPECT_EQ(*by_star, 7);
    EXPECT_EQ(*by_value, 8);
    EXPECT_EQ(r->get(), nullptr);
}

TEST_F(Result, value_or_gives_the_value_or_the_other) {
    EXPECT_EQ(result<std::string>("own").value_or("other"), "own");
    EXPECT_EQ(result<std::string>(hr::e_fail).value_or("other"), "other");
    EXPECT_EQ(*result<std::unique_ptr<int>>(hr::e_fail).value_or(std::make_unique<int>(3)), 3);
}

TEST_F(Result, error_moves_out_of_an_expiring_result) {
    result<int> r = error(hr::e_fail, long_text);

    const error e = std::move(r).error();

    EXPECT_EQ(e.text(), long_text);
    EXPECT_EQ(r.code(), hr::e_fail); // NOLINT(bugprone-use-after-move): it still says which
}

// ---- copies, moves, assignment ------------------------------------------------------------------

TEST_F(Result, copy_is_independent) {
    const result<std::string> original = long_text;
    result<std::string> copy = original;

    *copy = "other";

    EXPECT_EQ(*original, long_text);
}

TEST_F(Result, copy_of_an_error_has_its_details) {
    const result<std::string> original = error(hr::e_fail, long_text);

    const result<std::string> copy = original;

    EXPECT_EQ(copy.error().text(), long_text);
    EXPECT_EQ(original.error().text(), long_text);
}

TEST_F(Result, moved_from_result_still_says_which_it_held) {
    result<std::string> value = long_text;
    result<std::string> failure = error(hr::e_fail, long_text);

    const result<std::string> taken = std::move(value);
    const result<std::string> taken_failure = std::move(failure);

    EXPECT_EQ(*taken, long_text);
    EXPECT_EQ(taken_failure.error().text(), long_text);
    EXPECT_TRUE(value.has_value());        // NOLINT(bugprone-use-after-move): still says which
    EXPECT_EQ(failure.code(), hr::e_fail); // NOLINT(bugprone-use-after-move): still says which
}

TEST_F(CountedResult, assignment_goes_between_all_four_pairs) {
    for (const bool from_value : {false, true}) {
        for (const bool to_value : {false, true}) {
            const auto made = [](bool value, int number) {
                return value ? result<counted>(std::in_place, number) : result<counted>(hr::e_fail);
            };
            result<counted> to = made(to_value, 1);
            const result<counted> from = made(from_value, 2);

            to = from;

            ASSERT_EQ(to.has_value(), from_value);
            EXPECT_EQ(counted::live, from_value ? 2 : 0);
            if (from_value) {
                EXPECT_EQ(to->number(), 2);
                EXPECT_EQ(from->number(), 2);
            }
        }
    }
}

TEST_F(Result, assignment_to_itself_changes_nothing) {
    result<std::string> value = long_text;
    result<std::string> failure = error(hr::e_fail, long_text);
    const auto& same_value = value;
    const auto& same_failure = failure;

    value = same_value;
    failure = same_failure;

    EXPECT_EQ(*value, long_text);
    EXPECT_EQ(failure.error().text(), long_text);
}

TEST_F(Result, move_to_itself_leaves_it_usable) {
    result<std::string> r = long_text;
    auto& same = r;

    r = std::move(same);

    EXPECT_TRUE(r.has_value());
    r = hr::e_fail;
    EXPECT_EQ(r.code(), hr::e_fail);
}

TEST_F(Result, value_and_code_can_be_assigned) {
    result<std::string> r = hr::e_fail;

    r = std::string("words");
    EXPECT_EQ(*r, "words");

    r = hr::lend_e_closed;
    EXPECT_EQ(r.code(), hr::lend_e_closed);
}

TEST_F(CountedResult, value_is_destroyed_once) {
    {
        result<counted> r(std::in_place, 7);
        const result<counted> moved = std::move(r);
        EXPECT_EQ(counted::live, 2);
        EXPECT_EQ(moved->number(), 7);
    }
    EXPECT_EQ(counted::live, 0);
}

TEST_F(CountedResult, copy_that_throws_leaves_nothing_behind) {
    const result<counted> original(std::in_place, 7);
    counted::copies_throw = true;

    EXPECT_THROW((void)result<counted>(original), std::runtime_error);

    EXPECT_EQ(counted::live, 1);
}

TEST_F(CountedResult, copy_that_throws_leaves_the_assigned_as_it_was) {
    const result<counted> original(std::in_place, 7);
    result<counted> target(std::in_place, 8);
    counted::copies_throw = true;

    EXPECT_THROW(target = original, std::runtime_error);

    EXPECT_EQ(target->number(), 8);
}

TEST_F(CountedResult, move_that_throws_in_an_assignment_leaves_an_error) {
    for (const bool holds_value : {false, true}) {
        result<counted> target = hr::e_fail;
        if (holds_value) target = result<counted>(std::in_place, 8);
        const result<counted> original(std::in_place, 7);
        counted::moves_throw = true;

        EXPECT_THROW(target = original, std::runtime_error);
        counted::moves_throw = false;

        EXPECT_EQ(target.code(), hr::e_unexpected);
        EXPECT_EQ(counted::live, 1);
    }
}

// ---- an error where a value is wanted -----------------------------------------------------------

TEST_F(Result, value_of_an_error_throws_it) {
    result<int> r = error(hr::e_fail, "words", 4);

    EXPECT_THROW((void)r.value(), lend::lend_exception);
    EXPECT_THROW((void)std::as_const(r).value(), lend::lend_exception);
    try {
        (void)std::move(r).value();
    } catch (const lend::lend_exception& e) {
        EXPECT_EQ(e.error(), hr::e_fail);
        EXPECT_STREQ(e.what(), "words (E_FAIL 0x80004005, driver code 4)");
    }
}

TEST(ResultDeathTest, use_of_an_error_ends_the_program_with_its_message) {
    const std::string message = "lend: a failed result was used: words \\(E_FAIL 0x80004005\\)";
    result<std::string> r = error(hr::e_fail, "words");

    EXPECT_DEATH((void)*r, message);
    EXPECT_DEATH((void)*std::as_const(r), message);
    EXPECT_DEATH((void)*std::move(r), message);
    EXPECT_DEATH((void)r->size(), message);
    EXPECT_DEATH((void)std::as_const(r)->size(), message);
}

TEST(ResultDeathTest, value_of_an_error_ends_the_program_where_exceptions_are_off) {
    result<int> r = error(hr::e_fail, "words");
    const result<void> nothing = error(hr::e_fail, "words");

    EXPECT_DEATH((void)r.value<false>(), "lend: words \\(E_FAIL 0x80004005\\)");
    EXPECT_DEATH((void)std::as_const(r).value<false>(), "lend: words \\(E_FAIL 0x80004005\\)");
    EXPECT_DEATH((void)std::move(r).value<false>(), "lend: words \\(E_FAIL 0x80004005\\)");
    EXPECT_DEATH(nothing.value<false>(), "lend: words \\(E_FAIL 0x80004005\\)");
}

TEST(ResultDeathTest, error_of_a_value_ends_the_program) {
    result<int> r = 7;
    const result<void> success;

    EXPECT_DEATH((void)r.error(), "lend: result::error\\(\\) called on a value");
    EXPECT_DEATH((void)std::move(r).error(), "lend: result::error\\(\\) called on a value");
    EXPECT_DEATH((void)success.error(), "lend: result::error\\(\\) called on a success");
}

// ---- chains -------------------------------------------------------------------------------------

result<int> half(int number) {
    if (number % 2 != 0) return error(hr::e_invalidarg, "odd");
    return number / 2;
}

TEST_F(Result, and_then_calls_on_a_value_and_passes_an_error_on) {
    EXPECT_EQ(*half(8).and_then(half), 2);
    EXPECT_EQ(half(6).and_then(half).error().text(), "odd");
    EXPECT_EQ(half(3).and_then([](int) -> result<std::string> { return "called"; }).error().text(),
              "odd");
}

TEST_F(Result, and_then_leads_to_a_result_of_nothing) {
    const auto check = [](int number) -> result<void> {
        return number > 3 ? hr::s_ok : hr::e_abort;
    };

    EXPECT_TRUE(half(8).and_then(check));
    EXPECT_EQ(half(6).and_then(check).code(), hr::e_abort);
    EXPECT_EQ(half(7).and_then(check).code(), hr::e_invalidarg);
}

TEST_F(Result, transform_changes_a_value_and_passes_an_error_on) {
    const auto spell = [](int number) { return std::to_string(number); };

    EXPECT_EQ(*half(8).transform(spell), "4");
    EXPECT_EQ(half(7).transform(spell).error().text(), "odd");
    static_assert(std::is_same_v<decltype(half(8).transform(spell)), result<std::string>>);
}

TEST_F(Result, transform_returns_a_value_where_the_function_returns_a_reference) {
    static const std::string kept = "kept";
    const auto r = half(8).transform([](int) -> const std::string& { return kept; });

    static_assert(std::is_same_v<decltype(r), const result<std::string>>);
    EXPECT_EQ(*r, "kept");
}

TEST_F(Result, chain_moves_a_move_only_value) {
    result<std::unique_ptr<int>> r = std::make_unique<int>(7);

    const auto last = std::move(r)
                          .and_then([](std::unique_ptr<int> p) -> result<std::unique_ptr<int>> {
                              ++*p;
                              return p;
                          })
                          .transform([](std::unique_ptr<int> p) { return *p + 1; });

    EXPECT_EQ(*last, 9);
}

TEST_F(Result, chain_function_that_throws_throws_through) {
    const auto throws = [](int) -> result<int> { throw std::runtime_error("function"); };

    EXPECT_THROW((void)half(8).and_then(throws), std::runtime_error);
}

// ---- result<void> -------------------------------------------------------------------------------

TEST_F(Result, of_nothing_is_a_success_by_default) {
    const result<void> r;

    EXPECT_TRUE(r.has_value());
    EXPECT_TRUE(static_cast<bool>(r));
    EXPECT_EQ(r.code(), hr::s_ok);
    EXPECT_NO_THROW(r.value());
}

TEST_F(Result, of_nothing_takes_success_codes_as_success) {
    EXPECT_TRUE(result<void>(hr::s_ok));
    EXPECT_TRUE(result<void>(hr::s_false));
    EXPECT_EQ(result<void>(hr::s_false).code(), hr::s_ok);
}

TEST_F(Result, of_nothing_takes_failure_codes_and_errors_as_failure) {
    const result<void> from_code = hr::lend_e_closed;
    const result<void> from_error = error(hr::e_fail, long_text);

    EXPECT_FALSE(from_code);
    EXPECT_EQ(from_code.code(), hr::lend_e_closed);
    EXPECT_EQ(from_code.error(), hr::lend_e_closed);
    EXPECT_EQ(from_error.error().text(), long_text);
    EXPECT_THROW(from_error.value(), lend::lend_exception);
}

TEST_F(Result, of_nothing_is_copied_moved_and_assigned) {
    result<void> r = error(hr::e_fail, long_text);
    const result<void> copy = r;
    const result<void> moved = std::move(r);

    EXPECT_EQ(copy.error().text(), long_text);
    EXPECT_EQ(moved.error().text(), long_text);
    EXPECT_FALSE(r); // NOLINT(bugprone-use-after-move): it still says which

    r = result<void>();
    EXPECT_TRUE(r);
    r = copy;
    EXPECT_EQ(r.code(), hr::e_fail);
}

} // namespace result_test
