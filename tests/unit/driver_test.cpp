// SPDX-License-Identifier: MIT
/// @file
/// What lend finds out about a driver: each optional member present or absent, alone and together,
/// in plain, derived, overloaded, const and final classes. What does not compile is in
/// compile_fail.

#include <lend/driver.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace driver_test {

using lend::driver_traits;
using lend::resource_driver;
using lend::result;
namespace hr = lend::hr;

struct thing {
    int number = 0;
};
enum class kind : std::uint8_t { small, large };

// ---- the least ----------------------------------------------------------------------------------

struct least {
    using resource = thing;
    using no_reset = void;
    result<thing> create() { return thing{}; }
};

struct least_typed {
    using resource = thing;
    using resource_type = kind;
    using no_reset = void;
    result<thing> create(const kind&) { return thing{}; }
};

// Which members lend has found, by name and in the order of the documentation.
template <class Driver>
std::string found_in() {
    using traits = driver_traits<Driver>;
    std::string names;
    const auto add = [&](bool has, std::string_view name) {
        if (!has) return;
        if (!names.empty()) names += ' ';
        names += name;
    };
    add(traits::has_resource_type, "resource_type");
    add(traits::has_create, "create");
    add(traits::has_rate, "rate");
    add(traits::has_enlist, "enlist");
    add(traits::has_reset, "reset");
    add(traits::has_destroy, "destroy");
    add(traits::has_check, "check");
    add(traits::has_classify, "classify");
    add(traits::has_idle_limit, "idle_limit");
    add(traits::has_abandon, "abandon");
    add(traits::has_interrupt, "interrupt");
    add(traits::has_name, "name");
    add(traits::says_no_reset, "no_reset");
    add(traits::orders_inventory, "orders_inventory");
    add(traits::has_events, "events");
    return names;
}

TEST(ResourceDriver, create_alone_is_enough) {
    static_assert(resource_driver<least>);

    EXPECT_EQ(found_in<least>(), "create no_reset");
}

TEST(ResourceDriver, without_resource_types_knows_one_kind) {
    static_assert(std::is_same_v<driver_traits<least>::resource_type, lend::one_kind>);
    static_assert(std::is_same_v<driver_traits<least>::resource, thing>);

    EXPECT_TRUE(lend::one_kind{} == lend::one_kind{});
}

TEST(ResourceDriver, with_resource_types_is_asked_for_one) {
    static_assert(resource_driver<least_typed>);
    static_assert(std::is_same_v<driver_traits<least_typed>::resource_type, kind>);

    EXPECT_EQ(found_in<least_typed>(), "resource_type create no_reset");
}

TEST(ResourceDriver, what_is_none_is_refused_without_an_error) {
    struct no_resource {
        result<thing> create() { return thing{}; }
    };
    struct fixed_resource {
        fixed_resource() = default;
        fixed_resource(fixed_resource&&) = delete;
    };
    struct makes_fixed {
        using resource = fixed_resource;
    };
    static_assert(!resource_driver<int>);
    static_assert(!resource_driver<thing>);
    static_assert(!resource_driver<no_resource>);
    static_assert(!resource_driver<makes_fixed>);
}

TEST(ResourceDriver, resources_and_driver_need_only_be_movable) {
    struct driver {
        using resource = std::unique_ptr<int>;
        using no_reset = void;
        result<resource> create() { return std::make_unique<int>(1); }
        void destroy(resource&&) {}
        std::unique_ptr<int> state;
    };
    static_assert(resource_driver<driver>);

    EXPECT_EQ(found_in<driver>(), "create destroy no_reset");
}

// ---- each member alone --------------------------------------------------------------------------

