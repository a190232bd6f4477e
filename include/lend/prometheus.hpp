// SPDX-License-Identifier: MIT
/// @file
/// What pools say of themselves as text for Prometheus: lend's own metrics, and beside them those
/// of OpenTelemetry's semantic conventions for connection pools, from the same snapshot.

#ifndef LEND_PROMETHEUS_HPP
#define LEND_PROMETHEUS_HPP

#include <lend/destroy_reason.hpp>
#include <lend/histogram.hpp>
#include <lend/outcome.hpp>
#include <lend/stats.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace lend::inline v0_1 {

/// One pool at one moment, under the name that it has in metrics.
/// Size: 35 KB. @par Thread safety A plain value.
struct pool_metrics {
    std::string name;
    pool_stats stats{};
    pool_timings timings{};
};

namespace detail {

template <class Pool>
concept measured_pool = requires(const Pool& pool) {
    pool.name();
    pool.stats();
    pool.timings();
};

} // namespace detail

/// Looks at a pool.
/// @param name  the label of its metrics: any text, best one that no other pool of the program has.
/// @par Errors None; throws bad_alloc when memory is out.
/// @par Thread safety As `pool::stats` and `pool::timings`.
template <class Pool>
[[nodiscard]] pool_metrics metrics_of(std::string_view name, const Pool& pool) {
    return {std::string(name), pool.stats(), pool.timings()};
}
/// The same under the pool's own name, pool_options::name.
template <detail::measured_pool Pool>
[[nodiscard]] pool_metrics metrics_of(const Pool& pool) {
    return metrics_of(pool.name(), pool);
}

/// The content type of what `prometheus_text` returns, for the answer to a scrape.
inline constexpr std::string_view prometheus_content_type =
    "text/plain; version=0.0.4; charset=utf-8";

namespace detail {

// Text that may stand between the quotes of a label's value: backslash, quote and line feed
// escaped, and what is not UTF-8 replaced, for one wrong byte makes a server refuse the whole
// answer. Different texts stay different: each such byte is U+FFFD and its two hexadecimal digits,
// and so are the bytes of an U+FFFD.
class label_text {
public:
    static std::string of(std::string_view raw) {
        std::string text;
        for (std::size_t at = 0; at < raw.size();) {
            const std::size_t length = utf8_length(raw.substr(at));
            if (length == 0 || raw.substr(at, length) == replacement) {
                const std::size_t end = at + (length == 0 ? 1 : length);
                for (; at < end; ++at) append_byte(text, static_cast<unsigned char>(raw[at]));
                continue;
            }
            append(text, raw.substr(at, length));
            at += length;
        }
        return text;
    }

private:
    static constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

    static void append_byte(std::string& text, unsigned char byte) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        text.append(replacement).push_back(digits[byte / 16]);
        text.push_back(digits[byte % 16]);
    }

    static void append(std::string& text, std::string_view character) {
        if (character == "\n") {
            text.append("\\n");
            return;
        }
        if (character == "\\" || character == "\"") text.push_back('\\');
        text.append(character);
    }

    static bool is_between(char c, unsigned first, unsigned last) {
        const auto byte = static_cast<unsigned char>(c);
        return first <= byte && byte <= last;
    }

