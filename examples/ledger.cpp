// SPDX-License-Identifier: MIT
//
// The main example: several threads move money between accounts in an SQLite file, through one pool
// of connections, and the total must not change.
//
// One learns: how a pool is made and used, that a lease which ends in the middle of a transaction
// leaves nothing behind, that a resource's number is refused once the resource is gone, and what
// the pool counts. `ledger --help` lists the options; without any it needs nothing but SQLite.

#include <lend/drivers/sqlite.hpp>
#include <lend/pool.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using lend::sqlite::connection;
using pool_type = lend::pool<lend::sqlite::driver>;
using clock_type = std::chrono::steady_clock;

constexpr std::int64_t accounts = 100;
constexpr std::int64_t opening_balance = 1000;
constexpr std::int64_t application_id = 0x6C656E64; // "lend": marks a file as ours
constexpr std::int64_t transfers_per_audit = 100;
constexpr std::int64_t transfers_per_break_off = 50;

volatile std::sig_atomic_t stop_asked = 0; // set by Ctrl-C: the work ends early, the rest is done

struct options {
    std::int64_t threads = 8;
    std::int64_t connections = 4;
    std::int64_t transfers = 50'000;
    std::string file; // empty: a temporary one
};

// What the threads have in common.
struct work {
    pool_type& pool;
    const lend::sqlite::database& ledger;
    std::int64_t transfers;
    std::int64_t run;   // marks this run's lines in the journal
    std::int64_t total; // what all accounts must add up to

    std::atomic<std::int64_t> begun{0};
    std::atomic<std::int64_t> committed{0};
    std::atomic<std::int64_t> refused{0};
    std::atomic<std::int64_t> broken_off{0};
    std::atomic<std::int64_t> audits{0};

    std::mutex gate{};
    std::condition_variable changed{};
    std::int64_t running = 0;             // under gate
    std::optional<std::string> failure{}; // under gate: the first one

    [[nodiscard]] std::int64_t done() const { return committed + refused + broken_off; }
};

enum class outcome { committed, refused, broken_off };

// [transfer]
// Moves money in one transaction. Whichever way it is left, by return or by an exception, the end
// of the lease rolls back what was not committed.
outcome transfer(connection& c,
                 std::int64_t run,
                 std::int64_t from,
                 std::int64_t to,
                 std::int64_t amount,
                 bool break_off) {
    c.exec("BEGIN IMMEDIATE").value();
    if (c.query<std::int64_t>("SELECT balance FROM account WHERE id = ?1", from).value() < amount)
        return outcome::refused;

    auto change = c.prepare("UPDATE account SET balance = balance + ?2 WHERE id = ?1").value();
    change.run(from, -amount).value();
    if (break_off) return outcome::broken_off; // the money has left one account and reached none
    change.run(to, amount).value();
    c.prepare("INSERT INTO journal(run, payer, payee, amount) VALUES (?1, ?2, ?3, ?4)")
        .value()
        .run(run, from, to, amount)
        .value();
    c.exec("COMMIT").value();
    return outcome::committed;
}
// [transfer]

// The total as one reader sees it while others write.
void audit(connection& c, std::int64_t expected) {
    const auto total = c.query<std::int64_t>("SELECT sum(balance) FROM account").value();
    if (total != expected) {
        throw lend::lend_exception({lend::hr::e_fail, "a reader saw a total of " +
                                                          std::to_string(total) + " instead of " +
                                                          std::to_string(expected)});
    }
}

void worker(work& w, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto any = [&](std::int64_t lowest, std::int64_t highest) {
        return std::uniform_int_distribution<std::int64_t>(lowest, highest)(random);
    };
    try {
        for (;;) {
            const std::int64_t number = w.begun.fetch_add(1);
            if (number >= w.transfers) break;
            const std::int64_t from = any(1, accounts);
            const std::int64_t to = from % accounts + 1;

            auto lease = w.pool.acquire(w.ledger).value();
            switch (transfer(*lease, w.run, from, to, any(1, opening_balance / 2),
                             number % transfers_per_break_off == 0)) {
            case outcome::committed:
                ++w.committed;
                break;
            case outcome::refused:
                ++w.refused;
                break;
            case outcome::broken_off:
                ++w.broken_off;
                break;
            }
            lease.release();

            if (number % transfers_per_audit == 0) {
                audit(*w.pool.acquire(w.ledger).value(), w.total);
                ++w.audits;
            }
        }
    } catch (const std::exception& e) {
        w.begun = w.transfers; // the others stop as well
        const std::lock_guard hold(w.gate);
        if (!w.failure) w.failure = e.what();
    }
    const std::lock_guard hold(w.gate);
    --w.running;
    w.changed.notify_one();
}

