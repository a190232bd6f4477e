// SPDX-License-Identifier: MIT
/// @file
/// Source sites: they name the line of the call, also through a default argument, and print in one
/// piece.

#include <lend/source_site.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string_view>
#include <type_traits>

namespace source_site_test {

using lend::source_site;

source_site of_caller(source_site site = source_site::current()) { return site; }

constexpr std::uint32_t line_at_compile_time() {
    constexpr source_site here = source_site::current();
    return here.line;
}

struct remembers {
    source_site site;
    explicit remembers(source_site s = source_site::current()) noexcept : site(s) {}
};

TEST(SourceSite, default_is_nowhere_with_empty_names) {
    const source_site nowhere;

    EXPECT_STREQ(nowhere.file, "");
    EXPECT_STREQ(nowhere.function, "");
    EXPECT_EQ(nowhere.line, 0U);
}

TEST(SourceSite, current_names_file_line_and_function) {
    const source_site here = source_site::current();
    const std::uint32_t line = __LINE__ - 1;

    EXPECT_TRUE(std::string_view(here.file).ends_with("source_site_test.cpp")) << here.file;
    EXPECT_EQ(here.line, line);
    EXPECT_STREQ(here.function, "TestBody");
}

TEST(SourceSite, default_argument_names_the_place_of_the_call) {
    const source_site first = of_caller();
    const source_site second = of_caller();
    const std::uint32_t line = __LINE__ - 1;

    EXPECT_EQ(first.line, line - 1);
    EXPECT_EQ(second.line, line);
    EXPECT_STREQ(second.function, "TestBody");
}

TEST(SourceSite, default_argument_of_a_constructor_names_the_place_of_the_object) {
    const remembers object;
    const std::uint32_t line = __LINE__ - 1;

    EXPECT_EQ(object.site.line, line);
}

TEST(SourceSite, site_that_is_passed_on_is_kept) {
    const auto outer = [](source_site site = source_site::current()) { return of_caller(site); };
    const source_site passed = outer();
    const std::uint32_t line = __LINE__ - 1;

    EXPECT_EQ(passed.line, line);
}

TEST(SourceSite, is_known_at_compile_time) {
    static_assert(line_at_compile_time() > 0);
    static_assert(std::is_trivially_copyable_v<source_site>);
    static_assert(noexcept(source_site::current()));
    static_assert(sizeof(source_site) == 24 || sizeof(void*) != 8);
}

TEST(SourceSite, prints_file_line_and_function) {
    const source_site site{"pool.cpp", "serve", 42};
    std::ostringstream out;

    out << site << ';';

    EXPECT_EQ(out.str(), "pool.cpp:42 (serve);");
}

TEST(SourceSite, default_prints_as_line_zero_of_nothing) {
    std::ostringstream out;

    out << source_site();

    EXPECT_EQ(out.str(), ":0 ()");
}

} // namespace source_site_test
