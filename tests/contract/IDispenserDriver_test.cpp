// SPDX-License-Identifier: MIT
/// @file
/// IDispenserDriver as lend's own dispenser implements it: what the pages of its six methods say,
/// for drivers of numbers and of strings.

#include <lend/com/dispenser.hpp>
#include <lend/com/macros.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace idispenserdriver_test {

using namespace lend::com; // NOLINT(google-build-using-namespace): the contract's own spelling
using lend::enlistment;
using lend::hresult;
using lend::rating;
using lend::result;
using lend::transaction_id;
namespace hr = lend::hr;

using log_type = std::vector<std::string>;

// Releases what it was given at the end of a test.
struct release {
    void operator()(IUnknown* object) const { object->Release(); }
};
template <class T>
using com_ptr = std::unique_ptr<T, release>;

template <class Driver>
com_ptr<dispenser<Driver>> dispense(Driver driver) {
    return com_ptr<dispenser<Driver>>(*dispenser<Driver>::make(std::move(driver)));
}

// A driver with everything. What it is to answer stands in a script that the test owns.
struct script {
    log_type log;
    int next = 1;
    std::optional<hresult> create_fails;
    bool throws = false;
    std::uint32_t rated = 50;
    hresult enlisted = hr::s_ok;
    hresult reset = hr::s_ok;
    hresult destroyed = hr::s_ok;
    std::chrono::nanoseconds limit{0};
};

struct spec {
    std::string host;
};

struct full_driver {
    using resource = std::unique_ptr<int>;
    using resource_type = spec;

    result<resource> create(const spec& type) {
        note("create " + type.host);
        if (s->create_fails) return *s->create_fails;
        return std::make_unique<int>(s->next++);
    }
    rating rate(const spec& type, const resource& r, bool needs) {
        note("rate " + type.host + " " + std::to_string(*r) + (needs ? " needs" : ""));
        return s->rated;
    }
    enlistment enlist(resource& r, transaction_id tx) {
        note("enlist " + std::to_string(*r) + " " + std::to_string(tx.value));
        return s->enlisted;
    }
    hresult reset(resource& r) {
        note("reset " + std::to_string(*r));
        return s->reset;
    }
    hresult destroy(resource&& r) {
        note("destroy " + std::to_string(*r));
        return s->destroyed;
    }
    std::chrono::nanoseconds idle_limit(const resource&) const { return s->limit; }

    void note(const std::string& line) const {
        s->log.push_back(line);
        if (s->throws) throw std::runtime_error("no");
    }

    script* s;
};

class IDispenserDriver_of_numbers : public ::testing::Test {
protected:
    RESID created() {
        RESID id = 0;
        TIMEINSECS secs = 0;
        EXPECT_EQ(d->CreateResource(type(), &id, &secs), S_OK);
        told.log.clear();
        return id;
    }
    [[nodiscard]] RESTYPID type() const { return to_restypid(wanted); }

    script told;
    spec wanted{"db"};
    com_ptr<dispenser<full_driver>> d = dispense(full_driver{&told});
};

using IDispenserDriver_CreateResource = IDispenserDriver_of_numbers;
using IDispenserDriver_RateResource = IDispenserDriver_of_numbers;
using IDispenserDriver_EnlistResource = IDispenserDriver_of_numbers;
using IDispenserDriver_ResetResource = IDispenserDriver_of_numbers;
using IDispenserDriver_DestroyResource = IDispenserDriver_of_numbers;
using Dispenser_find = IDispenserDriver_of_numbers;

TEST_F(IDispenserDriver_CreateResource, gives_a_number_that_is_not_0_and_not_given_twice) {
    const RESID first = created();
    const RESID second = created();

    EXPECT_NE(first, 0U);
    EXPECT_NE(second, 0U);
    EXPECT_NE(first, second);
}

TEST_F(IDispenserDriver_CreateResource, passes_the_descriptor_behind_the_type) {
    RESID id = 0;
    TIMEINSECS secs = 0;

    EXPECT_EQ(d->CreateResource(type(), &id, &secs), S_OK);
    EXPECT_EQ(told.log, (log_type{"create db"}));
}

