// SPDX-License-Identifier: MIT
/// @file
/// A dispenser of lend under a dispenser manager that is not lend's: that of the system, which
/// comsvcs.dll brings.

#include <lend/com.hpp>

#include <gtest/gtest.h>

#include <objbase.h>

#include <ios>
#include <string>
#include <vector>

namespace {

using namespace lend::com;

// What the system's holder asked for.
using call_list = std::vector<std::string>;

struct driver {
    using resource = int;

    explicit driver(call_list& noted) : calls(&noted) {}

    lend::result<int> create() {
        calls->push_back("create");
        return ++last;
    }
    lend::hresult reset(int&) {
        calls->push_back("reset");
        return lend::hr::s_ok;
    }
    void destroy(int&& ended) { calls->push_back("destroy " + std::to_string(ended)); }

    call_list* calls;
    int last = 0;
};

struct Comsvcs : testing::Test {
    void SetUp() override {
        ASSERT_EQ(::CoInitializeEx(nullptr, COINIT_MULTITHREADED), S_OK);
        void* made = nullptr;
        const HRESULT answer = ::CoCreateInstance(CLSID_DispenserManager, nullptr, CLSCTX_ALL,
                                                  IID_IDispenserManager, &made);
        ASSERT_EQ(answer, S_OK) << "no dispenser manager: 0x" << std::hex << answer;
        manager = static_cast<IDispenserManager*>(made);
    }
    void TearDown() override {
        if (manager != nullptr) manager->Release();
        ::CoUninitialize();
    }

    call_list calls;
    IDispenserManager* manager = nullptr;
};

TEST_F(Comsvcs, the_systems_dispenser_manager_lends_the_resources_of_a_lend_dispenser) {
    dispenser<driver>* const mine = dispenser<driver>::make(driver(calls)).value();
    mine->AddRef(); // the holder takes the other
    IHolder* holder = nullptr;
    ASSERT_EQ(manager->RegisterDispenser(mine, OLESTR("lend"), &holder), S_OK);
    RESID number = 0;

    EXPECT_EQ(holder->AllocResource(1, &number), S_OK);
    {
        const auto object = mine->find(number);
        ASSERT_TRUE(object) << "the holder's number is the dispenser's";
        EXPECT_EQ(*object, 1);
    }
    EXPECT_EQ(holder->FreeResource(number), S_OK);
    EXPECT_EQ(holder->Close(), S_OK);
    // Wine 8 has no inventory and destroys what is freed; later ones, and Windows, reset and keep
    // it.
    const call_list without_inventory{"create", "destroy 1"};
    const call_list with_inventory{"create", "reset", "destroy 1"};
    EXPECT_TRUE(calls == without_inventory || calls == with_inventory)
        << testing::PrintToString(calls);
    EXPECT_FALSE(mine->find(number)) << "the number is over";
    holder->Release();
    mine->Release();
}

} // namespace
