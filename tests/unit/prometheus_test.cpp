// SPDX-License-Identifier: MIT
/// @file
/// The text for Prometheus is read line by line by a checker that accepts nothing but the format;
/// then it says what the snapshot says, for each pool, under lend's names and OpenTelemetry's.

#include "support/quiet_pool.hpp"
#include "support/recording_driver.hpp"

#include <lend/pool.hpp>
#include <lend/prometheus.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus_test {

using namespace std::chrono_literals;
using namespace lend_test;
using lend::acquire_outcome;
using lend::pool_metrics;

// Reads the text format, version 0.0.4, and complains of everything that a server might refuse, and
// of more: each metric has its HELP and its TYPE, in this order, and no sample before.
class checker {
public:
    using labels = std::map<std::string, std::string>;

    explicit checker(std::string_view text) {
        if (text.empty() || text.back() != '\n') complain("does not end with a line feed");
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            line_ = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            read_line();
        }
        line_ = {};
        for (const auto& [key, series] : histograms_) check_histogram(key, series);
    }

    std::vector<std::string> problems;

    // The value of a sample; NaN if there is none.
    [[nodiscard]] double value(const std::string& name, const labels& of) const {
        const auto found = samples_.find({name, of});
        return found == samples_.end() ? std::nan("") : found->second;
    }
    [[nodiscard]] std::size_t size() const { return samples_.size(); }
    [[nodiscard]] const std::map<std::string, std::string>& types() const { return types_; }

