// SPDX-License-Identifier: MIT
/// @file
/// What comes into lend from outside as numbers and text: raw pool_options, and spans of any length
/// for every call that takes one; UTF-8 and UTF-16; names of pools in Prometheus' text; codes; the
/// description of a SQLite database. lend parses no option text of its own.

#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"
#include "pool_books.hpp"
#include "text_models.hpp"

#include <lend/com/utf16.hpp>
#include <lend/drivers/sqlite.hpp>
#include <lend/pool.hpp>
#include <lend/pool_options.hpp>
#include <lend/prometheus.hpp>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace lend_test;
using std::chrono::nanoseconds;
namespace hr = lend::hr;

// ---- numbers -----------------------------------------------------------------------------------

// All 64 bits, or one that is likely to be wrong.
std::uint64_t number(fuzz_input& in) {
    static constexpr std::uint64_t odd[] = {
        0,
        1,
        2,
        16'000'000,
        16'000'001,
        static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)()),
        static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)()) - 1,
        static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::min)()),
        (std::numeric_limits<std::uint64_t>::max)(),
        1'000'000'000};
    const std::uint8_t how = in.byte();
    if (how % 16U < std::size(odd)) return odd[how % 16U];
    return how % 16U == 15 ? in.word() : in.word() >> (how % 64U);
}
nanoseconds span(fuzz_input& in) { return nanoseconds(static_cast<std::int64_t>(number(in))); }

// Any double, or one that is likely to be wrong.
double share(fuzz_input& in) {
    using limits = std::numeric_limits<double>;
    static constexpr double odd[] = {0.0,
                                     -0.0,
                                     1.0,
                                     1.0 + limits::epsilon(),
                                     -limits::denorm_min(),
                                     limits::quiet_NaN(),
                                     -limits::quiet_NaN(),
                                     limits::infinity()};
    const std::uint8_t how = in.byte();
    if (how % 16U < std::size(odd)) return odd[how % 16U];
    return std::bit_cast<double>(in.word());
}

lend::pool_options raw_options(fuzz_input& in) {
    lend::pool_options options;
    // Few of the fields, or hardly any set would be valid.
    for (std::size_t left = in.below(6); left > 0; --left) {
        switch (in.below(18)) {
        case 0:
            options.max_size = number(in);
            break;
        case 1:
            options.min_idle = number(in);
            break;
        case 2:
            options.max_per_key = number(in);
            break;
        case 3:
            options.acquire_timeout = span(in);
            break;
        case 4:
            options.start_jitter = span(in);
            break;
        case 5:
            options.queue_target = span(in);
            break;
        case 6:
            options.queue_interval = span(in);
            break;
        case 7:
            options.create_timeout = span(in);
            options.retry_min = span(in);
            options.retry_max = span(in);
            break;
        case 8:
            options.idle_timeout = span(in);
            break;
        case 9:
            options.max_lifetime = span(in);
            break;
        case 10:
            options.lifetime_jitter = share(in);
            break;
        case 11:
            options.alive_bypass = span(in);
            break;
        case 12:
            options.keep_alive = span(in);
            break;
        case 13:
            options.prune_window = span(in);
            break;
        case 14:
            options.leak_after = span(in);
            break;
        case 15:
            options.max_waiters = number(in);
            break;
        case 16:
            options.max_parallel_creates = number(in);
            break;
        default:
            options.pooling = static_cast<lend::pooling_mode>(in.flag());
            break;
        }
    }
    options.housekeeping = lend::housekeeping_mode::manual;
    options.fairness = static_cast<lend::fairness_mode>(in.flag());
    options.on_create_failure = static_cast<lend::create_failure_mode>(in.flag());
    options.leak_action = static_cast<lend::leak_mode>(in.flag());
    options.creation = static_cast<lend::creation_mode>(in.flag());
    return options;
}