    // How long the character is at the start of a text that is not empty; 0: it is none. Unicode,
    // table 3-7: neither longer than needed, nor half of a UTF-16 pair, nor beyond U+10FFFF.
    static std::size_t utf8_length(std::string_view text) {
        struct row {
            unsigned first, last, second_from, second_to;
            std::size_t length;
        };
        constexpr row rows[] = {
            {0x00, 0x7F, 0x00, 0xFF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
            {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
            {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
        for (const row& each : rows) {
            if (!is_between(text[0], each.first, each.last)) continue;
            if (each.length == 1) return 1;
            if (text.size() < each.length) return 0;
            if (!is_between(text[1], each.second_from, each.second_to)) return 0;
            for (std::size_t at = 2; at < each.length; ++at) {
                if (!is_between(text[at], 0x80, 0xBF)) return 0;
            }
            return each.length;
        }
        return 0;
    }
};

// Metric after metric, each with all samples of all pools together, as the format demands.
class prometheus_writer {
public:
    using nanoseconds = std::chrono::nanoseconds;
    struct label {
        std::string_view name;
        std::string_view value; // escaped
    };

    // A metric begins; the samples up to the next belong to it.
    void metric(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
        text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    void sample(std::initializer_list<label> labels, std::uint64_t value) {
        line("", labels, {}, std::to_string(value));
    }
    void sample(std::initializer_list<label> labels, nanoseconds value) {
        line("", labels, {}, seconds(value));
    }

    // Buckets from a microsecond to four and a half minutes, four times as long each. Powers of two
    // nanoseconds, up to which a histogram's counts are exact.
    void sample(std::initializer_list<label> labels, const histogram& h) {
        for (unsigned power = 10; power <= 38; power += 2) {
            const nanoseconds bound(std::int64_t{1} << power);
            line("_bucket", labels, seconds(bound), std::to_string(h.count_up_to(bound)));
        }
        line("_bucket", labels, "+Inf", std::to_string(h.count()));
        line("_sum", labels, {}, seconds(h.sum()));
        line("_count", labels, {}, std::to_string(h.count()));
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void line(std::string_view suffix,
              std::initializer_list<label> labels,
              std::string_view up_to,
              const std::string& value) {
        text_.append(name_).append(suffix);
        char before = '{';
        const auto add = [&](std::string_view name, std::string_view of) {
            text_.push_back(before);
            text_.append(name).append("=\"").append(of).append("\"");
            before = ',';
        };
        for (const label& each : labels) add(each.name, each.value);
        if (!up_to.empty()) add("le", up_to);
        text_.append("} ").append(value).append("\n");
    }

    // Exactly, without a float in between.
    static std::string seconds(nanoseconds time) {
        constexpr std::int64_t second = 1'000'000'000;
        std::string text = std::to_string(time.count() / second);
        if (const std::int64_t rest = time.count() % second; rest != 0) {
            text.append(".").append(std::to_string(second + rest).substr(1));
            while (text.back() == '0') text.pop_back();
        }
        return text;
    }

    std::string text_;
    std::string_view name_;
};

// All metrics of some pools.
class prometheus_page {
    using writer = prometheus_writer;

public:
    explicit prometheus_page(std::span<const pool_metrics> pools) : pools_(pools) {
        for (const pool_metrics& each : pools)
            names_.append(label_text::of(each.name)).push_back('\n');
    }

    std::string write() {
        gauges();
        acquires();
        resources();
        times();
        open_telemetry();
        return out_.take();
    }

private:
    // Calls `each(name, metrics)` for each pool.
    template <class Each>
    void for_pools(const Each& each) {
        std::string_view names = names_; // escaped, so that none has a line feed
        for (const pool_metrics& pool : pools_) {
            const std::size_t end = names.find('\n');
            each(names.substr(0, end), pool);
            names.remove_prefix(end + 1);
        }
    }

    // A metric with one sample for each pool.
    template <class Value>
    void one(std::string_view name,
             std::string_view type,
             std::string_view help,
             const Value& value,
             std::string_view label = "pool") {
        out_.metric(name, type, help);
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            out_.sample({{label, pool}}, value(m));
        });
    }
    void gauge(std::string_view name, std::string_view help, std::size_t pool_stats::*field) {
        one(name, "gauge", help,
            [&](const pool_metrics& m) { return std::uint64_t{m.stats.*field}; });
    }
    void counter(std::string_view name, std::string_view help, std::uint64_t pool_stats::*field) {
        one(name, "counter", help, [&](const pool_metrics& m) { return m.stats.*field; });
    }

    // A counter with one sample for each reason.
    template <class Enum, std::size_t Size>
    void reasons(std::string_view name,
                 std::string_view help,
                 std::array<std::uint64_t, Size> pool_stats::*field) {
        out_.metric(name, "counter", help);
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            for (std::size_t at = 0; at < Size; ++at) {
                out_.sample({{"pool", pool}, {"reason", to_string(static_cast<Enum>(at))}},
                            (m.stats.*field)[at]);
            }
        });
    }

    // A histogram of what went well and of what failed.
    void results(std::string_view name,
                 std::string_view help,
                 histogram pool_timings::*good,
                 histogram pool_timings::*bad) {
        out_.metric(name, "histogram", help);
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            out_.sample({{"pool", pool}, {"result", "ok"}}, m.timings.*good);
            out_.sample({{"pool", pool}, {"result", "failed"}}, m.timings.*bad);
        });
    }