private:
    struct histogram_series {
        std::vector<std::pair<double, double>> buckets;
        double count = -1;
        bool has_sum = false;
    };

    void complain(const std::string& what) { problems.push_back(what + ": " + std::string(line_)); }

    static bool is_name(std::string_view name, bool may_have_colons) {
        if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
        for (const char c : name) {
            const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || (c == ':' && may_have_colons);
            if (!good) return false;
        }
        return true;
    }

    void read_line() {
        if (line_.starts_with("# HELP ")) return read_help(line_.substr(7));
        if (line_.starts_with("# TYPE ")) return read_type(line_.substr(7));
        if (line_.starts_with("#") || line_.empty()) return complain("is neither sample nor type");
        read_sample(line_);
    }

    void read_help(std::string_view rest) {
        const std::size_t space = rest.find(' ');
        metric_ = rest.substr(0, space);
        if (!is_name(metric_, true)) complain("is no name");
        if (space == std::string_view::npos || space + 1 == rest.size()) complain("has no text");
        if (!helped_.insert(metric_).second) complain("has two HELP lines, or is torn apart");
        for (std::size_t at = 0; at < rest.size(); ++at) {
            if (rest[at] == '\\' && rest[at + 1] != '\\' && rest[at + 1] != 'n') complain("escape");
        }
    }

    void read_type(std::string_view rest) {
        const std::size_t space = rest.find(' ');
        const std::string type(rest.substr(space + 1));
        if (rest.substr(0, space) != metric_) complain("is not the metric of the HELP before");
        if (type != "gauge" && type != "counter" && type != "histogram") complain("unknown type");
        if (!types_.emplace(metric_, type).second) complain("has two types");
        const bool total = metric_.ends_with("_total");
        if (total != (type == "counter")) complain("only counters end in _total, and all do");
    }

    void read_sample(std::string_view rest) {
        const std::size_t brace = rest.find_first_of("{ ");
        const std::string name(rest.substr(0, brace));
        if (!is_name(name, true)) complain("is no name");
        rest.remove_prefix(brace);
        labels all;
        if (rest.starts_with("{")) {
            rest.remove_prefix(1);
            while (!rest.starts_with("}")) {
                if (!read_label(rest, all)) return complain("has a bad label");
            }
            rest.remove_prefix(1);
        }
        if (!rest.starts_with(" ")) return complain("has no blank before its value");
        rest.remove_prefix(1);
        const std::string text(rest); // not from_chars: libc++ 19 has none for a double
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (text.empty() || *end != '\0') complain("has no float");
        add(name, all, value);
    }

    static bool read_label(std::string_view& rest, labels& all) {
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos) return false;
        const std::string name(rest.substr(0, equals));
        if (!is_name(name, false) || rest.substr(equals + 1, 1) != "\"") return false;
        rest.remove_prefix(equals + 2);
        std::string value;
        for (;; rest.remove_prefix(1)) {
            if (rest.empty()) return false;
            if (rest[0] == '"') break;
            if (rest[0] == '\\') {
                rest.remove_prefix(1);
                if (rest.empty() || std::string_view("\\\"n").find(rest[0]) == std::string::npos)
                    return false;
                value.push_back(rest[0] == 'n' ? '\n' : rest[0]);
            } else {
                value.push_back(rest[0]);
            }
        }
        rest.remove_prefix(1);
        if (rest.starts_with(",")) rest.remove_prefix(1);
        return all.emplace(name, value).second;
    }

    void add(const std::string& name, labels all, double value) {
        if (!samples_.emplace(std::pair(name, all), value).second) complain("is there twice");
        if (!types_.contains(metric_)) complain("stands before its type");
        if (types_[metric_] != "histogram") {
            if (name != metric_) complain("stands among the samples of " + metric_);
            if (types_[metric_] == "counter" && value < 0) complain("is negative");
            return;
        }
        const std::string suffix = name.substr((std::min)(metric_.size(), name.size()));
        if (!name.starts_with(metric_)) complain("stands among the samples of " + metric_);
        std::string le;
        if (suffix == "_bucket") {
            le = all["le"];
            all.erase("le");
        }
        histogram_series& series = histograms_[{metric_, all}];
        if (suffix == "_bucket") {
            const double bound =
                le == "+Inf" ? std::numeric_limits<double>::infinity() : std::stod(le);
            series.buckets.emplace_back(bound, value);
        } else if (suffix == "_count") {
            series.count = value;
        } else if (suffix == "_sum") {
            series.has_sum = true;
        } else {
            complain("is no part of a histogram");
        }
    }

    void check_histogram(const std::pair<std::string, labels>& key, const histogram_series& s) {
        line_ = key.first;
        if (!s.has_sum || s.count < 0) complain("lacks its sum or its count");
        if (s.buckets.empty() || !std::isinf(s.buckets.back().first)) complain("lacks +Inf");
        if (s.buckets.back().second != s.count) complain("has another count than +Inf");
        for (std::size_t at = 1; at < s.buckets.size(); ++at) {
            if (s.buckets[at].first <= s.buckets[at - 1].first) complain("bounds do not rise");
            if (s.buckets[at].second < s.buckets[at - 1].second) complain("counts fall");
        }
    }

    std::string_view line_;
    std::string metric_;
    std::set<std::string> helped_;
    std::map<std::string, std::string> types_;
    std::map<std::pair<std::string, labels>, double> samples_;
    std::map<std::pair<std::string, labels>, histogram_series> histograms_;
};

pool_metrics example(std::string name) {
    pool_metrics m{.name = std::move(name)};
    m.stats.idle = 1;
    m.stats.in_use = 2;
    m.stats.creating = 3;
    m.stats.checking = 4;
    m.stats.resetting = 5;
    m.stats.parked = 6;
    m.stats.destroying = 7;
    m.stats.waiting = 8;
    m.stats.max_size = 30;
    m.stats.min_idle = 9;
    m.stats.acquired = 100;
    m.stats.timed_out = 11;
    m.stats.closed[static_cast<std::size_t>(lend::destroy_reason::expired)] = 12;
    m.stats.create_failed_by[static_cast<std::size_t>(lend::create_failure::threw)] = 13;
    m.stats.refused_by[static_cast<std::size_t>(lend::refusal::paused)] = 14;
    m.stats.since_create_failed = 2500ms;
    m.timings.wait[static_cast<std::size_t>(acquire_outcome::served)].record(3ms, 5);
    m.timings.wait[static_cast<std::size_t>(acquire_outcome::timed_out)].record(30s, 2);
    m.timings.create.record(20ms);
    m.timings.use.record(1ns);
    return m;
}