struct with_rate : least_typed {
    lend::rating rate(const kind&, const thing&, bool) { return 100; }
};
struct with_untyped_rate : least {
    lend::rating rate(const lend::one_kind&, const thing&, bool) { return 100; }
};
struct with_enlist : least {
    lend::enlistment enlist(thing&, lend::transaction_id) { return hr::s_false; }
};
struct with_reset {
    using resource = thing;
    result<thing> create() { return thing{}; }
    lend::hresult reset(thing&) { return hr::s_ok; }
};
struct with_destroy : least {
    void destroy(thing&&) {}
};
struct with_reporting_destroy : least {
    lend::hresult destroy(thing&&) { return hr::s_ok; }
};
struct with_check : least {
    lend::health check(thing&, lend::check_kind) { return lend::health::good; }
};
struct with_classify : least {
    lend::health classify(const lend::error&) { return lend::health::good; }
};
struct with_idle_limit : least {
    std::chrono::nanoseconds idle_limit(const thing&) { return std::chrono::nanoseconds(-1); }
};
struct with_abandon : least {
    void abandon(thing&&) {}
};
struct with_interrupt : least {
    void interrupt(thing&) {}
};
struct with_name {
    using resource = thing;
    result<thing> create() { return thing{}; }
    std::string_view name(const thing&) { return "thing"; }
};
struct with_order : least {
    using orders_inventory = void;
};
struct with_events : least {
    struct events {};
};

TEST(DriverTraits, each_optional_member_is_found_alone) {
    EXPECT_EQ(found_in<with_rate>(), "resource_type create rate no_reset");
    EXPECT_EQ(found_in<with_untyped_rate>(), "create rate no_reset");
    EXPECT_EQ(found_in<with_enlist>(), "create enlist no_reset");
    EXPECT_EQ(found_in<with_reset>(), "create reset");
    EXPECT_EQ(found_in<with_destroy>(), "create destroy no_reset");
    EXPECT_EQ(found_in<with_reporting_destroy>(), "create destroy no_reset");
    EXPECT_EQ(found_in<with_check>(), "create check no_reset");
    EXPECT_EQ(found_in<with_classify>(), "create classify no_reset");
    EXPECT_EQ(found_in<with_idle_limit>(), "create idle_limit no_reset");
    EXPECT_EQ(found_in<with_abandon>(), "create abandon no_reset");
    EXPECT_EQ(found_in<with_interrupt>(), "create interrupt no_reset");
    EXPECT_EQ(found_in<with_name>(), "create name");
    EXPECT_EQ(found_in<with_order>(), "create no_reset orders_inventory");
    EXPECT_EQ(found_in<with_events>(), "create no_reset events");
}

template <class Driver>
class DriverWith : public testing::Test {};
using one_member_each = testing::Types<with_rate,
                                       with_untyped_rate,
                                       with_enlist,
                                       with_reset,
                                       with_destroy,
                                       with_reporting_destroy,
                                       with_check,
                                       with_classify,
                                       with_idle_limit,
                                       with_abandon,
                                       with_interrupt,
                                       with_name,
                                       with_order,
                                       with_events>;
TYPED_TEST_SUITE(DriverWith, one_member_each);

TYPED_TEST(DriverWith, one_optional_member_is_a_driver) {
    static_assert(resource_driver<TypeParam>);
    static_assert(driver_traits<TypeParam>::members_fit());
}

// ---- all of them --------------------------------------------------------------------------------

struct complete {
    using resource = thing;
    using resource_type = kind;
    using orders_inventory = void;
    struct events {};

    result<thing> create(const kind&) { return thing{}; }
    lend::rating rate(const kind&, const thing&, bool) { return 100; }
    lend::enlistment enlist(thing&, lend::transaction_id) { return hr::s_ok; }
    lend::hresult reset(thing&) { return hr::s_ok; }
    void destroy(thing&&) {}
    lend::health check(thing&, lend::check_kind) { return lend::health::good; }
    lend::health classify(const lend::error&) { return lend::health::good; }
    std::chrono::nanoseconds idle_limit(const thing&) { return std::chrono::seconds(1); }
    void abandon(thing&&) {}
    void interrupt(thing&) {}
    std::string_view name(const thing&) { return "thing"; }
};