TEST_F(IDispenserDriver_CreateResource, a_type_of_0_and_null_outputs_are_invalid_arguments) {
    RESID id = 5;
    TIMEINSECS secs = 5;

    EXPECT_EQ(d->CreateResource(0, &id, &secs), E_INVALIDARG);
    EXPECT_EQ(d->CreateResource(type(), nullptr, &secs), E_INVALIDARG);
    EXPECT_EQ(d->CreateResource(type(), &id, nullptr), E_INVALIDARG);
    EXPECT_EQ(id, 5U);
    EXPECT_EQ(told.log, log_type{});
}

TEST_F(IDispenserDriver_CreateResource, the_drivers_failure_comes_back_and_nothing_is_written) {
    told.create_fails = hr::e_accessdenied;
    RESID id = 5;
    TIMEINSECS secs = 5;

    EXPECT_EQ(d->CreateResource(type(), &id, &secs), to_com(hr::e_accessdenied));
    EXPECT_EQ(id, 5U);
    EXPECT_EQ(secs, 5);
}

TEST_F(IDispenserDriver_CreateResource, an_exception_becomes_E_FAIL) {
    told.throws = true;
    RESID id = 5;
    TIMEINSECS secs = 5;

    EXPECT_EQ(d->CreateResource(type(), &id, &secs), E_FAIL);
    told.throws = false;
}

TEST_F(IDispenserDriver_CreateResource, the_idle_limit_is_rounded_up_to_seconds_and_saturates) {
    using namespace std::chrono_literals;
    struct row {
        std::chrono::nanoseconds limit;
        TIMEINSECS expected;
    };
    const row rows[] = {{120s, 120},
                        {1ns, 1},
                        {1s + 1ns, 2},
                        {0ns, 0},
                        {-1ns, -1},
                        {-1h, -1},
                        {std::chrono::hours(24 * 365 * 200), 2147483647},
                        {(std::chrono::nanoseconds::max)(), -1}};
    for (const row& r : rows) {
        told.limit = r.limit;
        RESID id = 0;
        TIMEINSECS secs = -7;

        EXPECT_EQ(d->CreateResource(type(), &id, &secs), S_OK);
        EXPECT_EQ(secs, r.expected) << r.limit.count() << " ns";
    }
}

TEST(IDispenserDriver_seconds, less_than_nothing_is_for_ever) {
    using namespace std::chrono_literals;

    EXPECT_EQ(to_secs(-1ns), -1);
    EXPECT_EQ(to_secs((std::chrono::nanoseconds::min)()), -1);
    EXPECT_EQ(to_secs(0ns), 0);
    EXPECT_EQ(to_secs(1ns), 1);
}

TEST_F(IDispenserDriver_RateResource, gives_the_drivers_rating) {
    const RESID id = created();
    told.rated = 42;
    RESOURCERATING rated = 0;

    EXPECT_EQ(d->RateResource(type(), id, TRUE, &rated), S_OK);
    EXPECT_EQ(rated, 42U);
    EXPECT_EQ(told.log, (log_type{"rate db 1 needs"}));
}

TEST_F(IDispenserDriver_RateResource, more_than_100_and_an_exception_are_E_FAIL) {
    const RESID id = created();
    RESOURCERATING rated = 7;
    told.rated = 101;
    EXPECT_EQ(d->RateResource(type(), id, FALSE, &rated), E_FAIL);
    told.rated = 1;
    told.throws = true;
    EXPECT_EQ(d->RateResource(type(), id, FALSE, &rated), E_FAIL);
    told.throws = false;
    EXPECT_EQ(rated, 7U);
}

TEST_F(IDispenserDriver_RateResource, an_unknown_candidate_is_E_FAIL) {
    RESOURCERATING rated = 7;

    EXPECT_EQ(d->RateResource(type(), 12345, FALSE, &rated), E_FAIL);
    EXPECT_EQ(d->RateResource(type(), 0, FALSE, &rated), E_FAIL);
    EXPECT_EQ(d->RateResource(0, created(), FALSE, &rated), E_INVALIDARG);
    EXPECT_EQ(d->RateResource(type(), 1, FALSE, nullptr), E_INVALIDARG);
    EXPECT_EQ(rated, 7U);
}

