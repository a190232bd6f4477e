// SPDX-License-Identifier: MIT
/// @file
/// Runs a fuzz target without libFuzzer: on each input of a corpus, then on some made by chance,
/// the same each time. What fails says which input did it.
///
/// usage: NAME_replay CORPUS.txt [COUNT]     CORPUS.txt has one input a line, in hexadecimal
///        NAME_replay --file INPUT           one input, as libFuzzer keeps it

#include "fuzz_input.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;

// What runs now, for the handler of a crash: written beforehand, for a handler may not.
std::array<char, 8192> running{};

void tell(int signal) {
    const char* const text = running.data();
    std::fputs(text, stderr); // not safe in a handler by the letter; the process is over anyway
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void run(const bytes& input, const std::string& name) {
    std::string text = "this input did it (" + name + "): ";
    std::array<char, 3> digits{};
    for (const std::uint8_t each : input) {
        std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(each));
        text.append(digits.data());
    }
    text.append("\n");
    std::strncpy(running.data(), text.c_str(), running.size() - 1);
    (void)LLVMFuzzerTestOneInput(input.data(), input.size());
}

// Lines that begin with # are remarks.
bool read_line(const std::string& line, bytes& input) {
    input.clear();
    if (line.empty() || line.front() == '#') return false;
    for (std::size_t at = 0; at + 1 < line.size(); at += 2) {
        const std::string digits = line.substr(at, 2);
        input.push_back(static_cast<std::uint8_t>(std::strtoul(digits.c_str(), nullptr, 16)));
    }
    return true;
}

int run_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const bytes input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    run(input, path);
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    std::signal(SIGABRT, &tell);
    if (std::string(arguments[1]) == "--file") return count > 2 ? run_file(arguments[2]) : 2;
    const unsigned by_chance = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 2000;
    std::ifstream corpus(arguments[1]);
    unsigned kept = 0;
    bytes input;
    for (std::string line; std::getline(corpus, line);) {
        if (!read_line(line, input)) continue;
        run(input, "line " + std::to_string(++kept) + " of the corpus");
    }
    std::mt19937 random(1);
    for (unsigned at = 0; at < by_chance; ++at) {
        input.resize(1 + random() % 300);
        for (std::uint8_t& each : input) each = static_cast<std::uint8_t>(random());
        run(input, "random input " + std::to_string(at));
    }
    std::printf("%u inputs of the corpus, %u made by chance: nothing wrong\n", kept, by_chance);
    return kept > 0 ? 0 : 1; // a corpus that is not there tests nothing
}