TEST(Prometheus, every_line_is_of_the_format) {
    const pool_metrics pools[] = {example("a"), example("b"), pool_metrics{.name = "empty"}};

    EXPECT_EQ(checker(prometheus_text(pools)).problems, std::vector<std::string>{});
}

TEST(Prometheus, checker_refuses_what_is_not_of_the_format) {
    const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
    const char* const bad[] = {"a_total 1",
                               "a_total{p=\"x} 1\n",
                               "a_total{p=\"\\x\"} 1\n",
                               "a_total{p=x} 1\n",
                               "a_total one\n",
                               "a_total 1\na_total 2\n",
                               "b_total 1\n",
                               "1a 1\n",
                               "# HELP a_total x\n",
                               "# HELP b x\n# TYPE b counter\n",
                               "# HELP b x\n# TYPE b histogram\nb_count 1\nb_sum 1\n"
                               "b_bucket{le=\"+Inf\"} 2\n",
                               "# HELP b x\n# TYPE b histogram\nb_count 2\nb_sum 1\n"
                               "b_bucket{le=\"1\"} 3\nb_bucket{le=\"+Inf\"} 2\n"};
    EXPECT_TRUE(checker(head + "a_total{p=\"x\",q=\"\"} 1\n").problems.empty());
    for (const char* each : bad) EXPECT_FALSE(checker(head + each).problems.empty()) << each;
}

TEST(Prometheus, says_what_the_snapshot_says) {
    const checker read(prometheus_text(example("orders")));
    const auto value = [&](const char* name, checker::labels more) {
        more["pool"] = "orders";
        return read.value(name, more);
    };

    EXPECT_EQ(value("lend_pool_resources", {{"state", "idle"}}), 1);
    EXPECT_EQ(value("lend_pool_resources", {{"state", "destroying"}}), 7);
    EXPECT_EQ(value("lend_pool_max_size", {}), 30);
    EXPECT_EQ(value("lend_pool_acquires_total", {{"outcome", "served"}}), 100);
    EXPECT_EQ(value("lend_pool_acquires_total", {{"outcome", "timed_out"}}), 11);
    EXPECT_EQ(value("lend_pool_refused_total", {{"reason", "paused"}}), 14);
    EXPECT_EQ(value("lend_pool_closed_total", {{"reason", "expired"}}), 12);
    EXPECT_EQ(value("lend_pool_create_failed_total", {{"reason", "threw"}}), 13);
    EXPECT_EQ(value("lend_pool_last_create_failure_age_seconds", {}), 2.5);
    EXPECT_EQ(value("lend_pool_wait_seconds_count", {{"outcome", "timed_out"}}), 2);
    EXPECT_EQ(value("lend_pool_wait_seconds_sum", {{"outcome", "timed_out"}}), 60);
    EXPECT_EQ(value("lend_pool_wait_seconds_bucket", {{"outcome", "served"}, {"le", "+Inf"}}), 5);
    EXPECT_EQ(
        value("lend_pool_wait_seconds_bucket", {{"outcome", "served"}, {"le", "0.001048576"}}), 0);
    EXPECT_EQ(
        value("lend_pool_wait_seconds_bucket", {{"outcome", "served"}, {"le", "0.004194304"}}), 5);
    EXPECT_EQ(value("lend_pool_use_seconds_sum", {}), 1e-9);
}