TEST_F(IDispenserDriver_EnlistResource, answers_what_the_driver_answers) {
    const RESID id = created();
    for (const hresult code : {hr::s_ok, hr::s_false, hr::e_fail, hr::e_invalidarg}) {
        told.enlisted = code;
        EXPECT_EQ(d->EnlistResource(id, 9), to_com(code));
    }
    told.log.clear();
    EXPECT_EQ(d->EnlistResource(id, 0), E_INVALIDARG);
    EXPECT_EQ(told.log, (log_type{"enlist 1 0"}));
}

TEST_F(IDispenserDriver_EnlistResource, an_unknown_id_is_an_invalid_argument) {
    EXPECT_EQ(d->EnlistResource(12345, 9), E_INVALIDARG);
    EXPECT_EQ(d->EnlistResource(0, 9), E_INVALIDARG);
}

TEST_F(IDispenserDriver_ResetResource, answers_what_the_driver_answers) {
    const RESID id = created();
    EXPECT_EQ(d->ResetResource(id), S_OK);
    told.reset = hr::e_fail;
    EXPECT_EQ(d->ResetResource(id), E_FAIL);
    told.reset = hr::s_ok;
    told.throws = true;
    EXPECT_EQ(d->ResetResource(id), E_FAIL);
    told.throws = false;
}

TEST_F(IDispenserDriver_ResetResource, an_unknown_id_is_an_invalid_argument) {
    EXPECT_EQ(d->ResetResource(12345), E_INVALIDARG);
    EXPECT_EQ(told.log, log_type{});
}

TEST_F(IDispenserDriver_DestroyResource, destroys_once) {
    const RESID id = created();

    EXPECT_EQ(d->DestroyResource(id), S_OK);
    EXPECT_EQ(d->DestroyResource(id), E_FAIL);
    EXPECT_EQ(told.log, (log_type{"destroy 1"}));
}

TEST_F(IDispenserDriver_DestroyResource, unknown_stale_foreign_and_0_are_E_FAIL) {
    const RESID stale = created();
    EXPECT_EQ(d->DestroyResource(stale), S_OK);
    const RESID reused = created();
    script elsewhere;
    const auto other = dispense(full_driver{&elsewhere});

    EXPECT_EQ(d->DestroyResource(stale), E_FAIL);
    EXPECT_EQ(d->DestroyResource(0), E_FAIL);
    EXPECT_EQ(d->DestroyResource(~RESID{0}), E_FAIL);
    EXPECT_EQ(other->DestroyResource(reused), E_FAIL);
    EXPECT_EQ(told.log, log_type{}) << "nothing was touched";
}

TEST_F(IDispenserDriver_DestroyResource, a_failure_or_exception_of_the_driver_is_E_FAIL_and_final) {
    const RESID a = created();
    told.destroyed = hr::e_accessdenied;
    EXPECT_EQ(d->DestroyResource(a), E_FAIL);
    EXPECT_EQ(d->DestroyResource(a), E_FAIL);
    EXPECT_EQ(told.log, (log_type{"destroy 1"}));

    const RESID b = created();
    told.destroyed = hr::s_ok;
    told.throws = true;
    EXPECT_EQ(d->DestroyResource(b), E_FAIL);
    told.throws = false;
    EXPECT_EQ(d->DestroyResource(b), E_FAIL);
    EXPECT_EQ(told.log, (log_type{"destroy 2"}));
}

TEST_F(IDispenserDriver_DestroyResource, by_string_is_not_implemented) {
    EXPECT_EQ(d->DestroyResourceS(OLESTR("db")), E_NOTIMPL);
    EXPECT_EQ(d->DestroyResourceS(nullptr), E_NOTIMPL);
}

TEST_F(IDispenserDriver_DestroyResource,
       what_is_looked_at_is_dead_at_once_and_destroyed_at_the_end) {
    const RESID id = created();
    auto look = d->find(id);
    ASSERT_TRUE(look);

    EXPECT_EQ(d->DestroyResource(id), S_OK);
    EXPECT_EQ(told.log, log_type{});
    EXPECT_EQ(d->DestroyResource(id), E_FAIL);
    EXPECT_FALSE(d->find(id));
    EXPECT_EQ(**look, 1) << "and it is whole";
    look.reset();
    EXPECT_EQ(told.log, (log_type{"destroy 1"}));
}

