// SPDX-License-Identifier: MIT
/// @file
/// One public call with its n-th allocation failing, for n = 1, 2, ... until none fails, once and
/// from there on for ever: what it answers, that nothing has changed, and that it succeeds with
/// memory.

#ifndef LEND_TESTS_FAULTS_EACH_ALLOCATION_HPP
#define LEND_TESTS_FAULTS_EACH_ALLOCATION_HPP

#include "support/leak_guard.hpp"

#include <lend/hresult.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>

namespace lend_test {

/// Whether a call may allocate. One that must not is a failure if it does.
enum class memory_use : std::uint8_t { some, none };

/// A public call, as a line of a table. A Place is what it is called on: made afresh for each n,
/// with memory; its `look()` is what must be the same after a failure as before.
template <class Place>
struct named_call {
    const char* name;
    memory_use uses;
    void (*prepare)(Place&);
    lend::hresult (*call)(Place&);
    /// What it answers with memory, and may answer without as well.
    lend::hresult usual = lend::hr::s_ok;
    /// What else it may answer without memory: e_outofmemory, or this.
    lend::hresult without = lend::hr::e_outofmemory;
    /// What has to happen before it is tried again.
    void (*recover)(Place&) = nullptr;

    friend void PrintTo(const named_call& it, std::ostream* out) { *out << it.name; }
};

/// For INSTANTIATE_TEST_SUITE_P: the name of a call as part of the test's name.
struct name_of_call {
    template <class Call>
    std::string operator()(const testing::TestParamInfo<Call>& info) const {
        return info.param.name;
    }
};

/// Nothing needs to be prepared.
template <class Place>
void as_it_is(Place&) {}

/// One attempt. False if no allocation was left to fail.
template <class Place>
bool fail_one_allocation(const named_call<Place>& tried, std::uint64_t nth, lasting how) {
    Place place;
    tried.prepare(place);
    const auto before = place.look();
    lend::hresult code = lend::hr::e_unexpected;
    bool fired = false;
    {
        const failing_allocation failing(nth, how);
        code = tried.call(place);
        fired = failing.happened();
    }
    if (code == tried.usual) return fired;
    EXPECT_TRUE(fired) << "failed without a reason";
    EXPECT_TRUE(code == lend::hr::e_outofmemory || code == tried.without) << code;
    EXPECT_EQ(place.look(), before) << "something changed, though the call failed";
    if (tried.recover != nullptr) tried.recover(place);
    EXPECT_EQ(tried.call(place), tried.usual) << "again, with memory";
    return fired;
}

template <class Place>
void fail_each_allocation_of(const named_call<Place>& tried) {
    for (const lasting how : {lasting::once, lasting::for_ever}) {
        std::uint64_t nth = 1;
        while (fail_one_allocation(tried, nth, how) && !testing::Test::HasFailure()) ++nth;
        const bool allocates = nth > 1;
        EXPECT_EQ(allocates, tried.uses == memory_use::some)
            << "ended at allocation " << nth << (how == lasting::once ? ", once" : " and later");
    }
}

} // namespace lend_test

#endif // LEND_TESTS_FAULTS_EACH_ALLOCATION_HPP