// Runs the threads and says every tenth how far they are: in one line on a terminal.
void run(work& w, std::int64_t threads) {
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    const auto start = clock_type::now();
    std::int64_t shown = 0;
    const auto show = [&] {
        const std::int64_t done = w.done();
        const std::int64_t tenth = done * 10 / w.transfers;
        if (tenth == shown && !terminal) return;
        shown = tenth;
        const std::chrono::duration<double> spent = clock_type::now() - start;
        const lend::pool_stats s = w.pool.stats();
        std::printf("%s  %3lld %%  %7lld transfers  %6.0f/s  %zu of %zu connections lent, "
                    "%zu threads wait%s",
                    terminal ? "\r" : "", static_cast<long long>(done * 100 / w.transfers),
                    static_cast<long long>(done), static_cast<double>(done) / spent.count(),
                    s.in_use, s.size, s.waiting, terminal ? " " : "\n");
        std::fflush(stdout);
    };

    std::vector<std::thread> crew;
    w.running = threads;
    for (std::int64_t t = 0; t < threads; ++t) {
        crew.emplace_back([&w, t] { worker(w, static_cast<std::uint64_t>(t) + 1); });
    }
    std::unique_lock hold(w.gate);
    while (
        !w.changed.wait_for(hold, std::chrono::milliseconds(20), [&] { return w.running == 0; })) {
        if (stop_asked != 0) w.begun = w.transfers;
        show();
    }
    hold.unlock();
    for (std::thread& each : crew) each.join();
    show();
    if (terminal) std::printf("\n");
    if (stop_asked != 0) std::printf("  stopped early\n");
}

// Makes the tables in an empty file; a file that has others is left alone.
void prepare_file(const lend::sqlite::database& ledger) {
    auto making = ledger;
    making.mode = lend::sqlite::open_mode::create;
    making.pragmas.clear(); // the journal mode is written into the file
    auto c = connection::open(making).value();
    c.exec("BEGIN IMMEDIATE").value();
    if (c.query<std::int64_t>("PRAGMA application_id").value() == application_id) return;
    if (c.query<std::int64_t>("SELECT count(*) FROM sqlite_master").value() != 0) {
        throw lend::lend_exception(
            {lend::hr::e_invalidarg, "\"" + ledger.path +
                                         "\" is a database of something else and is left as it is; "
                                         "name a new file, or one of an earlier run"});
    }
    c.exec("PRAGMA application_id = " + std::to_string(application_id)).value();
    c.exec("CREATE TABLE account(id INTEGER PRIMARY KEY, opening INTEGER NOT NULL,"
           "                     balance INTEGER NOT NULL CHECK(balance >= 0));"
           "CREATE TABLE journal(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, payer INTEGER NOT "
           "NULL,"
           "                     payee INTEGER NOT NULL, amount INTEGER NOT NULL)")
        .value();
    auto insert = c.prepare("INSERT INTO account VALUES (?1, ?2, ?2)").value();
    for (std::int64_t id = 1; id <= accounts; ++id) insert.run(id, opening_balance).value();
    c.exec("COMMIT").value();
}

bool verdict(const char* what, std::int64_t is, std::int64_t should_be) {
    std::printf("  %-46s %9lld   %s", what, static_cast<long long>(is),
                is == should_be ? "right\n" : "WRONG: ");
    if (is != should_be) std::printf("it should be %lld\n", static_cast<long long>(should_be));
    return is == should_be;
}

// Adds everything up again.
bool verify(work& w) {
    auto lease = w.pool.acquire(w.ledger).value();
    const auto ask = [&](const char* sql, const auto&... values) {
        return lease->query<std::int64_t>(sql, values...).value();
    };
    std::printf("\nChecked\n");
    bool good = verdict("total of all accounts", ask("SELECT sum(balance) FROM account"), w.total);
    good &= verdict("journal entries of this run",
                    ask("SELECT count(*) FROM journal WHERE run = ?1", w.run), w.committed);
    good &= verdict("accounts that differ from the journal",
                    ask("SELECT count(*) FROM account WHERE balance <> opening"
                        " + (SELECT total(amount) FROM journal WHERE payee = account.id)"
                        " - (SELECT total(amount) FROM journal WHERE payer = account.id)"),
                    0);
    std::printf("  %lld transfers committed, %lld refused for lack of money, %lld broken off half "
                "way\n  and undone by the reset of their connection; %lld audits by readers\n",
                static_cast<long long>(w.committed), static_cast<long long>(w.refused),
                static_cast<long long>(w.broken_off), static_cast<long long>(w.audits));
    return good;
}

// A number names one resource, once: the second attempt is refused and touches nothing.
bool destroy_twice(work& w) {
    // [destroy]
    auto lease = w.pool.acquire(w.ledger).value();
    const auto number = lease.id();
    lease.release();

    const lend::hresult first = w.pool.destroy(number);
    const lend::hresult second = w.pool.destroy(number);
    // [destroy]
    std::printf("\nA connection destroyed by its number\n");
    for (const lend::hresult code : {first, second}) {
        std::printf("  destroy(%llu)  %-12s  %s\n", static_cast<unsigned long long>(number),
                    std::string(lend::name_of(code)).c_str(),
                    std::string(lend::describe(code)).c_str());
    }
    return first == lend::hr::s_ok && second == lend::hr::lend_e_stale;
}