TEST_F(Dispenser_find, reaches_the_object_behind_a_number) {
    const RESID id = created();

    EXPECT_EQ(**d->find(id), 1);
    **d->find(id) = 8;
    EXPECT_EQ(**d->find(id), 8);
    EXPECT_FALSE(d->find(0));
    EXPECT_FALSE(d->find(12345));
}

TEST_F(Dispenser_find, the_last_release_destroys_what_is_left) {
    created();
    created();

    d.reset();

    EXPECT_EQ(told.log, (log_type{"destroy 1", "destroy 2"}));
}

TEST_F(Dispenser_find, QueryInterface_knows_IUnknown_and_IDispenserDriver_only) {
    void* object = nullptr;
    for (const IID& iid : {IID_IUnknown, IID_IDispenserDriver}) {
        EXPECT_EQ(d->QueryInterface(iid, &object), S_OK);
        EXPECT_EQ(object, static_cast<IDispenserDriver*>(d.get()));
        d->Release();
    }
    EXPECT_EQ(d->QueryInterface(IID_IHolder, &object), E_NOINTERFACE);
    EXPECT_EQ(object, nullptr);
    EXPECT_EQ(d->QueryInterface(IID_IUnknown, nullptr), E_POINTER);
}

// ---- drivers with less ------------------------------------------------------------------------

// One kind, no rating, no transactions, nothing to reset; a resource that a table could copy.
struct plain_driver {
    using resource = int;
    using no_reset = void;
    result<int> create() { return 1; }
};

TEST(IDispenserDriver_defaults, a_driver_of_one_kind_takes_any_type_but_0) {
    const auto d = dispense(plain_driver{});
    RESID id = 0;
    TIMEINSECS secs = -7;

    EXPECT_EQ(d->CreateResource(1, &id, &secs), S_OK);
    EXPECT_EQ(d->CreateResource(~RESTYPID{0}, &id, &secs), S_OK);
    EXPECT_EQ(d->CreateResource(0, &id, &secs), E_INVALIDARG);
    EXPECT_EQ(secs, -7) << "a driver without idle_limit does not write it";
}

TEST(IDispenserDriver_defaults, every_candidate_is_perfect_and_none_knows_transactions) {
    const auto d = dispense(plain_driver{});
    RESID id = 0;
    TIMEINSECS secs = 0;
    RESOURCERATING rated = 0;
    ASSERT_EQ(d->CreateResource(1, &id, &secs), S_OK);

    EXPECT_EQ(d->RateResource(2, id, FALSE, &rated), S_OK);
    EXPECT_EQ(rated, 100U);
    EXPECT_EQ(d->EnlistResource(id, 5), S_FALSE);
    EXPECT_EQ(d->EnlistResource(id, 0), S_FALSE);
    EXPECT_EQ(d->ResetResource(id), S_OK);
    EXPECT_EQ(d->DestroyResource(id), S_OK);
}

enum class colour : unsigned char { red = 1, blue = 2 };

struct coloured_driver {
    using resource = std::string;
    using resource_type = colour;
    result<std::string> create(const colour& c) {
        return std::string(c == colour::red ? "red" : "blue");
    }
    hresult reset(std::string&) { return hr::s_ok; }
};

TEST(IDispenserDriver_defaults, an_integral_type_is_the_number_itself_and_equal_ones_are_perfect) {
    const auto d = dispense(coloured_driver{});
    RESID id = 0;
    TIMEINSECS secs = 0;
    RESOURCERATING rated = 7;
    ASSERT_EQ(d->CreateResource(to_restypid(colour::blue), &id, &secs), S_OK);

    EXPECT_EQ(*d->find(id), "blue");
    EXPECT_EQ(d->RateResource(to_restypid(colour::blue), id, FALSE, &rated), S_OK);
    EXPECT_EQ(rated, 100U);
    EXPECT_EQ(d->RateResource(to_restypid(colour::red), id, FALSE, &rated), S_OK);
    EXPECT_EQ(rated, 0U);
    EXPECT_EQ(d->CreateResource(0x102, &id, &secs), E_INVALIDARG) << "no such colour fits";
}

