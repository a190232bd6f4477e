// SPDX-License-Identifier: MIT
/// @file
/// Who goes next, and every other choice of a simulated run: drawn from a seed (uniformly, in
/// bursts, or by priorities with change points), or enumerated depth first. Knows fibers as bits
/// of a mask only.

#ifndef LEND_TESTS_SUPPORT_SIM_CHOICES_HPP
#define LEND_TESTS_SUPPORT_SIM_CHOICES_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace sim {

/// How the next fiber is chosen.
enum class strategy : std::uint8_t {
    mixed,      ///< one of the next three, by the seed
    uniform,    ///< each runnable fiber with the same chance, at every step
    bursts,     ///< a fiber goes on for some steps before another is drawn
    priorities, ///< the highest priority runs; a few change points lower the running one (PCT)
    exhaustive, ///< depth first over all choices, with a bound on pre-emptions
};

namespace detail {

// Keeps the simulation's own bookkeeping out of operator new, which tests count and make fail.
template <class T>
struct malloc_allocator {
    using value_type = T;
    malloc_allocator() noexcept = default;
    template <class U>
    malloc_allocator(const malloc_allocator<U>&) noexcept {}
    T* allocate(std::size_t count) {
        void* memory = std::malloc(count * sizeof(T));
        if (memory == nullptr) std::abort();
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t) noexcept { std::free(memory); }
    friend bool operator==(const malloc_allocator&, const malloc_allocator&) noexcept {
        return true;
    }
};

// splitmix64.
class random_stream {
public:
    void seed(std::uint64_t value) noexcept { state_ = value; }
    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    // 0 to bound - 1. The bias is below 2^-32 for the small bounds used here.
    std::uint64_t below(std::uint64_t bound) noexcept { return ((next() >> 32U) * bound) >> 32U; }

private:
    std::uint64_t state_ = 0;
};

// Picks 0 at each new choice; next() moves on to the next leaf of the tree.
class choice_trail {
public:
    void clear() noexcept { trail_.clear(), at_ = 0; }
    void rewind() noexcept { at_ = 0; }

    // -1 if this run has another number of options here than the one before had: then the scenario
    // depends on something other than its choices.
    int choose(unsigned count) {
        if (at_ == trail_.size()) trail_.push_back({0, count});
        const link& here = trail_[at_++];
        return here.options == count ? static_cast<int>(here.pick) : -1;
    }

    bool next() noexcept {
        trail_.resize(at_ < trail_.size() ? at_ : trail_.size());
        while (!trail_.empty() && trail_.back().pick + 1 >= trail_.back().options) {
            trail_.pop_back();
        }
        if (trail_.empty()) return false;
        ++trail_.back().pick;
        return true;
    }

    [[nodiscard]] std::size_t size() const noexcept {
        return at_ < trail_.size() ? at_ : trail_.size();
    }
    [[nodiscard]] unsigned pick(std::size_t at) const noexcept { return trail_[at].pick; }

private:
    struct link {
        unsigned pick;
        unsigned options;
    };
    std::vector<link, malloc_allocator<link>> trail_;
    std::size_t at_ = 0;
};

inline unsigned lowest_bit(std::uint64_t mask) noexcept {
    return static_cast<unsigned>(__builtin_ctzll(mask));
}
inline unsigned bit_count(std::uint64_t mask) noexcept {
    return static_cast<unsigned>(__builtin_popcountll(mask));
}
inline unsigned nth_bit(std::uint64_t mask, std::uint64_t n) noexcept {
    for (; n > 0; --n) mask &= mask - 1;
    return lowest_bit(mask);
}

/// Everything that is left to chance in one run.
class choices {
public:
    static constexpr unsigned max_fibers = 64;

    void begin_random(std::uint64_t seed, strategy how) noexcept {
        schedule_.seed(seed ^ 0x5851F42D4C957F2DU);
        values_.seed(seed * 0x2545F4914F6CDD1DU + 1);
        how_ = how == strategy::mixed ? drawn_strategy() : how;
        next_change_ = never;
        run_length_ = 0;
        if (how_ == strategy::priorities) draw_change_points();
        if (how_ == strategy::bursts) burst_mask_ = (std::uint64_t{4} << schedule_.below(4)) - 1;
    }

    void begin_exhaustive(unsigned max_preemptions) noexcept {
        how_ = strategy::exhaustive;
        trail_.rewind();
        values_.seed(1);
        preemptions_left_ = max_preemptions;
        run_length_ = 0;
    }

    [[nodiscard]] bool exhaustive() const noexcept { return how_ == strategy::exhaustive; }
    [[nodiscard]] choice_trail& trail() noexcept { return trail_; }
    [[nodiscard]] bool preemptions_left() const noexcept { return preemptions_left_ > 0; }
    void count_preemption() noexcept { --preemptions_left_; }

    std::uint64_t random() noexcept { return values_.next(); }
    std::uint64_t draw() noexcept { return schedule_.next(); }

    // 0 to count - 1; -1 if an exhaustive run is not deterministic.
    int choose(unsigned count) {
        if (count < 2) return 0;
        if (exhaustive()) return trail_.choose(count);
        return static_cast<int>(schedule_.below(count));
    }