void report(const lend::pool_stats& s) {
    const auto line = [](const char* what, std::uint64_t count) {
        std::printf("  %-46s %9llu\n", what, static_cast<unsigned long long>(count));
    };
    std::printf("\nWhat the pool did\n");
    line("leases given out", s.acquired);
    line("acquires that had to wait", s.waited);
    line("connections handed straight to a waiter", s.handed_over);
    line("acquires that timed out", s.timed_out);
    line("connections opened", s.created);
    line("connections that could not be opened", s.create_failed);
    line("connections destroyed", s.destroyed);
    line("connections that could not be reset", s.closed_for(lend::destroy_reason::reset_failed));
    line("connections open at the end", s.size);
    line("connections allowed", s.max_size);
}

// A directory of our own, removed at the end with what is in it.
class temporary_directory {
public:
    temporary_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "lend-ledger-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(),
                                    "cannot make a temporary directory " + name);
        }
        path_ = name;
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

bool keep_books(const options& chosen) {
    std::optional<temporary_directory> temporary;
    std::string file = chosen.file;
    if (file.empty()) file = (temporary.emplace().path() / "ledger.db").string();

    // [pool]
    const lend::sqlite::database ledger{
        .path = file,
        .busy_timeout = std::chrono::seconds(20),
        .pragmas = {{"journal_mode", "WAL"}, {"synchronous", "NORMAL"}},
    };
    pool_type pool(lend::sqlite::driver{},
                   {.max_size = static_cast<std::size_t>(chosen.connections)});
    // [pool]

    prepare_file(ledger);
    work w{.pool = pool,
           .ledger = ledger,
           .transfers = chosen.transfers,
           .run = std::random_device{}(),
           .total = pool.acquire(ledger)
                        .value()
                        ->query<std::int64_t>("SELECT sum(opening) FROM account")
                        .value()};
    std::printf("%lld transfers between %lld accounts, by %lld threads through a pool of %lld "
                "connections to\n%s%s\n\n",
                static_cast<long long>(chosen.transfers), static_cast<long long>(accounts),
                static_cast<long long>(chosen.threads), static_cast<long long>(chosen.connections),
                file.c_str(), temporary ? " (removed at the end)" : "");

    run(w, chosen.threads);
    if (w.failure) throw std::runtime_error(*w.failure);
    const bool verified = verify(w);
    const bool refused = destroy_twice(w);
    report(pool.stats());
    return verified && refused;
}

constexpr const char* usage =
    "usage: ledger [--threads N] [--connections N] [--transfers N] [--file PATH]\n"
    "\n"
    "Moves money between the accounts of a ledger in an SQLite file from several threads,\n"
    "through one pool of connections, and checks that the total stays the same.\n"
    "\n"
    "  --threads N      how many threads work, 1 to 256; 8 if not given\n"
    "  --connections N  how many connections the pool may open, 1 to 256; 4 if not given\n"
    "  --transfers N    how many transfers are made, 1 to 100000000; 50000 if not given\n"
    "  --file PATH      the ledger's file, kept and continued; a temporary one if not given\n"
    "  --help           prints this\n"
    "\n"
    "Ends with 0 if the books are right, 1 if they are not or something failed, 2 if the\n"
    "arguments make no sense.\n";

// The options, or what is wrong with the arguments.
std::optional<std::string> read_arguments(const std::vector<std::string_view>& given, options& o) {
    for (std::size_t at = 0; at < given.size(); at += 2) {
        const std::string name(given[at]);
        std::int64_t* number = name == "--threads"       ? &o.threads
                               : name == "--connections" ? &o.connections
                               : name == "--transfers"   ? &o.transfers
                                                         : nullptr;
        if (number == nullptr && name != "--file") return "there is no option " + name;
        if (at + 1 == given.size()) return name + " needs a value";
        const std::string_view value = given[at + 1];
        if (number == nullptr) {
            if (value.empty()) return "--file needs a path that is not empty";
            o.file = value;
            continue;
        }
        const std::int64_t most = number == &o.transfers ? 100'000'000 : 256;
        const char* const end = value.data() + value.size();
        const auto [stopped, failed] = std::from_chars(value.data(), end, *number);
        if (failed != std::errc{} || stopped != end || *number < 1 || *number > most) {
            return name + " needs a number from 1 to " + std::to_string(most) + ", not \"" +
                   std::string(value) + "\"";
        }
    }
    return std::nullopt;
}

} // namespace

int main(int count, char** values) {
    const std::vector<std::string_view> given(values + 1, values + count);
    if (std::find(given.begin(), given.end(), "--help") != given.end()) {
        std::fputs(usage, stdout);
        return 0;
    }
    options chosen;
    if (const auto wrong = read_arguments(given, chosen)) {
        std::fprintf(stderr, "ledger: %s\n\n%s", wrong->c_str(), usage);
        return 2;
    }
    std::signal(SIGINT, [](int) { stop_asked = 1; });
    try {
        return keep_books(chosen) ? 0 : 1;
    } catch (const std::exception& e) {
        std::fflush(stdout);
        std::fprintf(stderr, "\nledger: %s\n", e.what());
        return 1;
    }
}