// The name of the first field that is out of the range that pool_options.hpp documents; empty:
// none.
std::string_view wrong_field(const lend::pool_options& o) {
    const bool keeps_nothing = o.pooling == lend::pooling_mode::unpooled;
    if (o.max_size < 1 || o.max_size > 16'000'000) return "max_size";
    if (o.min_idle > o.max_size || (keeps_nothing && o.min_idle > 0)) return "min_idle";
    if (o.max_per_key > o.max_size) return "max_per_key";
    const auto zero = nanoseconds(0);
    if (o.acquire_timeout < zero) return "acquire_timeout";
    if (o.start_jitter < zero) return "start_jitter";
    if (o.queue_target < zero) return "queue_target";
    if (o.queue_interval <= zero) return "queue_interval";
    if (o.create_timeout <= zero) return "create_timeout";
    if (o.retry_min <= zero) return "retry_min";
    if (o.retry_max <= zero) return "retry_max";
    if (o.idle_timeout <= zero) return "idle_timeout";
    if (o.max_lifetime <= zero) return "max_lifetime";
    const bool is_share = o.lifetime_jitter >= 0 && o.lifetime_jitter <= 1;
    if (!is_share) return "lifetime_jitter"; // also what is no number
    if (o.alive_bypass < zero) return "alive_bypass";
    if (o.keep_alive < zero) return "keep_alive";
    if (o.prune_window < zero) return "prune_window";
    if (o.leak_after < zero) return "leak_after";
    return {};
}

void expect_refusal(const lend::error& why, std::string_view field) {
    FUZZ_CHECK(why.code() == hr::e_invalidarg);
    const std::string start = "pool_options::" + std::string(field) + " is ";
    FUZZ_CHECK(why.text().starts_with(start));
    const std::size_t advice = why.text().find("; ");
    FUZZ_CHECK(advice != std::string::npos && advice > start.size());
    FUZZ_CHECK(advice + 2 < why.text().size());
    FUZZ_CHECK(why.message().find(start) != std::string::npos);
}

using pool_type = lend::pool<booked_driver, fuzz_platform>;

// A pool with any valid options works; spans and deadlines of any length are as good as others.
void use(fuzz_input& in, pool_type& pool, const lend::pool_options& options) {
    if (auto lease = pool.try_acquire()) FUZZ_CHECK(lease->release() != hr::lend_e_stale);
    FUZZ_CHECK(pool.stats().create_failed == 0 && pool.stats().created == 1);
    if (in.flag()) fuzz_world::now().time += std::chrono::hours(in.byte());
    (void)pool.clear_over(span(in));
    const auto patience = span(in);
    const bool is_for_ever = patience > std::chrono::hours(24 * 365);
    {
        const auto held = pool.try_acquire_for(patience);
        FUZZ_CHECK(held.has_value());
        if (options.max_size == 1 && !is_for_ever) FUZZ_CHECK(!pool.try_acquire_for(patience));
    }
    if (options.min_idle < 64) {
        (void)pool.sweep();
        (void)pool.sweep(fuzz_platform::time_point(span(in)));
    }
    // Creates that begin in a hundred years are waited for.
    if (options.start_jitter < std::chrono::hours(24)) (void)pool.warm_up(in.below(3), span(in));
    (void)pool.resize(number(in) % 100, number(in) % 100);
    (void)pool.health();
    FUZZ_CHECK(!lend::prometheus_text(lend::metrics_of("any", pool)).empty());
    if (in.flag()) {
        FUZZ_CHECK(pool.drain(span(in)).hold_outs.empty());
    } else {
        FUZZ_CHECK(pool.close(span(in)) == hr::s_ok);
    }
}

void fuzz_options(fuzz_input& in) {
    const lend::pool_options options = raw_options(in);
    const std::string_view wrong = wrong_field(options);
    const auto verdict = options.validate();
    FUZZ_CHECK(verdict.has_value() == wrong.empty());
    if (!verdict) expect_refusal(verdict.error(), wrong);
    pool_books books;
    const auto token = std::make_shared<int>(0);
    {
        auto made = pool_type::make(booked_driver(books, token), options);
        FUZZ_CHECK(made.has_value() == wrong.empty());
        if (!made) expect_refusal(made.error(), wrong);
        if (made) use(in, *made, options);
    }
    FUZZ_CHECK(books.live() == 0 && token.use_count() == 1);
}

// ---- text --------------------------------------------------------------------------------------

// Bytes as they come, or numbers of characters, real ones and others, spelled as UTF-8 would.
std::string some_utf8(fuzz_input& in) {
    if (in.flag()) return in.text();
    std::string bytes;
    for (std::size_t left = in.below(8); left > 0; --left) {
        static constexpr std::uint32_t odd[] = {
            0,      0x7F,   0x80,   0x7FF,  0x800,   0xD7FF,   0xD800,   0xDBFF,
            0xDC00, 0xDFFF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 0x110000, 0x1FFFFF};
        const std::uint8_t how = in.byte();
        const std::uint32_t any = static_cast<std::uint32_t>(in.byte()) << 8U | in.byte();
        bytes += encode_utf8(how < 128 ? odd[how % std::size(odd)] : any);
    }
    return bytes;
}

