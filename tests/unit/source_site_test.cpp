// SPDX-License-Identifier: MIT
/// @file
/// A source site names the caller's place, not its own.

#include <lend/source_site.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

namespace {

using lend::source_site;

source_site asked_by(source_site site = source_site::current()) { return site; }

TEST(SourceSite, default_argument_names_the_place_of_the_call) {
    const source_site site = asked_by();
    const unsigned here = __LINE__ - 1;

    EXPECT_EQ(site.line, here);
    EXPECT_TRUE(std::string_view(site.file).ends_with("source_site_test.cpp"));
    EXPECT_EQ(std::string_view(site.function), "TestBody");
}

TEST(SourceSite, empty_site_can_be_printed) {
    std::ostringstream out;

    out << source_site{};

    EXPECT_EQ(out.str(), ":0 ()");
}

TEST(SourceSite, line_reads_as_compilers_write_it) {
    std::ostringstream out;

    out << source_site{"a.cpp", "main", 12};

    EXPECT_EQ(out.str(), "a.cpp:12 (main)");
}

TEST(SourceSite, is_trivially_copyable) {
    static_assert(std::is_trivially_copyable_v<source_site>);
    static_assert(sizeof(source_site) == 3 * sizeof(void*));
}

} // namespace
