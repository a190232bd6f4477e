// SPDX-License-Identifier: MIT
/// @file
/// The binary interface: where each method stands in the table of its interface, how wide the
/// types are, what the identifiers and codes are. Called as a program compiled against comsvcs.h
/// would call: through the table, by position.

#include "world.hpp"

#include <cstring>
#include <string>

namespace abi_test {

using namespace lend_test;

// Calls the method in a slot of an object's table.
template <class... Args>
HRESULT call_slot(void* object, std::size_t slot, Args... args) {
    using method = HRESULT(STDMETHODCALLTYPE*)(void*, Args...);
    void** const table = *static_cast<void***>(object);
    method at = nullptr;
    static_assert(sizeof(at) == sizeof(table[slot]));
    std::memcpy(&at, &table[slot], sizeof(at));
    return at(object, args...);
}

std::string text_of(const GUID& id) {
    char text[40];
    std::snprintf(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                  static_cast<unsigned>(id.Data1), id.Data2, id.Data3, id.Data4[0], id.Data4[1],
                  id.Data4[2], id.Data4[3], id.Data4[4], id.Data4[5], id.Data4[6], id.Data4[7]);
    return text;
}

TEST(ABI_identifiers, are_those_of_the_type_library) {
    EXPECT_EQ(text_of(IID_IUnknown), "00000000-0000-0000-c000-000000000046");
    EXPECT_EQ(text_of(IID_IDispenserDriver), "208b3651-2b48-11cf-be10-00aa00a2fa25");
    EXPECT_EQ(text_of(IID_IHolder), "bf6a1850-2b45-11cf-be10-00aa00a2fa25");
    EXPECT_EQ(text_of(IID_IDispenserManager), "5cb31e10-2b5f-11cf-be10-00aa00a2fa25");
    EXPECT_EQ(text_of(IID_IDispenserManagerShutdownGuarantee),
              "5cb31e11-2b5f-11cf-be10-00aa00a2fa25");
    EXPECT_EQ(text_of(CLSID_DispenserManager), "ecabb0c0-7f19-11d2-978e-0000f8757e2a");
}

TEST(ABI_identifiers, lie_in_memory_as_on_Windows) {
    const unsigned char expected[16] = {0x51, 0x36, 0x8b, 0x20, 0x48, 0x2b, 0xcf, 0x11,
                                        0xbe, 0x10, 0x00, 0xaa, 0x00, 0xa2, 0xfa, 0x25};

    EXPECT_EQ(std::memcmp(&IID_IDispenserDriver, expected, sizeof(expected)), 0);
}

TEST(ABI_identifiers, compare) {
    EXPECT_TRUE(IsEqualGUID(IID_IHolder, IID_IHolder));
    EXPECT_FALSE(IsEqualIID(IID_IHolder, IID_IDispenserManager));
    EXPECT_FALSE(IsEqualIID(IID_IDispenserManager, IID_IDispenserManagerShutdownGuarantee));
}

TEST(ABI_types, have_the_widths_of_the_interface_definition) {
    EXPECT_EQ(sizeof(HRESULT), 4U);
    EXPECT_EQ(sizeof(BOOL), 4U);
    EXPECT_EQ(sizeof(TIMEINSECS), 4U);
    EXPECT_EQ(sizeof(RESOURCERATING), 4U);
    EXPECT_EQ(sizeof(RESID), sizeof(void*));
    EXPECT_EQ(sizeof(RESTYPID), sizeof(void*));
    EXPECT_EQ(sizeof(TRANSID), sizeof(void*));
    EXPECT_EQ(sizeof(INSTID), sizeof(void*));
    EXPECT_EQ(sizeof(OLECHAR), 2U);
    EXPECT_LT(TIMEINSECS{-1}, 0);
    EXPECT_GT(RESOURCERATING{0} - 1U, 0U);
}

TEST(ABI_codes, have_the_numbers_of_winerror_h) {
    EXPECT_EQ(static_cast<std::uint32_t>(S_OK), 0x00000000U);
    EXPECT_EQ(static_cast<std::uint32_t>(S_FALSE), 0x00000001U);
    EXPECT_EQ(static_cast<std::uint32_t>(E_NOTIMPL), 0x80004001U);
    EXPECT_EQ(static_cast<std::uint32_t>(E_NOINTERFACE), 0x80004002U);
    EXPECT_EQ(static_cast<std::uint32_t>(E_POINTER), 0x80004003U);
    EXPECT_EQ(static_cast<std::uint32_t>(E_FAIL), 0x80004005U);
    EXPECT_EQ(static_cast<std::uint32_t>(E_UNEXPECTED), 0x8000FFFFU);
    EXPECT_EQ(static_cast<std::uint32_t>(E_OUTOFMEMORY), 0x8007000EU);
    EXPECT_EQ(static_cast<std::uint32_t>(E_INVALIDARG), 0x80070057U);
    EXPECT_EQ(static_cast<std::uint32_t>(MTXDM_E_ENLISTRESOURCEFAILED), 0x8004E100U);
    EXPECT_TRUE(SUCCEEDED(S_FALSE));
    EXPECT_TRUE(FAILED(E_NOTIMPL));
}

TEST(ABI_IUnknown, has_its_three_methods_first) {
    recording_dispenser driver;
    void* const object = static_cast<IDispenserDriver*>(&driver);
    void* same = nullptr;

    EXPECT_EQ(call_slot(object, 0, &IID_IDispenserDriver, &same), S_OK);
    EXPECT_EQ(same, object);
    EXPECT_EQ(call_slot(object, 1), 3);
    EXPECT_EQ(call_slot(object, 2), 2);
    EXPECT_EQ(call_slot(object, 2), 1);
}

TEST(ABI_IDispenserDriver, has_its_methods_in_slots_3_to_8) {
    recording_dispenser driver;
    void* const object = static_cast<IDispenserDriver*>(&driver);
    RESID id = 0;
    TIMEINSECS secs = 0;
    RESOURCERATING rating = 0;

    EXPECT_EQ(call_slot(object, 3, kind, &id, &secs), S_OK);
    EXPECT_EQ(call_slot(object, 4, kind, id, BOOL{1}, &rating), S_OK);
    EXPECT_EQ(call_slot(object, 5, id, tx1), S_OK);
    EXPECT_EQ(call_slot(object, 6, id), S_OK);
    EXPECT_EQ(call_slot(object, 7, id), S_OK);
    EXPECT_EQ(call_slot(object, 8, static_cast<constSRESID>(OLESTR("a"))), S_OK);

    EXPECT_EQ(rating, 100U);
    EXPECT_EQ(driver.take_log(), (call_log{"Create(7)", "Rate(7, 10, TRUE)", "Enlist(10, 101)",
                                           "Reset(10)", "Destroy(10)", "DestroyS(a)"}));
}

LEND_CONTRACT_SUITE(ABI_IHolder);
LEND_CONTRACT_SUITE(ABI_IDispenserManager);

TYPED_TEST(ABI_IHolder, has_its_methods_in_slots_3_to_10) {
    void* const object = this->holder;
    RESID id = 0;

    EXPECT_EQ(call_slot(object, 3, kind, &id), S_OK);
    EXPECT_EQ(id, 10U);
    EXPECT_EQ(call_slot(object, 4, id), S_OK);
    this->dispenser.made(50);
    EXPECT_EQ(call_slot(object, 5, RESID{50}), S_OK);
    EXPECT_EQ(call_slot(object, 6, static_cast<constSRESID>(OLESTR("a"))), S_OK);
    EXPECT_EQ(call_slot(object, 7, RESID{50}, BOOL{1}), S_OK);
    EXPECT_EQ(call_slot(object, 8, static_cast<constSRESID>(OLESTR("a")), BOOL{1}), S_OK);
    EXPECT_EQ(call_slot(object, 10, id), S_OK);
    EXPECT_EQ(this->dispenser.count("Release"), 0U) << "slot 10 is not Close";
    EXPECT_EQ(call_slot(object, 10, id), E_INVALIDARG);
    EXPECT_EQ(call_slot(object, 9), S_OK);
    EXPECT_EQ(this->dispenser.count("Release"), 1U) << "slot 9 is";

    EXPECT_EQ(this->log(), (call_log{"Create(7)", "Reset(10)", "Destroy(50)", "DestroyS(a)",
                                     "Destroy(10)", "Release"}));
}

TYPED_TEST(ABI_IDispenserManager, has_its_methods_in_slots_3_and_4) {
    void* const object = static_cast<IDispenserManager*>(this->manager);
    const typename TestFixture::scope in(object1, tx1);
    IHolder* made = nullptr;
    INSTID instance = 0;
    TRANSID transaction = 0;
    this->dispenser.AddRef();

    EXPECT_EQ(call_slot(object, 3, static_cast<IDispenserDriver*>(&this->dispenser),
                        static_cast<LPCOLESTR>(OLESTR("x")), &made),
              S_OK);
    EXPECT_EQ(call_slot(object, 4, &instance, &transaction), S_OK);

    ASSERT_NE(made, nullptr);
    made->Release();
    EXPECT_EQ(instance, object1);
    EXPECT_EQ(transaction, tx1);
}

} // namespace abi_test
