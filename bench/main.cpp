// SPDX-License-Identifier: MIT
/// @file
/// The program's main: that of Google Benchmark, and it notes whether the run is a smoke test,
/// which no benchmark can ask of the library.

#include "quick.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
    constexpr std::string_view min_time = "--benchmark_min_time=";
    for (int at = 1; at < argc; ++at) {
        const std::string_view argument = argv[at];
        if (!argument.starts_with(min_time)) continue;
        bench::quick = std::strtod(argv[at] + min_time.size(), nullptr) == 0;
    }

    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
