// SPDX-License-Identifier: MIT
/// @file
/// What is known of Microsoft's own implementation: the sequence of calls that Wine's tests make
/// and what they assert of it. W2 and W4, on COM apartments, mean nothing off Windows.

#include "world.hpp"

namespace real_windows_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(Real_Windows);

TYPED_TEST(Real_Windows, the_sequence_of_Wines_tests_has_the_asserted_results) {
    this->dispenser.gives_same_id = true;    // the driver of these tests always says 10
    IHolder* same_name = this->registered(); // W5
    IHolder* other_name = nullptr;           // W6
    this->dispenser.AddRef();
    ASSERT_EQ(this->manager->RegisterDispenser(&this->dispenser, OLESTR("other"), &other_name),
              S_OK);
    EXPECT_NE(this->holder, same_name);
    EXPECT_EQ(this->log(), call_log{}) << "W3: no callback when registering";

    RESID id = 0;
    {
        const std::basic_string<OLECHAR> gone_afterwards(OLESTR("data type"));
        const auto type = reinterpret_cast<RESTYPID>(gone_afterwards.c_str());
        EXPECT_EQ(this->holder->AllocResource(type, &id), S_OK);
    }
    EXPECT_EQ(id, 10U);
    EXPECT_EQ(this->dispenser.count("Create"), 1U);
    EXPECT_EQ(this->log().size(), 1U) << "W7: creates, does not rate or enlist";

    EXPECT_EQ(this->holder->FreeResource(10), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Reset(10)"})) << "W8";

    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"})) << "W9";

    this->dispenser.destroy_result = E_FAIL;
    EXPECT_EQ(same_name->AllocResource(kind, &id), S_OK);
    EXPECT_EQ(same_name->FreeResource(10), S_OK);
    static_cast<void>(this->log());
    EXPECT_EQ(same_name->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Destroy(10)", "Release"})) << "W10";

    EXPECT_EQ(other_name->Close(), S_OK);
    EXPECT_EQ(this->log(), (call_log{"Release"})) << "W11";

    same_name->Release(); // W12: no crash; the fixture releases the others
    other_name->Release();
    EXPECT_EQ(this->log(), call_log{});
}

} // namespace real_windows_test
