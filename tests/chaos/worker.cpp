// SPDX-License-Identifier: MIT
/// @file
/// The program that is killed, starved and locked out: transfers between the accounts of a ledger
/// in an SQLite file, by several threads through one pool, as examples/ledger.cpp makes them.
///
/// It says each step of a transfer in a line of its own, by one write, so that a line that was said
/// stays said whatever becomes of the process:
///
///   + ID NS PAYER PAYEE AMOUNT    begun, at that time of the monotonic clock
///   = ID NS                       committed: said after COMMIT has returned
///   - ID NS WHY CODE DRIVER_CODE  not committed, for certain: poor, left, none (no lease), failed
///   ? ID NS WHY CODE DRIVER_CODE  COMMIT said that it failed
///
/// At SIGTERM the threads end, and `rest` and `closed` say how the pool stands before and after its
/// close. What a run does wrong on purpose, so that the judge of these lines can be seen to find
/// it, is in defects.hpp.

#include "defects.hpp"
#include "speaking.hpp"

#include <lend/drivers/sqlite.hpp>
#include <lend/pool.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using lend::sqlite::connection;
using lend_test::chaos::defect;
using lend_test::chaos::driver;
using lend_test::chaos::now_ns;
using lend_test::chaos::say;
using pool_type = lend::pool<driver>;

volatile std::sig_atomic_t stop_asked = 0;

struct options {
    std::string file;
    std::int64_t first_id = 1;
    std::int64_t seed = 1;
    std::int64_t threads = 6;
    std::int64_t connections = 3;
    std::int64_t accounts = 20;
    std::int64_t busy_ms = 20'000;
    std::int64_t acquire_ms = 30'000;
    std::int64_t discard_one_in = 0; // 0: none; else connections are opened all the time
    bool is_inline = false;          // the borrower opens, and no thread of the pool
    std::string journal = "WAL";
    defect planted = defect::none;
};

struct transfer {
    std::int64_t id;
    std::int64_t payer;
    std::int64_t payee;
    std::int64_t amount;
    bool is_left; // half way, as by a borrower who returns early
};

// What came of one transfer.
struct outcome {
    const char* sign = "=";
    const char* why = "";
    lend::hresult code = lend::hr::s_ok;
    std::int64_t driver_code = 0;
};

struct shop {
    const options& chosen;
    pool_type& pool;
    const lend::sqlite::database& ledger;
    std::atomic<std::int64_t> next_id;
    std::atomic<std::int64_t> asked{0}; // calls of acquire
};

void enter(connection& c, const transfer& t) {
    c.prepare("INSERT INTO journal(id, payer, payee, amount) VALUES (?1, ?2, ?3, ?4)")
        .value()
        .run(t.id, t.payer, t.payee, t.amount)
        .value();
}

// One transaction. Throws what fails; `is_committing` says whether it was the COMMIT.
outcome move_money(connection& c, const transfer& t, defect planted, bool& is_committing) {
    c.exec("BEGIN IMMEDIATE").value();
    const auto has =
        c.query<std::int64_t>("SELECT balance FROM account WHERE id = ?1", t.payer).value();
    if (has < t.amount) return {"-", "poor"};

    auto change = c.prepare("UPDATE account SET balance = balance + ?2 WHERE id = ?1").value();
    change.run(t.payer, -t.amount).value();
    enter(c, t);
    if (planted == defect::half) c.exec("COMMIT; BEGIN IMMEDIATE").value();
    if (t.is_left) return {"-", "left"};
    change.run(t.payee, t.amount).value();
    if (planted == defect::early) say("= ", t.id, ' ', now_ns(), '\n');
    if (planted == defect::lost && t.id % 32 == 0) return {};
    is_committing = true;
    c.exec("COMMIT").value();
    return {};
}

outcome failure(const lend::error& e, bool is_committing) {
    return {is_committing ? "?" : "-", "failed", e.code(), e.driver_code()};
}

// Half of the failures end their lease by an exception, half are reported to the pool.
outcome attempt(shop& s, const transfer& t, bool reports, bool discards, bool& is_committing) {
    ++s.asked;
    auto lease = s.pool.acquire(s.ledger);
    if (!lease) return {"-", "none", lease.error().code(), lease.error().driver_code()};
    outcome came;
    const defect planted = s.chosen.planted;
    if (planted == defect::leak && t.id % 64 == 0) {
        new pool_type::lease_type(*std::move(lease)); // never ended
        return {"-", "left"};
    }
    if (!reports) {
        came = move_money(**lease, t, planted, is_committing);
    } else {
        try {
            came = move_money(**lease, t, planted, is_committing);
        } catch (const lend::lend_exception& e) {
            static_cast<void>(lease->report(e.error()));
            return failure(e.error(), is_committing);
        }
    }
    if (planted == defect::twice && t.id % 32 == 0 && came.sign[0] == '=') {
        came = move_money(**lease, t, planted, is_committing);
    }
    if (discards) static_cast<void>(lease->discard());
    return came;
}

