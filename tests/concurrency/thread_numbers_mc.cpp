// SPDX-License-Identifier: MIT
/// @file
/// Model check of the numbers of threads: a thread that ends hands its number, and all that is kept
/// under it, to a later one. The code is that of include/lend/platform.hpp; each scenario must
/// hold, and each mutant (one order weakened) must be caught. The numbers are those of the comments
/// there.

#include <lend/platform.hpp>

#include <support/checker.hpp>

#include <array>
#include <cstdint>

namespace {

namespace mc = lend_test::mc;
using mc::expect;
using order = std::memory_order;

enum class mutant : std::uint8_t {
    none,
    take,      // (1)
    give_back, // (2)
};

template <mutant M>
class flag : public mc::atomic<bool> {
    using base = mc::atomic<bool>;

public:
    using base::base;

    bool exchange(bool taken, order o) noexcept {
        return base::exchange(taken, M == mutant::take ? order::relaxed : o);
    }
    void store(bool taken, order o) noexcept {
        base::store(taken, M == mutant::give_back ? order::relaxed : o);
    }
};

// Threads that come and go, each of which uses what is kept under its number.
template <mutant M>
void threads_come_and_go() {
    lend::detail::dense_numbers<flag<M>, 2> numbers;
    std::array<mc::variable, 2> kept;
    const auto live = [&] {
        for (int life = 0; life < 2; ++life) {
            const std::uint32_t mine = numbers.take();
            if (mine == numbers.none) continue;
            kept[mine].write(kept[mine].read() + 1);
            numbers.give_back(mine);
        }
    };
    mc::run({live, live, live});
}

template <mutant M>
bool explore(const char* name) {
    return mc::check(name, {.preemptions = 3, .executions = 200'000, .threads = 3},
                     &threads_come_and_go<M>);
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("threads come and go"));
    verdict.must_fail(explore<take>("(1) take relaxed"));
    verdict.must_fail(explore<give_back>("(2) give back relaxed"));
    return verdict.exit_status();
}