    void started(unsigned fiber) noexcept {
        if (how_ == strategy::priorities) {
            priority_[fiber] = static_cast<std::int64_t>(schedule_.next() >> 2U);
        }
    }

    // The next of `runnable`, which is not empty; -1 as for choose. `current` may be blocked.
    int next(std::uint64_t runnable, unsigned current, std::uint64_t step, std::uint64_t drawn) {
        const bool goes_on = ((runnable >> current) & 1U) != 0;
        switch (how_) {
        case strategy::priorities:
            return by_priority(runnable, current, goes_on, step);
        case strategy::exhaustive:
            return by_trail(runnable, current, goes_on);
        case strategy::bursts:
            if (goes_on && ((drawn >> 56U) & burst_mask_) != 0) return static_cast<int>(current);
            break;
        default:
            break;
        }
        if ((runnable & (runnable - 1)) == 0) return static_cast<int>(lowest_bit(runnable));
        const std::uint64_t count = bit_count(runnable);
        return static_cast<int>(nth_bit(runnable, (((drawn >> 32U) & 0xFFFFFFU) * count) >> 24U));
    }

    // How to have the same run again.
    void print_replay(std::FILE* out, std::uint64_t seed) const noexcept {
        const auto number = static_cast<unsigned long long>(seed);
        if (!exhaustive()) {
            std::fprintf(out, "  replay: LEND_SIM_SEED=%llu or --sim-seed=%llu\n", number, number);
            return;
        }
        std::fprintf(out, "  exhaustive, run %llu, choices:", number);
        for (std::size_t at = 0; at < trail_.size(); ++at)
            std::fprintf(out, " %u", trail_.pick(at));
        std::fputc('\n', out);
    }

private:
    static constexpr std::uint64_t never = ~std::uint64_t{0};
    // After so many steps in a row, a fiber is taken to spin and others are let in.
    static constexpr unsigned patience = 200;

    strategy drawn_strategy() noexcept {
        const std::uint64_t drawn = schedule_.below(4);
        if (drawn < 2) return strategy::uniform;
        return drawn == 2 ? strategy::bursts : strategy::priorities;
    }

    void draw_change_points() noexcept {
        // One to four, within a length between 16 and 4096: how long the run will be is not known.
        lowest_priority_ = 0;
        change_count_ = 1 + static_cast<unsigned>(schedule_.below(change_points_.size()));
        const std::uint64_t length = std::uint64_t{16} << schedule_.below(9);
        for (unsigned at = 0; at < change_count_; ++at)
            change_points_[at] = schedule_.below(length);
        find_next_change(0);
    }

    void find_next_change(std::uint64_t after) noexcept {
        next_change_ = never;
        for (unsigned at = 0; at < change_count_; ++at) {
            if (change_points_[at] > after && change_points_[at] < next_change_) {
                next_change_ = change_points_[at];
            }
        }
    }

    int by_priority(std::uint64_t runnable, unsigned current, bool goes_on, std::uint64_t step) {
        if (step >= next_change_) {
            if (goes_on) priority_[current] = --lowest_priority_;
            find_next_change(step);
        }
        if (run_length_ > patience && goes_on) priority_[current] = --lowest_priority_;
        unsigned best = lowest_bit(runnable);
        for (std::uint64_t rest = runnable & (runnable - 1); rest != 0; rest &= rest - 1) {
            const unsigned other = lowest_bit(rest);
            if (priority_[other] > priority_[best]) best = other;
        }
        run_length_ = best == current ? run_length_ + 1 : 0;
        return static_cast<int>(best);
    }

    // Option 0 is to go on with the current fiber; leaving it while it could go on costs one
    // pre-emption, unless it seems to spin.
    int by_trail(std::uint64_t runnable, unsigned current, bool goes_on) {
        const std::uint64_t others = runnable & ~(std::uint64_t{1} << current);
        if (goes_on && others != 0 && run_length_ > patience) {
            run_length_ = 0;
            const std::uint64_t above = others & ~((std::uint64_t{2} << current) - 1);
            return static_cast<int>(lowest_bit(above != 0 ? above : others));
        }
        if (goes_on && (others == 0 || preemptions_left_ == 0)) {
            ++run_length_;
            return static_cast<int>(current);
        }
        const int picked = choose(bit_count(others) + (goes_on ? 1U : 0U));
        if (picked < 0) return picked;
        if (goes_on && picked == 0) {
            ++run_length_;
            return static_cast<int>(current);
        }
        run_length_ = 0;
        if (goes_on) --preemptions_left_;
        const auto index = static_cast<std::uint64_t>(picked) - (goes_on ? 1U : 0U);
        return static_cast<int>(nth_bit(others, index));
    }

    random_stream schedule_;
    random_stream values_;
    choice_trail trail_;
    strategy how_ = strategy::uniform;
    unsigned preemptions_left_ = 0;
    unsigned run_length_ = 0;
    std::uint64_t burst_mask_ = 0;
    std::int64_t lowest_priority_ = 0;
    std::uint64_t next_change_ = never;
    unsigned change_count_ = 0;
    std::array<std::uint64_t, 4> change_points_{};
    std::array<std::int64_t, max_fibers> priority_{};
};

} // namespace detail
} // namespace sim

#endif // LEND_TESTS_SUPPORT_SIM_CHOICES_HPP