void work(shop& s, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto any = [&](std::int64_t lowest, std::int64_t highest) {
        return std::uniform_int_distribution<std::int64_t>(lowest, highest)(random);
    };
    const options& o = s.chosen;
    while (stop_asked == 0) {
        const std::int64_t payer = any(1, o.accounts);
        const transfer t{s.next_id.fetch_add(1), payer, payer % o.accounts + 1, any(1, 300),
                         any(1, 20) == 1};
        const bool reports = any(0, 1) == 0;
        const bool discards = o.discard_one_in != 0 && any(1, o.discard_one_in) == 1;
        say("+ ", t.id, ' ', now_ns(), ' ', t.payer, ' ', t.payee, ' ', t.amount, '\n');
        outcome came;
        bool is_committing = false;
        try {
            came = attempt(s, t, reports, discards, is_committing);
        } catch (const lend::lend_exception& e) { // it has ended its lease
            came = failure(e.error(), is_committing);
        }
        if (came.sign[0] == '=') {
            say("= ", t.id, ' ', now_ns(), '\n');
        } else {
            say(came.sign, ' ', t.id, ' ', now_ns(), ' ', came.why, ' ',
                static_cast<std::int64_t>(came.code), ' ', came.driver_code, '\n');
        }
    }
}

// How many files of the ledger's directory this process has open.
std::int64_t open_files(const std::string& ledger) {
    const std::string folder = std::filesystem::path(ledger).parent_path().string();
    std::int64_t found = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(each.path(), gone).string();
        found += target.starts_with(folder + "/") ? 1 : 0;
    }
    return found;
}

void tell(const char* when, const shop& s) {
    const lend::pool_stats p = s.pool.stats();
    const auto n = [](auto count) { return static_cast<std::int64_t>(count); };
    say(when, " max_size ", n(p.max_size), " size ", n(p.size), " idle ", n(p.idle), " in_use ",
        n(p.in_use), " creating ", n(p.creating), " checking ", n(p.checking), " resetting ",
        n(p.resetting), " parked ", n(p.parked), " destroying ", n(p.destroying), " waiting ",
        n(p.waiting), " abandoned ", n(p.abandoned), '\n');
    say(when, " asked ", s.asked.load(), " acquired ", n(p.acquired), " returned ", n(p.returned),
        " timed_out ", n(p.timed_out), " cancelled ", n(p.cancelled), " shed ", n(p.shed),
        " refused ", n(p.refused), " created ", n(p.created), " create_failed ", n(p.create_failed),
        " destroyed ", n(p.destroyed), " detached ", n(p.detached), " files ",
        open_files(s.ledger.path), '\n');
}

void run(const options& o) {
    const lend::sqlite::database ledger{
        .path = o.file,
        .busy_timeout = std::chrono::milliseconds(o.busy_ms),
        // Few pages between two checkpoints, so that a fault often meets one.
        .pragmas = {{"journal_mode", o.journal},
                    {"synchronous", "NORMAL"},
                    {"wal_autocheckpoint", "64"}},
    };
    pool_type pool(driver(o.planted), {.max_size = static_cast<std::size_t>(o.connections),
                                       .acquire_timeout = std::chrono::milliseconds(o.acquire_ms),
                                       .creation = o.is_inline ? lend::creation_mode::inline_
                                                               : lend::creation_mode::worker});
    shop s{o, pool, ledger, o.first_id};
    std::vector<std::thread> crew;
    for (std::int64_t t = 0; t < o.threads; ++t) {
        crew.emplace_back([&s, &o, t] { work(s, static_cast<std::uint64_t>(o.seed * 100 + t)); });
    }
    for (std::thread& each : crew) each.join();
    tell("rest", s);
    static_cast<void>(pool.close());
    tell("closed", s);
}

// True if it is one of the options and its value makes sense.
bool take(options& o, std::string_view name, std::string_view value) {
    if (name == "--file") o.file = value;
    if (name == "--journal") o.journal = value;
    if (name == "--defect") return lend_test::chaos::read(value, o.planted);
    if (name == "--file" || name == "--journal") return true;
    std::int64_t inline_creation = 0;
    std::int64_t* number = name == "--first-id"         ? &o.first_id
                           : name == "--seed"           ? &o.seed
                           : name == "--threads"        ? &o.threads
                           : name == "--connections"    ? &o.connections
                           : name == "--busy-ms"        ? &o.busy_ms
                           : name == "--acquire-ms"     ? &o.acquire_ms
                           : name == "--discard-one-in" ? &o.discard_one_in
                           : name == "--inline"         ? &inline_creation
                                                        : nullptr;
    if (number == nullptr) return false;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), *number);
    if (name == "--inline") o.is_inline = inline_creation != 0;
    return failed == std::errc{} && end == value.data() + value.size();
}

} // namespace

int main(int count, char** values) {
    options o;
    for (int at = 1; at < count; at += 2) {
        if (at + 1 == count || !take(o, values[at], values[at + 1])) {
            std::fprintf(stderr, "chaos worker: what is %s?\n", values[at]);
            return 2;
        }
    }
    std::signal(SIGTERM, [](int) { stop_asked = 1; });
    std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of write
    try {
        run(o);
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "chaos worker: %s\n", e.what());
        return 1;
    }
}
