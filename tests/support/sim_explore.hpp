// SPDX-License-Identifier: MIT
/// @file
/// Many runs of one scenario: by a range of seeds, or all of them up to a bound on pre-emptions.
///
/// LEND_SIM_SEED=n or --sim-seed=n runs that seed alone; LEND_SIM_SCALE=x or --sim-scale=x
/// multiplies the number of seeds that explore tries; LEND_SIM_SKIP=n leaves out the first n, for
/// schedules that were not run before. LEND_SIM_PREEMPTIONS=n is the least bound of the exhaustive
/// searches that say so. LEND_SIM_REPORT=file appends a line for each search: its
/// name, whether it drew schedules at random or tried all, how many, and how many steps.

#ifndef LEND_TESTS_SUPPORT_SIM_EXPLORE_HPP
#define LEND_TESTS_SUPPORT_SIM_EXPLORE_HPP

#include "sim_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace sim {

/// What a search found.
struct findings {
    std::optional<std::uint64_t> failing_seed; ///< the first; for exhaustive ones, the run's number
    std::string message;                       ///< why that run failed
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;
    bool complete = false; ///< exhaustive: nothing is left within the bounds

    [[nodiscard]] bool clean() const noexcept { return !failing_seed; }
};

namespace detail {

struct settings {
    std::optional<std::uint64_t> only_seed;
    std::uint64_t skip = 0;
    double scale = 1.0;
    unsigned preemptions = 0;
    const char* report = nullptr;

    static settings& get() {
        static settings made = from_environment();
        return made;
    }

private:
    static settings from_environment() {
        settings made;
        if (const char* seed = std::getenv("LEND_SIM_SEED")) {
            made.only_seed = std::strtoull(seed, nullptr, 0);
        }
        if (const char* scale = std::getenv("LEND_SIM_SCALE")) {
            made.scale = std::strtod(scale, nullptr);
        }
        if (const char* skip = std::getenv("LEND_SIM_SKIP")) {
            made.skip = std::strtoull(skip, nullptr, 0);
        }
        if (const char* bound = std::getenv("LEND_SIM_PREEMPTIONS")) {
            made.preemptions = static_cast<unsigned>(std::strtoul(bound, nullptr, 0));
        }
        made.report = std::getenv("LEND_SIM_REPORT");
        return made;
    }
};

class progress {
public:
    explicit progress(const char* name) : name_(name) {}
    void tick(std::uint64_t done, std::uint64_t of) {
        if ((done & 0xFFU) != 0) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - shown_ < std::chrono::seconds(10)) return;
        shown_ = now;
        const double seconds = std::chrono::duration<double>(now - begun_).count();
        std::fprintf(stderr, "sim: %s: %llu of %llu runs, %.0f a second\n", name_,
                     static_cast<unsigned long long>(done), static_cast<unsigned long long>(of),
                     static_cast<double>(done) / seconds);
    }

private:
    const char* name_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_ = begun_;
};

// One line, in one write: several processes may report to one file.
inline void report(const char* name, const char* kind, const findings& found) {
    const char* const path = settings::get().report;
    if (path == nullptr) return;
    std::FILE* const file = std::fopen(path, "a");
    if (file == nullptr) fail_outside("LEND_SIM_REPORT names a file that cannot be written");
    std::fprintf(file, "%s\t%s\t%llu\t%llu\n", name, kind,
                 static_cast<unsigned long long>(found.runs),
                 static_cast<unsigned long long>(found.steps));
    std::fclose(file);
}

// Every so many seeds, one is run twice: a scenario that does not replay is of no use.
inline constexpr std::uint64_t verify_every = 1024;