void fuzz_utf(fuzz_input& in) {
    const std::string bytes = some_utf8(in);
    const auto expected = decode_utf8(bytes);
    const bool is_good = expected && expected->find(U'\0') == std::u32string::npos;
    const auto wide = lend::com::to_utf16(bytes);
    FUZZ_CHECK(wide.has_value() == is_good);
    if (wide) {
        FUZZ_CHECK(decode_utf16(*wide) == expected);
        const auto back = lend::com::to_utf8(wide->c_str());
        FUZZ_CHECK(back && *back == bytes);
    }
    std::u16string units;
    for (std::size_t left = in.below(40); left > 0; --left)
        units.push_back(static_cast<char16_t>(in.byte() << 8U | in.byte()));
    units.resize((std::min)(units.size(), units.find(u'\0'))); // as far as a C string goes
    const auto meant = decode_utf16(units);
    const auto narrow = lend::com::to_utf8(units.c_str());
    FUZZ_CHECK(narrow.has_value() == meant.has_value());
    if (narrow) FUZZ_CHECK(decode_utf8(*narrow) == meant);
}

void fuzz_names(fuzz_input& in) {
    std::vector<lend::pool_metrics> pools(1 + in.below(2));
    for (lend::pool_metrics& each : pools) {
        each.name = some_utf8(in);
        each.stats.idle = number(in);
        each.stats.since_create_failed = nanoseconds(number(in) >> 1U);
    }
    const std::string page = lend::prometheus_text(pools);
    FUZZ_CHECK(decode_utf8(page).has_value());
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) FUZZ_CHECK(is_prometheus_line(line));
    for (lend::pool_metrics& each : pools) {
        const std::string label = first_label_value(lend::prometheus_text(each));
        FUZZ_CHECK(label == with_bytes_spelt(each.name));
    }
}

void fuzz_codes(fuzz_input& in) {
    const auto code = static_cast<lend::hresult>(static_cast<std::uint32_t>(in.word()));
    FUZZ_CHECK(!lend::describe(code).empty() && lend::to_hex(code).size() == 10);
    FUZZ_CHECK(!lend::make_error_code(code).message().empty());
    const lend::error whole(code, in.text());
    std::ostringstream out;
    out << whole << code;
    FUZZ_CHECK(out.str().find(lend::to_hex(code)) != std::string::npos);
    FUZZ_CHECK(!lend::to_string(static_cast<lend::destroy_reason>(in.byte())).empty());
    FUZZ_CHECK(!lend::to_string(static_cast<lend::refusal>(in.byte())).empty());
    FUZZ_CHECK(!lend::to_string(static_cast<lend::health_problem>(in.byte())).empty());
}

// Databases in memory, or files that are not there: nothing is written.
void fuzz_database(fuzz_input& in) {
    lend::sqlite::database wanted;
    wanted.mode = lend::sqlite::open_mode::read_only;
    wanted.path = in.flag() ? ":memory:" : in.text();
    if (in.flag())
        wanted.busy_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(number(in)));
    if (in.flag()) wanted.pragmas.push_back({in.text(), {}});
    const bool is_bad_path = wanted.path.empty() || wanted.path.find('\0') != std::string::npos;
    const auto wait = wanted.busy_timeout.count();
    const bool is_bad_time = wait < 0 || wait > (std::numeric_limits<int>::max)();
    const auto opened = lend::sqlite::connection::open(wanted);
    if (opened) FUZZ_CHECK(!is_bad_path && !is_bad_time);
    if (opened) return;
    FUZZ_CHECK(!opened.error().text().empty());
    if (is_bad_path) FUZZ_CHECK(opened.error().text().starts_with("database.path "));
    if (!is_bad_path && is_bad_time)
        FUZZ_CHECK(opened.error().text().starts_with("database.busy_timeout "));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_world::now().begin();
    fuzz_input in(data, size);
    switch (in.below(8)) {
    case 0:
        fuzz_utf(in);
        break;
    case 1:
        fuzz_names(in);
        break;
    case 2:
        fuzz_codes(in);
        break;
    case 3:
        fuzz_database(in);
        break;
    default:
        fuzz_options(in);
        break;
    }
    return 0;
}