// ---- strings ----------------------------------------------------------------------------------

struct file {
    std::string path;
};

struct file_driver {
    using resource = file;
    result<file> create() { return hr::e_notimpl; }
    std::string_view name(const file& f) const { return f.path; }
    enlistment enlist(file&, transaction_id) { return hr::s_ok; }
    void destroy(file&& f) { log->push_back("destroy " + f.path); }
    log_type* log;
};

class Dispenser_of_strings : public ::testing::Test {
protected:
    log_type log;
    com_ptr<dispenser<file_driver>> d = dispense(file_driver{&log});
};

TEST_F(Dispenser_of_strings, do_not_implement_what_takes_numbers) {
    RESID id = 0;
    TIMEINSECS secs = 0;
    RESOURCERATING rated = 0;

    EXPECT_EQ(d->CreateResource(1, &id, &secs), E_NOTIMPL);
    EXPECT_EQ(d->RateResource(1, 1, FALSE, &rated), E_NOTIMPL);
    EXPECT_EQ(d->ResetResource(1), E_NOTIMPL);
    EXPECT_EQ(d->DestroyResource(1), E_NOTIMPL);
    EXPECT_EQ(d->DestroyResource(0), E_NOTIMPL);
}

TEST_F(Dispenser_of_strings, adopt_a_resource_and_destroy_it_once_by_its_name) {
    EXPECT_EQ(*d->adopt(file{"/tmp/a"}), "/tmp/a");

    EXPECT_EQ(d->DestroyResourceS(OLESTR("/tmp/a")), S_OK);
    EXPECT_EQ(d->DestroyResourceS(OLESTR("/tmp/a")), E_FAIL);
    EXPECT_EQ(log, (log_type{"destroy /tmp/a"}));
}

TEST_F(Dispenser_of_strings, names_are_UTF8_inside_and_UTF16_outside) {
    const std::string inside = "/\xC3\xA4/\xF0\x9F\x97\x8E"; // a with dots, a filing cabinet
    ASSERT_TRUE(d->adopt(file{inside}));

    EXPECT_EQ(d->DestroyResourceS((*to_utf16(inside)).c_str()), S_OK);
    EXPECT_EQ(log, (log_type{"destroy " + inside}));
}

TEST_F(Dispenser_of_strings, refuse_names_that_are_empty_taken_or_no_text) {
    ASSERT_TRUE(d->adopt(file{"a"}));

    file taken{"a"};
    EXPECT_EQ(d->adopt(std::move(taken)).code(), hr::e_invalidarg);
    EXPECT_EQ(taken.path, "a") << "not moved from"; // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(d->adopt(file{""}).code(), hr::e_invalidarg);
    EXPECT_EQ(d->adopt(file{"\xFF"}).code(), hr::e_invalidarg);
    EXPECT_EQ(d->adopt(file{std::string("a\0b", 3)}).code(), hr::e_invalidarg);
    EXPECT_EQ(log, log_type{});
}

TEST_F(Dispenser_of_strings, null_and_half_a_pair_are_invalid_arguments) {
    const OLECHAR half[] = {0xD83D, 0};

    EXPECT_EQ(d->DestroyResourceS(nullptr), E_INVALIDARG);
    EXPECT_EQ(d->DestroyResourceS(half), E_INVALIDARG);
    EXPECT_EQ(d->DestroyResourceS(OLESTR("")), E_FAIL);
    EXPECT_EQ(d->DestroyResourceS(OLESTR("nobody")), E_FAIL);
}

TEST_F(Dispenser_of_strings, a_name_is_free_again_once_its_resource_is_destroyed) {
    ASSERT_TRUE(d->adopt(file{"a"}));
    ASSERT_EQ(d->DestroyResourceS(OLESTR("a")), S_OK);

    EXPECT_TRUE(d->adopt(file{"a"}));
    EXPECT_EQ(d->find("a")->path, "a");
    EXPECT_FALSE(d->find("b"));
}