template <class Body>
findings search(std::uint64_t first, std::uint64_t count, const options& how, Body& body) {
    findings found;
    progress shown(how.name);
    for (std::uint64_t seed = first; seed - first < count; ++seed) {
        outcome once = run_once(seed, how, body);
        ++found.runs;
        found.steps += once.steps;
        if (!once.failed && (seed - first) % verify_every == 0) {
            const outcome again = run_once(seed, how, body);
            if (again.hash != once.hash) {
                std::fprintf(stderr, "sim: %s: seed %llu does not replay: %016llx, %016llx\n",
                             how.name, static_cast<unsigned long long>(seed),
                             static_cast<unsigned long long>(once.hash),
                             static_cast<unsigned long long>(again.hash));
                once.failed = true;
                once.message = "the same seed gave two different runs";
            }
        }
        if (once.failed) {
            found.failing_seed = seed;
            found.message = once.message;
            return found;
        }
        shown.tick(found.runs, count);
    }
    found.complete = true;
    return found;
}

template <class Body>
findings search_all(const options& how, std::uint64_t max_runs, Body& body) {
    findings found;
    progress shown(how.name);
    choice_trail& trail = the_scheduler().chance().trail();
    trail.clear();
    while (found.runs < max_runs) {
        const outcome once = run_once(found.runs, how, body);
        ++found.runs;
        found.steps += once.steps;
        if (once.failed) {
            found.failing_seed = once.seed;
            found.message = once.message;
            return found;
        }
        if (!trail.next()) {
            found.complete = true;
            return found;
        }
        shown.tick(found.runs, max_runs);
    }
    return found;
}

} // namespace detail

/// Reads --sim-seed=n and --sim-scale=x; other arguments are left alone.
inline void configure(int argc, char** argv) {
    auto& set = detail::settings::get();
    for (int at = 1; at < argc; ++at) {
        const std::string_view argument(argv[at]);
        if (argument.starts_with("--sim-seed="))
            set.only_seed = std::strtoull(argv[at] + 11, nullptr, 0);
        if (argument.starts_with("--sim-scale=")) set.scale = std::strtod(argv[at] + 12, nullptr);
    }
}

/// Runs the seeds from `first` on, until one fails or `count` have passed. The count is scaled by
/// the settings, and bounded to 1 000 under a ThreadSanitizer that is told nothing of the fibers.
template <class Body>
[[nodiscard]] findings
explore(std::uint64_t first, std::uint64_t count, const options& how, Body&& body) {
    const auto& set = detail::settings::get();
    if (set.only_seed) return detail::search(*set.only_seed, 1, how, body);
    auto scaled = static_cast<std::uint64_t>(static_cast<double>(count) * set.scale);
    if (LEND_THREAD_SANITIZER && !LEND_SIM_RACES && scaled > 1000) scaled = 1000;
    findings found = detail::search(first + set.skip, scaled, how, body);
    detail::report(how.name, "random", found);
    return found;
}

/// The same for a scenario that must fail: the count is taken as it is, and nothing is printed.
template <class Body>
[[nodiscard]] findings
find_failure(std::uint64_t first, std::uint64_t count, options how, Body&& body) {
    how.quiet = true;
    return detail::search(first, count, how, body);
}

/// How many pre-emptions an exhaustive search is to allow that can afford `usual`, and more where
/// time does not matter: LEND_SIM_PREEMPTIONS.
[[nodiscard]] inline unsigned preemptions(unsigned usual) {
    return (std::max)(usual, detail::settings::get().preemptions);
}

/// Whether long exhaustive searches go to their end. Under a sanitizer they need not: it is to see
/// each kind of step, not each schedule.
inline constexpr bool searches_all = !LEND_ADDRESS_SANITIZER && !LEND_THREAD_SANITIZER;

/// The bound of a long exhaustive search that ends before `bound`.
constexpr std::uint64_t most_runs(std::uint64_t bound) noexcept {
    return searches_all ? bound : 1'000;
}

/// Runs the scenario once for each combination of choices with at most `how.max_preemptions`
/// pre-emptions, until one fails or `max_runs` are done.
template <class Body>
[[nodiscard]] findings explore_all(options how, std::uint64_t max_runs, Body&& body) {
    how.how = strategy::exhaustive;
    findings found = detail::search_all(how, max_runs, body);
    detail::report(how.name, found.complete ? "all within the bound" : "not all", found);
    return found;
}

} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_EXPLORE_HPP