// Each number is another, so that none can stand in another's place.
TEST(Prometheus, each_metric_is_of_its_own_field) {
    pool_metrics m{.name = "orders"};
    std::uint64_t last = 0;
    std::map<std::string, std::uint64_t> expected;
    const auto count = [&](const char* name, auto& field) { expected[name] = field = ++last; };
    count("lend_pool_max_size", m.stats.max_size);
    count("lend_pool_min_idle", m.stats.min_idle);
    count("lend_pool_waiting", m.stats.waiting);
    count("lend_pool_leaked", m.stats.leaked);
    count("lend_pool_reclaimed", m.stats.reclaimed);
    count("lend_pool_abandoned_creates", m.stats.abandoned);
    count("lend_pool_returned_total", m.stats.returned);
    count("lend_pool_waited_total", m.stats.waited);
    count("lend_pool_handed_over_total", m.stats.handed_over);
    count("lend_pool_created_total", m.stats.created);
    count("lend_pool_destroyed_total", m.stats.destroyed);
    count("lend_pool_detached_total", m.stats.detached);
    count("lend_pool_condemned_total", m.stats.condemned);
    count("lend_pool_destroy_failed_total", m.stats.destroy_failed);
    count("lend_pool_outages_total", m.stats.outages);
    const auto time = [&](const std::string& name, const char* result, lend::histogram& field) {
        field.record(1ms, ++last);
        expected[name + "_count " + result] = last;
    };
    time("lend_pool_create_seconds", "ok", m.timings.create);
    time("lend_pool_create_seconds", "failed", m.timings.create_failed);
    time("lend_pool_destroy_seconds", "ok", m.timings.destroy);
    time("lend_pool_destroy_seconds", "failed", m.timings.destroy_failed);
    time("lend_pool_reset_seconds", "ok", m.timings.reset);
    time("lend_pool_reset_seconds", "failed", m.timings.reset_failed);
    time("lend_pool_use_seconds", "", m.timings.use);

    const checker read(prometheus_text(m));

    for (const auto& [what, number] : expected) {
        const std::size_t blank = what.find(' ');
        checker::labels of{{"pool", "orders"}};
        if (blank != std::string::npos && blank + 1 < what.size())
            of["result"] = what.substr(blank + 1);
        EXPECT_EQ(read.value(what.substr(0, blank), of), static_cast<double>(number)) << what;
    }
}

// From a microsecond to four and a half minutes: a dashboard's queries name these bounds.
TEST(Prometheus, buckets_are_15_from_a_microsecond_to_minutes) {
    pool_metrics m{.name = "orders"};
    m.timings.use.record(270s);
    m.timings.use.record(280s);
    const checker read(prometheus_text(m));
    const auto up_to = [&](const char* le) {
        return read.value("lend_pool_use_seconds_bucket", {{"pool", "orders"}, {"le", le}});
    };

    EXPECT_EQ(up_to("0.000001024"), 0);
    EXPECT_EQ(up_to("68.719476736"), 0);
    EXPECT_EQ(up_to("274.877906944"), 1);
    EXPECT_EQ(up_to("+Inf"), 2);
}

TEST(Prometheus, names_states_and_times_as_open_telemetry_does) {
    const checker read(prometheus_text(example("orders")));
    const auto value = [&](const char* name, checker::labels more = {}) {
        more["db_client_connection_pool_name"] = "orders";
        return read.value(name, more);
    };
    const std::string state = "db_client_connection_state";

    EXPECT_EQ(value("db_client_connection_count", {{state, "idle"}}), 7);
    EXPECT_EQ(value("db_client_connection_count", {{state, "used"}}), 11);
    EXPECT_EQ(value("db_client_connection_idle_max"), 30);
    EXPECT_EQ(value("db_client_connection_idle_min"), 9);
    EXPECT_EQ(value("db_client_connection_max"), 30);
    EXPECT_EQ(value("db_client_connection_pending_requests"), 8);
    EXPECT_EQ(value("db_client_connection_timeouts_total"), 11);
    EXPECT_EQ(value("db_client_connection_create_time_seconds_count"), 1);
    EXPECT_EQ(value("db_client_connection_wait_time_seconds_count"), 5);
    EXPECT_EQ(value("db_client_connection_use_time_seconds_count"), 1);
}

TEST(FailureMode, 41_failures_and_reasons_are_metrics_before_anything_has_failed) {
    const checker read(prometheus_text(pool_metrics{.name = "new"}));
    for (std::size_t at = 0; at < lend::create_failures; ++at) {
        const std::string reason(to_string(static_cast<lend::create_failure>(at)));
        EXPECT_EQ(
            read.value("lend_pool_create_failed_total", {{"pool", "new"}, {"reason", reason}}), 0);
    }
    for (std::size_t at = 0; at < lend::destroy_reasons; ++at) {
        const std::string reason(to_string(static_cast<lend::destroy_reason>(at)));
        EXPECT_EQ(read.value("lend_pool_closed_total", {{"pool", "new"}, {"reason", reason}}), 0);
    }
    EXPECT_TRUE(
        std::isnan(read.value("lend_pool_last_create_failure_age_seconds", {{"pool", "new"}})));
}

