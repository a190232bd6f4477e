// SPDX-License-Identifier: MIT
/// @file
/// Writes into the raw data which peers ran and which had no Debian package here, as the build
/// knows, and what a reader should know of how they take part.

#include <benchmark/benchmark.h>

namespace {

const bool noted = [] {
    benchmark::AddCustomContext("peers_present", LEND_BENCH_PEERS_PRESENT);
    benchmark::AddCustomContext("peers_missing", LEND_BENCH_PEERS_MISSING);
    benchmark::AddCustomContext(
        "peers_notes",
        "tbb, xenium and libcds have no numbers of their own and count them upwards; "
        "xenium cannot tell its size, so that nothing leaked is checked for the others only; "
        "moodycamel can wait only where 8 threads share 2, elsewhere it is the queue that cannot; "
        "boost_lockfree cannot wait and yields until something is free; "
        "soci lends places of sessions that are not open; "
        "hikaricp and commons_pool2 run in a process of their own each, not pinned to a core, "
        "after two seconds to warm up; "
        "there an acquire waits for up to two minutes, because hikaricp may leave the last callers "
        "of a ramp to its housekeeper, which comes every 30 seconds; "
        "hikaricp lends its proxy, and the resource behind it is reached by unwrap");
    return true;
}();

} // namespace