constexpr std::string_view everything =
    "resource_type create rate enlist reset destroy check classify idle_limit abandon interrupt "
    "name orders_inventory events";

TEST(DriverTraits, all_members_are_found_together) {
    static_assert(resource_driver<complete>);

    EXPECT_EQ(found_in<complete>(), everything);
}

TEST(DriverTraits, inherited_members_are_found) {
    struct derived : complete {};
    static_assert(resource_driver<derived>);

    EXPECT_EQ(found_in<derived>(), everything);
}

TEST(DriverTraits, members_of_a_final_class_are_found) {
    struct final_driver final : complete {};
    static_assert(resource_driver<final_driver>);

    EXPECT_EQ(found_in<final_driver>(), everything);
}

TEST(DriverTraits, absent_members_of_a_final_class_are_absent) {
    struct final_driver final : least {};
    static_assert(resource_driver<final_driver>);

    EXPECT_EQ(found_in<final_driver>(), "create no_reset");
}

TEST(DriverTraits, virtual_members_are_found) {
    struct virtual_driver {
        using resource = thing;
        virtual ~virtual_driver() = default;
        virtual result<thing> create() { return thing{}; }
        virtual lend::hresult reset(thing&) { return hr::s_ok; }
        virtual void destroy(thing&&) {}
    };
    static_assert(resource_driver<virtual_driver>);

    EXPECT_EQ(found_in<virtual_driver>(), "create reset destroy");
}

TEST(DriverTraits, const_noexcept_and_static_members_are_found) {
    struct driver {
        using resource = thing;
        result<thing> create() const noexcept { return thing{}; }
        static lend::hresult reset(thing&) noexcept { return hr::s_ok; }
        static lend::health check(thing&, lend::check_kind) { return lend::health::good; }
        void interrupt(thing&) const {}
    };
    static_assert(resource_driver<driver>);

    EXPECT_EQ(found_in<driver>(), "create reset check interrupt");
}

TEST(DriverTraits, arguments_may_be_taken_by_value_and_by_const_reference) {
    struct driver {
        using resource = thing;
        using resource_type = kind;
        result<thing> create(kind) { return thing{}; }
        lend::rating rate(kind, thing, bool) { return 100; }
        lend::enlistment enlist(const thing&, const lend::transaction_id&) { return {}; }
        lend::hresult reset(const thing&) { return hr::s_ok; }
        void destroy(thing) {}
        lend::health check(const thing&, const lend::check_kind&) { return lend::health::good; }
        std::chrono::nanoseconds idle_limit(thing) { return std::chrono::seconds(1); }
        void abandon(const thing&) {}
        void interrupt(const thing&) {}
        std::string_view name(thing) { return "thing"; }
    };
    static_assert(resource_driver<driver>);

    EXPECT_EQ(found_in<driver>(), "resource_type create rate enlist reset destroy check "
                                  "idle_limit abandon interrupt name");
}

TEST(DriverTraits, answers_that_convert_are_taken_where_no_precision_is_lost) {
    struct driver : least {
        std::chrono::seconds idle_limit(const thing&) { return std::chrono::seconds(1); }
        const char* name(const thing&) { return "thing"; }
    };
    static_assert(resource_driver<driver>);

    EXPECT_EQ(found_in<driver>(), "create idle_limit name no_reset");
}

TEST(DriverTraits, overloaded_members_are_found_by_the_overload_that_fits) {
    struct driver {
        using resource = thing;
        using resource_type = kind;
        result<thing> create() { return thing{1}; }
        result<thing> create(const kind&) { return thing{2}; }
        lend::rating rate(const kind&, const thing&) { return 0; }
        lend::rating rate(const kind&, const thing&, bool) { return 100; }
        lend::hresult reset(thing&) { return hr::s_ok; }
        lend::hresult reset(thing&, int) { return hr::e_fail; }
        void destroy(const thing&) {}
        void destroy(thing&&) {}
    };
    static_assert(resource_driver<driver>);

    EXPECT_EQ(found_in<driver>(), "resource_type create rate reset destroy");
}