TEST_F(Dispenser_of_strings, what_is_looked_at_is_destroyed_when_the_look_ends) {
    ASSERT_TRUE(d->adopt(file{"a"}));
    auto look = d->find("a");

    EXPECT_EQ(d->DestroyResourceS(OLESTR("a")), S_OK);
    EXPECT_EQ(log, log_type{});
    EXPECT_EQ(look->path, "a");
    look.reset();
    EXPECT_EQ(log, (log_type{"destroy a"}));
}

TEST_F(Dispenser_of_strings, find_a_name_among_others_that_are_almost_the_same) {
    const std::vector<std::string> names = {
        "b", "a",        "ab",        "abc",          "ac",
        "B", "\xC3\xA4", "a\xC3\xA4", "\xEF\xBF\xBD", "\xF0\x9F\x97\x8E"};
    for (const std::string& name : names) ASSERT_TRUE(d->adopt(file{name}));

    for (const char* nobody : {"bb", "abcd", "A", "\xC3\xA5", "\xF0\x9F\x97\x8F"}) {
        EXPECT_EQ(d->DestroyResourceS((*to_utf16(nobody)).c_str()), E_FAIL) << nobody;
    }
    for (const std::string& name : names) {
        EXPECT_EQ(d->DestroyResourceS((*to_utf16(name)).c_str()), S_OK) << name;
        EXPECT_EQ(log, (log_type{"destroy " + name}));
        log.clear();
    }
}

// A resource that calls somebody while it is moved into the dispenser.
struct talking_file {
    talking_file(std::string name, std::function<void()>* called)
        : path(std::move(name)), on_move(called) {}
    talking_file(talking_file&& other) noexcept
        : path(std::move(other.path)), on_move(other.on_move) {
        if (*on_move) std::exchange(*on_move, nullptr)();
    }
    talking_file& operator=(talking_file&&) = delete;
    ~talking_file() = default;

    std::string path;
    std::function<void()>* on_move;
};

struct talking_driver {
    using resource = talking_file;
    result<talking_file> create() { return hr::e_notimpl; }
    std::string_view name(const talking_file& f) const { return f.path; }
    enlistment enlist(talking_file&, transaction_id) { return hr::s_ok; }
};

TEST(Dispenser_of_strings_in_between, know_no_object_of_a_name_that_is_being_adopted) {
    const auto d = dispense(talking_driver{});
    HRESULT destroyed = S_OK;
    bool is_found = true;
    hresult adopted = hr::s_ok;
    std::function<void()> none;
    std::function<void()> on_move = [&] {
        destroyed = d->DestroyResourceS(OLESTR("a"));
        is_found = static_cast<bool>(d->find("a"));
        adopted = d->adopt(talking_file{"a", &none}).code();
    };

    EXPECT_TRUE(d->adopt(talking_file{"a", &on_move}));

    EXPECT_EQ(destroyed, E_FAIL);
    EXPECT_FALSE(is_found);
    EXPECT_EQ(adopted, hr::e_invalidarg) << "the name is taken";
    EXPECT_TRUE(d->find("a"));
    EXPECT_EQ(d->DestroyResourceS(OLESTR("a")), S_OK);
}

// ---- memory -----------------------------------------------------------------------------------

struct throwing_type {
    throwing_type() = default;
    throwing_type(const throwing_type&) { throw std::bad_alloc(); }
    friend bool operator==(const throwing_type&, const throwing_type&) { return true; }
};

struct uncopyable_type_driver {
    using resource = std::string;
    using resource_type = throwing_type;
    result<std::string> create(const throwing_type&) { return std::string("made"); }
    hresult reset(std::string&) { return hr::s_ok; }
    void destroy(std::string&& r) { log->push_back("destroy " + r); }
    log_type* log;
};

TEST(Dispenser_memory, a_resource_that_cannot_be_kept_is_destroyed) {
    log_type log;
    const auto d = dispense(uncopyable_type_driver{&log});
    const throwing_type type;
    RESID id = 5;
    TIMEINSECS secs = 5;

    EXPECT_EQ(d->CreateResource(to_restypid(type), &id, &secs), E_OUTOFMEMORY);
    EXPECT_EQ(id, 5U);
    EXPECT_EQ(log, (log_type{"destroy made"}));
}

} // namespace idispenserdriver_test
