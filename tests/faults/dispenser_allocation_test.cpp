// SPDX-License-Identifier: MIT
/// @file
/// com::dispenser, which puts a lend driver behind the contract, when memory runs out: every method
/// of it, with each of its allocations failing; and a driver whose `name` throws.

#include "box_maker.hpp"
#include "each_allocation.hpp"

#include <lend/com.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace dispenser_allocation_test {

using namespace lend_test;
using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling
using lend::hresult;
namespace hr = lend::hr;

hresult from(HRESULT code) { return static_cast<hresult>(code); }

// ---- by number --------------------------------------------------------------------------------

struct box_driver : box_maker {
    lend::enlistment enlist(resource&, lend::transaction_id) { return hr::s_ok; }
};

struct numbers_place {
    using dispenser_type = dispenser<box_driver>;

    ~numbers_place() {
        if (shop != nullptr) shop->Release();
        EXPECT_EQ(box_driver::live, 0U);
    }
    [[nodiscard]] std::array<std::size_t, 1> look() const { return {box_driver::live}; }

    dispenser_type* shop = nullptr;
    RESID id = 0;
    TIMEINSECS secs = -1;
};

hresult make(numbers_place& p) {
    const auto made = numbers_place::dispenser_type::make(box_driver{});
    if (made) p.shop = *made;
    return made ? hr::s_ok : made.code();
}
hresult create(numbers_place& p) { return from(p.shop->CreateResource(1, &p.id, &p.secs)); }
void made(numbers_place& p) { (void)make(p); }
void one_there(numbers_place& p) {
    (void)make(p);
    (void)create(p);
}

constexpr auto some = memory_use::some;
constexpr auto none = memory_use::none;
using numbers_call = named_call<numbers_place>;

const numbers_call numbers_calls[] = {
    {"make", some, as_it_is<numbers_place>, make},
    {"CreateResource_of_the_first", some, made, create},
    {"CreateResource_of_another", some, one_there, create},
    {"RateResource", none, one_there,
     [](numbers_place& p) {
         RESOURCERATING rated = 0;
         return from(p.shop->RateResource(1, p.id, FALSE, &rated));
     }},
    {"EnlistResource", none, one_there,
     [](numbers_place& p) { return from(p.shop->EnlistResource(p.id, 5)); }},
    {"ResetResource", none, one_there,
     [](numbers_place& p) { return from(p.shop->ResetResource(p.id)); }},
    {"DestroyResource", none, one_there,
     [](numbers_place& p) { return from(p.shop->DestroyResource(p.id)); }},
    {"last_Release", none, one_there,
     [](numbers_place& p) {
         std::exchange(p.shop, nullptr)->Release();
         return hr::s_ok;
     }},
};

class DispenserAllocation : public leak_checked,
                            public testing::WithParamInterface<numbers_call> {};

TEST_P(DispenserAllocation, fails_at_every_place_and_nothing_changes) {
    fail_each_allocation_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(calls,
                         DispenserAllocation,
                         testing::ValuesIn(numbers_calls),
                         name_of_call{});

// ---- by name ----------------------------------------------------------------------------------

constexpr std::string_view path = "/a/path/that/is/longer/than/a/string/holds/within/itself";
const constSRESID wide_path = OLESTR("/a/path/that/is/longer/than/a/string/holds/within/itself");

struct file {
    std::string path;
};

struct file_driver {
    using resource = file;
    static inline std::size_t live = 0;
    static inline bool throws = false;

    lend::result<file> create() { return hr::e_notimpl; }
    std::string_view name(const file& f) const {
        if (throws) throw std::runtime_error("no name");
        return f.path;
    }
    void destroy(file&&) { --live; }
};

struct names_place {
    ~names_place() {
        if (shop != nullptr) shop->Release();
        EXPECT_EQ(file_driver::live, 0U);
    }
    [[nodiscard]] std::array<std::size_t, 2> look() const {
        return {file_driver::live, next.path.size()};
    }
    // Moved from on success only.
    hresult adopt() {
        const auto name = shop->adopt(std::move(next));
        if (name) ++file_driver::live;
        return name ? hr::s_ok : name.code();
    }

    dispenser<file_driver>* shop = nullptr;
    file next{std::string(path)};
};

void shop_of_names(names_place& p) { p.shop = dispenser<file_driver>::make({}).value(); }
void one_adopted(names_place& p) {
    shop_of_names(p);
    (void)p.adopt();
}

using names_call = named_call<names_place>;

const names_call names_calls[] = {
    {"adopt_of_the_first", some, shop_of_names, [](names_place& p) { return p.adopt(); }},
    {"adopt_of_another", some,
     [](names_place& p) {
         one_adopted(p);
         p.next.path = std::string(path) + "/2";
     },
     [](names_place& p) { return p.adopt(); }},
    {"find_by_name", none, one_adopted,
     [](names_place& p) { return p.shop->find(path) ? hr::s_ok : hr::e_fail; }},
    {"DestroyResourceS", none, one_adopted,
     [](names_place& p) { return from(p.shop->DestroyResourceS(wide_path)); }},
    {"DestroyResourceS_of_an_unknown_name", none, shop_of_names,
     [](names_place& p) { return from(p.shop->DestroyResourceS(wide_path)); }, hr::e_fail},
};

class DispenserOfNamesAllocation : public leak_checked,
                                   public testing::WithParamInterface<names_call> {};

TEST_P(DispenserOfNamesAllocation, fails_at_every_place_and_nothing_changes) {
    fail_each_allocation_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(calls,
                         DispenserOfNamesAllocation,
                         testing::ValuesIn(names_calls),
                         name_of_call{});

TEST(DispenserOfNames, name_that_throws_is_E_FAIL_and_nothing_is_adopted) {
    names_place p;
    shop_of_names(p);
    file_driver::throws = true;
    EXPECT_EQ(p.adopt(), hr::e_fail);
    file_driver::throws = false;

    EXPECT_EQ(p.next.path, path);
    EXPECT_EQ(p.adopt(), hr::s_ok);
}

} // namespace dispenser_allocation_test