TEST(DriverTraits, overloaded_members_of_a_final_class_are_found) {
    struct final_driver final {
        using resource = thing;
        result<thing> create() { return thing{}; }
        lend::hresult reset(thing&) { return hr::s_ok; }
        lend::hresult reset(thing&, int) { return hr::e_fail; }
        void interrupt(thing&) {}
        void interrupt(thing&, int) {}
    };
    static_assert(resource_driver<final_driver>);

    EXPECT_EQ(found_in<final_driver>(), "create reset interrupt");
}

// A local class cannot have templates.
struct with_templates {
    using resource = thing;
    result<thing> create() { return thing{}; }
    template <class R>
    lend::hresult reset(R&) {
        return hr::s_ok;
    }
    template <class R>
    void interrupt(R&) {}
};

TEST(DriverTraits, template_members_are_found) {
    static_assert(resource_driver<with_templates>);

    EXPECT_EQ(found_in<with_templates>(), "create reset interrupt");
}

struct without_reset {
    using resource = thing;
    result<thing> create() { return thing{}; }
};

TEST(DriverTraits, absent_reset_is_not_found) { EXPECT_EQ(found_in<without_reset>(), "create"); }

struct all_wrong {
    using resource = thing;
    thing create() { return {}; }
    int rate(const lend::one_kind&, const thing&, bool) { return 100; }
    lend::hresult enlist(thing&, lend::transaction_id) { return hr::s_ok; }
    bool reset(thing&) { return true; }
    int destroy(thing&&) { return 0; }
    bool check(thing&, lend::check_kind) { return true; }
    int idle_limit(const thing&) { return 1; }
    bool abandon(thing&&) { return true; }
    bool interrupt(thing&) { return true; }
    int name(const thing&) { return 1; }
};

TEST(DriverTraits, members_with_other_signatures_are_not_found) {
    EXPECT_EQ(found_in<all_wrong>(), "");
}

TEST(DriverTraits, destroy_that_wants_an_lvalue_is_not_found) {
    struct wrong : least {
        void destroy(thing&) {}
        void abandon(thing&) {}
    };

    EXPECT_EQ(found_in<wrong>(), "create no_reset");
}

TEST(DriverTraits, members_that_would_write_to_what_they_only_look_at_are_not_found) {
    struct wrong : least_typed {
        lend::rating rate(const kind&, thing&, bool) { return 100; }
        std::chrono::nanoseconds idle_limit(thing&) { return std::chrono::seconds(1); }
        std::string_view name(thing&) { return "thing"; }
    };

    EXPECT_EQ(found_in<wrong>(), "resource_type create no_reset");
}

TEST(DriverTraits, create_must_fit_whether_there_are_resource_types) {
    struct asks_for_none {
        using resource = thing;
        using resource_type = kind;
        result<thing> create() { return thing{}; }
    };
    struct asks_for_one {
        using resource = thing;
        result<thing> create(const kind&) { return thing{}; }
    };

    EXPECT_FALSE(driver_traits<asks_for_none>::has_create);
    EXPECT_FALSE(driver_traits<asks_for_one>::has_create);
}

TEST(DriverTraits, types_that_cannot_be_compared_are_enough_where_they_are_rated) {
    struct endpoint {
        std::string host;
    };
    struct driver {
        using resource = thing;
        using resource_type = endpoint;
        using no_reset = void;
        result<thing> create(const endpoint&) { return thing{}; }
        lend::rating rate(const endpoint&, const thing&, bool) { return 100; }
    };
    static_assert(resource_driver<driver>);

    EXPECT_EQ(found_in<driver>(), "resource_type create rate no_reset");
}

} // namespace driver_test
