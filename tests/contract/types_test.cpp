// SPDX-License-Identifier: MIT
/// @file
/// What dispensers take from the contract's headers beside the interfaces: counting, comparing
/// names, and the provider of the caller's context.

#include <lend/com/caller_context.hpp>
#include <lend/com/types.hpp>

#include <gtest/gtest.h>

namespace types_test {

using namespace lend::com;

TEST(Types, InterlockedIncrement_and_Decrement_return_the_new_value) {
    LONG count = 1;

    EXPECT_EQ(InterlockedIncrement(&count), 2);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(InterlockedDecrement(&count), 1);
    EXPECT_EQ(InterlockedDecrement(&count), 0);
    EXPECT_EQ(count, 0);
}

TEST(Types, names_are_equal_if_all_their_parts_are) {
    const GUID name{1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    GUID other = name;
    EXPECT_NE(IsEqualCLSID(name, other), 0);
    EXPECT_NE(IsEqualGUID(name, other), 0);

    other.Data4[7] = 0;

    EXPECT_EQ(IsEqualCLSID(name, other), 0);
    EXPECT_EQ(IsEqualIID(name, other), 0);
    EXPECT_EQ(IsEqualGUID(name, other), 0);
}

struct fixed_provider final : caller_provider {
    caller_context current() noexcept override { return {77, 88, false}; }
};

TEST(Types, a_provider_answers_for_the_whole_process_until_it_is_taken_back) {
    using source = basic_caller_source<lend::default_platform>;
    fixed_provider provider;
    const caller_context before = source::current();

    EXPECT_EQ(set_caller_provider(&provider), nullptr);
    EXPECT_EQ(source::current(), (caller_context{77, 88, false}));
    EXPECT_EQ(set_caller_provider(nullptr), &provider);

    EXPECT_EQ(source::current(), before);
}

TEST(Types, contexts_are_equal_if_object_transaction_and_its_end_are) {
    const caller_context one{77, 88, false};

    EXPECT_EQ(one, (caller_context{77, 88, false}));
    EXPECT_NE(one, (caller_context{78, 88, false}));
    EXPECT_NE(one, (caller_context{77, 89, false}));
    EXPECT_NE(one, (caller_context{77, 88, true}));
}

} // namespace types_test
