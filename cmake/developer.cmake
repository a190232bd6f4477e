# What a developer of lend builds beside the headers. Off unless LEND_DEVELOPER_MODE is on; every
# preset turns it on. Nothing is downloaded: what is missing is an error here.

find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(PkgConfig REQUIRED)
find_package(SQLite3 REQUIRED)

# Tests, examples and benchmarks link lend_dev; the library target itself carries no warnings.
add_library(lend_dev INTERFACE)
target_link_libraries(lend_dev INTERFACE lend::lend)
target_compile_options(lend_dev INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
set(CMAKE_CXX_EXTENSIONS OFF)
# Compiles the tests in batches of files, which takes two thirds of the time where all are compiled, and
# more where one has changed; each test file has a namespace of its own. And of debug information only
# what a backtrace needs, which takes a fifth less.
option(LEND_TESTS_IN_BATCHES "Compile several test files as one" OFF)
if(LEND_TESTS_IN_BATCHES)
    add_compile_options(-g1)
endif()
# Each header is compiled alone by all_verify_interface_header_sets.
set_property(TARGET lend PROPERTY VERIFY_INTERFACE_HEADER_SETS ON)

# What the presets tsan and bench build, and tests/portability.sh; `all` is everything. They exist
# always, whatever files there are, so that they can be named.
add_custom_target(lend_run)
add_custom_target(lend_threaded_run) # of these, what the thread sanitizer runs
add_custom_target(lend_bench_run)

# Python checks write no caches beside the sources.
set(lend_python "${CMAKE_COMMAND}" -E env PYTHONDONTWRITEBYTECODE=1 "${Python3_EXECUTABLE}")

enable_testing()
include(GoogleTest)
add_subdirectory(tests)
add_subdirectory(examples)
# Off but in the preset bench, which builds them optimised.
option(LEND_BENCH "Build the benchmarks" ON)
if(LEND_BENCH)
    add_subdirectory(bench)
endif()