    void gauges() {
        out_.metric("lend_pool_resources", "gauge", "Resources by what they are doing.");
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            const pool_stats& s = m.stats;
            const std::pair<std::string_view, std::size_t> states[] = {
                {"idle", s.idle},
                {"in_use", s.in_use},
                {"creating", s.creating},
                {"checking", s.checking},
                {"resetting", s.resetting},
                {"parked", s.parked},
                {"destroying", s.destroying}};
            for (const auto& [state, count] : states)
                out_.sample({{"pool", pool}, {"state", state}}, std::uint64_t{count});
        });
        gauge("lend_pool_max_size", "The most resources that may exist.", &pool_stats::max_size);
        gauge("lend_pool_min_idle", "Idle resources to be kept ready.", &pool_stats::min_idle);
        gauge("lend_pool_waiting", "Callers in the queue.", &pool_stats::waiting);
        gauge("lend_pool_leaked", "Leases that last too long.", &pool_stats::leaked);
        gauge("lend_pool_reclaimed", "Leaked resources that are not counted on any more.",
              &pool_stats::reclaimed);
        gauge("lend_pool_abandoned_creates", "Creates given up that still run.",
              &pool_stats::abandoned);
    }

    void acquires() {
        out_.metric("lend_pool_acquires_total", "counter", "Acquires by how they ended.");
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            const pool_stats& s = m.stats;
            const std::uint64_t counts[acquire_outcomes] = {s.acquired, s.timed_out, s.cancelled,
                                                            s.shed, s.refused};
            for (std::size_t at = 0; at < acquire_outcomes; ++at) {
                const auto outcome = to_string(static_cast<acquire_outcome>(at));
                out_.sample({{"pool", pool}, {"outcome", outcome}}, counts[at]);
            }
        });
        reasons<refusal>("lend_pool_refused_total", "Refused acquires by reason.",
                         &pool_stats::refused_by);
        counter("lend_pool_returned_total", "Leases that have ended.", &pool_stats::returned);
        counter("lend_pool_waited_total", "Acquires that joined the queue.", &pool_stats::waited);
        counter("lend_pool_handed_over_total", "Resources given directly to a waiter.",
                &pool_stats::handed_over);
    }

    void resources() {
        counter("lend_pool_created_total", "Creates that succeeded.", &pool_stats::created);
        reasons<create_failure>("lend_pool_create_failed_total", "Failed creates by reason.",
                                &pool_stats::create_failed_by);
        counter("lend_pool_destroyed_total", "Resources destroyed.", &pool_stats::destroyed);
        reasons<destroy_reason>("lend_pool_closed_total", "Resources to be destroyed, by reason.",
                                &pool_stats::closed);
        counter("lend_pool_detached_total", "Resources that left the pool alive.",
                &pool_stats::detached);
        counter("lend_pool_condemned_total", "Lent resources marked for destruction.",
                &pool_stats::condemned);
        counter("lend_pool_destroy_failed_total", "Destroys that reported a failure.",
                &pool_stats::destroy_failed);
        counter("lend_pool_outages_total", "Times that a check found the backend gone.",
                &pool_stats::outages);
        out_.metric("lend_pool_last_create_failure_age_seconds", "gauge",
                    "How long ago the last create failed; absent if none did.");
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            if (m.stats.since_create_failed != (std::chrono::nanoseconds::max)())
                out_.sample({{"pool", pool}}, m.stats.since_create_failed);
        });
    }

    void times() {
        out_.metric("lend_pool_wait_seconds", "histogram", "Time in the queue, by how it ended.");
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            for (std::size_t at = 0; at < acquire_outcomes; ++at) {
                const auto outcome = to_string(static_cast<acquire_outcome>(at));
                out_.sample({{"pool", pool}, {"outcome", outcome}}, m.timings.wait[at]);
            }
        });
        results("lend_pool_create_seconds", "Duration of creates.", &pool_timings::create,
                &pool_timings::create_failed);
        results("lend_pool_destroy_seconds", "Duration of destroys.", &pool_timings::destroy,
                &pool_timings::destroy_failed);
        results("lend_pool_reset_seconds", "Duration of resets, with time_uses.",
                &pool_timings::reset, &pool_timings::reset_failed);
        one("lend_pool_use_seconds", "histogram", "Duration of leases, with time_uses.",
            [](const pool_metrics& m) -> const histogram& { return m.timings.use; });
    }

    // Names, units and attributes of the conventions, spelled as their mapping to Prometheus says:
    // dots become underscores, the unit s becomes _seconds, a counter ends in _total. The
    // conventions know the states idle and used only; used is whatever its borrower, a check or a
    // reset is busy with. What is being made or destroyed is no open connection.
    void open_telemetry() {
        constexpr std::string_view pool_name = "db_client_connection_pool_name";
        constexpr std::string_view state = "db_client_connection_state";
        out_.metric("db_client_connection_count", "gauge",
                    "The number of connections that are in the state that is named.");
        for_pools([&](std::string_view pool, const pool_metrics& m) {
            const pool_stats& s = m.stats;
            out_.sample({{pool_name, pool}, {state, "idle"}}, std::uint64_t{s.idle + s.parked});
            out_.sample({{pool_name, pool}, {state, "used"}},
                        std::uint64_t{s.in_use + s.checking + s.resetting});
        });
        const auto otel = [&](std::string_view name, std::string_view type, std::string_view help,
                              const auto& value) { one(name, type, help, value, pool_name); };
        otel("db_client_connection_idle_max", "gauge", "The most idle connections allowed.",
             [](const pool_metrics& m) { return std::uint64_t{m.stats.max_size}; });
        otel("db_client_connection_idle_min", "gauge", "The fewest idle connections allowed.",
             [](const pool_metrics& m) { return std::uint64_t{m.stats.min_idle}; });
        otel("db_client_connection_max", "gauge", "The most connections allowed.",
             [](const pool_metrics& m) { return std::uint64_t{m.stats.max_size}; });
        otel("db_client_connection_pending_requests", "gauge", "Requests that wait for one.",
             [](const pool_metrics& m) { return std::uint64_t{m.stats.waiting}; });
        otel("db_client_connection_timeouts_total", "counter", "Requests that timed out.",
             [](const pool_metrics& m) { return m.stats.timed_out; });
        otel("db_client_connection_create_time_seconds", "histogram", "Time to create one.",
             [](const pool_metrics& m) -> const histogram& { return m.timings.create; });
        otel("db_client_connection_wait_time_seconds", "histogram", "Time to obtain one.",
             [](const pool_metrics& m) -> const histogram& {
                 return m.timings.wait_of(acquire_outcome::served);
             });
        otel("db_client_connection_use_time_seconds", "histogram",
             "Time between borrowing one and returning it.",
             [](const pool_metrics& m) -> const histogram& { return m.timings.use; });
    }

    std::span<const pool_metrics> pools_;
    std::string names_; // one a line
    writer out_;
};

} // namespace detail