TEST(Prometheus, label_values_are_escaped) {
    struct row {
        std::string raw;
        std::string shown;
    };
    const row rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"C:\\pool", "C:\\pool"},
        {"the \"main\" one", "the \"main\" one"},
        {"two\nlines", "two\nlines"},
        {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x98", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x98"},
        {"bad \xFF byte", "bad \xEF\xBF\xBD"
                          "FF byte"},
        {"cut \xC3", "cut \xEF\xBF\xBD"
                     "C3"},
        {"half \xED\xA0\x80", "half \xEF\xBF\xBD"
                              "ED\xEF\xBF\xBD"
                              "A0\xEF\xBF\xBD"
                              "80"},
        {"long \xC0\x80", "long \xEF\xBF\xBD"
                          "C0\xEF\xBF\xBD"
                          "80"},
        {"beyond \xF4\x90\x80\x80", "beyond \xEF\xBF\xBD"
                                    "F4\xEF\xBF\xBD"
                                    "90\xEF\xBF\xBD"
                                    "80\xEF\xBF\xBD"
                                    "80"},
        {"torn \xE2\x82 x", "torn \xEF\xBF\xBD"
                            "E2\xEF\xBF\xBD"
                            "82 x"},
        {"bad \xFE byte", "bad \xEF\xBF\xBD"
                          "FE byte"}, // and not the same as another
        {"\xEF\xBF\xBD"
         "FF",
         "\xEF\xBF\xBD"
         "EF\xEF\xBF\xBD"
         "BF\xEF\xBF\xBD"
         "BDFF"}};
    for (const row& each : rows) {
        const checker read(prometheus_text(pool_metrics{.name = each.raw}));
        EXPECT_EQ(read.problems, std::vector<std::string>{}) << each.raw;
        EXPECT_EQ(read.value("lend_pool_max_size", {{"pool", each.shown}}), 0) << each.raw;
    }
}

TEST(Prometheus, no_pools_make_metrics_without_samples) {
    const checker read(lend::prometheus_text(std::span<const pool_metrics>{}));

    EXPECT_EQ(read.problems, std::vector<std::string>{});
    EXPECT_EQ(read.size(), 0U);
    EXPECT_FALSE(read.types().empty());
}

TEST(Prometheus, metrics_of_a_pool_are_its_own) {
    pool_with<recording_driver> p(quiet(2));
    const auto held = p.pool.acquire();

    const checker read(prometheus_text(lend::metrics_of("live", p.pool)));

    EXPECT_EQ(read.problems, std::vector<std::string>{});
    EXPECT_EQ(read.value("lend_pool_resources", {{"pool", "live"}, {"state", "in_use"}}), 1);
    EXPECT_EQ(read.value("lend_pool_create_seconds_count", {{"pool", "live"}, {"result", "ok"}}),
              1);
}

TEST(Prometheus, several_pools_of_any_types_are_one_page) {
    auto options = quiet(2);
    options.name = "orders";
    pool_with<recording_driver> first(options);
    pool_with<with_idle_limit<recording_driver>> second(options);
    pool_with<recording_driver> third(quiet(2));
    const auto held = second.pool.acquire();

    const checker read(prometheus_text(first.pool, second.pool, third.pool));

    EXPECT_EQ(read.problems, std::vector<std::string>{});
    EXPECT_EQ(read.value("lend_pool_resources", {{"pool", "orders"}, {"state", "in_use"}}), 0);
    EXPECT_EQ(read.value("lend_pool_resources", {{"pool", "orders#2"}, {"state", "in_use"}}), 1);
    EXPECT_EQ(read.value("lend_pool_resources",
                         {{"pool", std::string(third.pool.name())}, {"state", "in_use"}}),
              0);
}

} // namespace prometheus_test