/// The metrics of some pools in Prometheus' text format, version 0.0.4: `lend_pool_*`, and
/// `db_client_connection_*` as OpenTelemetry's semantic conventions name them. Times are in
/// seconds. Every sample is there from the first call on, with 0 where nothing has happened; but
/// for the age of the last failed create, which is absent if none failed.
///
/// @param pools  each with a name of its own; two with the same one make a text that a server
///               refuses.
/// @par Errors None; throws bad_alloc when memory is out.
/// @par Thread safety Safe.
/// @par Complexity Linear in the number of pools: some 300 lines for each, 30 KB.
/// @par Source OpenTelemetry semantic conventions, database metrics, connection pools; Prometheus
///   exposition formats. Differs: idle.max is the maximum size, for lend has no other.
[[nodiscard]] inline std::string prometheus_text(std::span<const pool_metrics> pools) {
    return detail::prometheus_page(pools).write();
}

/// The same of one pool.
/// @par Errors As above. @par Thread safety As above.
[[nodiscard]] inline std::string prometheus_text(const pool_metrics& pool) {
    return prometheus_text(std::span(&pool, 1));
}

/// The same of the program's pools, of any types, under their own names: one page for a scrape.
/// Pools whose names are equal, as of those that have none, are told apart by a number in the order
/// in which they are given: "", "#2", "#3".
/// @par Errors As above. @par Thread safety As `pool::stats` and `pool::timings`.
template <class... Pools>
requires(sizeof...(Pools) > 0 && (detail::measured_pool<Pools> && ...)) [[nodiscard]] std::string
    prometheus_text(const Pools&... pools) {
    std::array<pool_metrics, sizeof...(Pools)> all{metrics_of(pools)...};
    std::array<std::string, sizeof...(Pools)> given;
    for (std::size_t at = 0; at < all.size(); ++at) {
        given[at] = all[at].name;
        const auto before = given.begin() + static_cast<std::ptrdiff_t>(at);
        const auto times = std::count(given.begin(), before, given[at]);
        if (times > 0) all[at].name += "#" + std::to_string(times + 1);
    }
    return prometheus_text(std::span<const pool_metrics>(all));
}

} // namespace lend

#endif // LEND_PROMETHEUS_HPP
