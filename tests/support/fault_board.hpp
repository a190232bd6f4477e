// SPDX-License-Identifier: MIT
/// @file
/// The memory of a fault_driver: which calls shall go wrong and how, what exists, who uses it, and
/// which promises to the driver were broken.

#ifndef LEND_TESTS_SUPPORT_FAULT_BOARD_HPP
#define LEND_TESTS_SUPPORT_FAULT_BOARD_HPP

#include <lend/hresult.hpp>
#include <lend/platform.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lend_test {

/// What can go wrong in a call.
enum class fault : std::uint8_t {
    none,
    error,        ///< answers `error_code`; check: broken; rate: unusable
    exception,    ///< throws injected_fault
    hang,         ///< sleeps for `hang_time` or until released, then does its work
    delay,        ///< sleeps for `delay_time`, then does its work
    wrong_answer, ///< answers what it must not: a rating of 1 000, a success code for a failure
};

/// The calls of a driver.
enum class call : std::uint8_t { create, rate, enlist, reset, destroy, check, abandon, interrupt };
inline constexpr std::size_t call_kinds = 8;

/// Thrown by a call that is to throw.
struct injected_fault : std::runtime_error {
    injected_fault() : std::runtime_error("injected fault") {}
};

/// One per driver and its copies; the test keeps it by shared_ptr.
template <class Platform = lend::default_platform>
class fault_board {
    using time_point = typename Platform::time_point;

public:
    using duration = typename Platform::duration;

    // ---- what goes wrong; set before the calls begin, or between them ------------------------

    lend::hresult error_code = lend::hr::e_fail;
    duration hang_time = std::chrono::hours(1);
    duration delay_time = std::chrono::milliseconds(10);
    /// A resource that was used must be reset with success before its next use.
    bool reset_before_reuse = true;

    /// The n-th call of that kind (the first is 1) goes wrong; others are not touched.
    fault_board& at(call kind, std::uint64_t nth, fault what) {
        return add({kind, what, nth, nth, 0});
    }
    /// The n-th and all later ones.
    fault_board& from(call kind, std::uint64_t nth, fault what) {
        return add({kind, what, nth, ~std::uint64_t{0}, 0});
    }
    /// One in so many, by chance.
    fault_board& often(call kind, unsigned one_in, fault what) {
        return add({kind, what, 1, ~std::uint64_t{0}, one_in});
    }
    /// From now on nothing goes wrong.
    void heal() {
        const std::lock_guard lock(mutex_);
        plan_.clear();
    }
    /// Ends all hangs and delays of now.
    void release_hung() {
        // (1) release-fetch-add synchronizes-with the acquire-load (2)
        gate_.fetch_add(1, std::memory_order_release);
        for (std::uint64_t left = calls_under_way(); left > 0; --left) Platform::unpark_one(gate_);
    }

    // ---- what happened -----------------------------------------------------------------------

    [[nodiscard]] std::uint64_t calls(call kind) const {
        const std::lock_guard lock(mutex_);
        return count_[index(kind)];
    }
    [[nodiscard]] std::uint64_t calls_under_way() const {
        const std::lock_guard lock(mutex_);
        return under_way_;
    }
    [[nodiscard]] int created() const { return read(created_); }
    [[nodiscard]] int destroyed() const { return read(destroyed_); }
    [[nodiscard]] int abandoned() const { return read(abandoned_); }
    [[nodiscard]] int live() const { return read(live_); }
    [[nodiscard]] int most_live() const { return read(most_live_); }
    /// Empty if every promise was kept. In simulation the first one broken ends the run.
    [[nodiscard]] std::vector<std::string> violations() const {
        const std::lock_guard lock(mutex_);
        return violations_;
    }

    // ---- for borrowers -----------------------------------------------------------------------

    /// Says that the caller uses a resource as long as this lives: nobody else may, and the driver
    /// may not be called for it.
    class use {
    public:
        use(fault_board& board, int number) : board_(board), number_(number) {
            board_.begin_use(number_);
        }
        use(const use&) = delete;
        use& operator=(const use&) = delete;
        ~use() { board_.end_use(number_); }

    private:
        fault_board& board_;
        int number_;
    };

    // ---- for the driver ----------------------------------------------------------------------

    // One call, from beginning to end. `number` is 0 for create.
    class visit {
    public:
        visit(fault_board& board, call kind, int number)
            : board_(board), number_(number), exclusive_(kind != call::interrupt),
              what_(board.begin_call(kind, number, exclusive_)) {
            try {
                board_.suffer(what_);
            } catch (...) {
                board_.end_call(number_, exclusive_);
                throw;
            }
        }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit() { board_.end_call(number_, exclusive_); }

        [[nodiscard]] bool fails() const noexcept { return what_ == fault::error; }
        [[nodiscard]] bool lies() const noexcept { return what_ == fault::wrong_answer; }

    private:
        fault_board& board_;
        int number_;
        bool exclusive_;
        fault what_;
    };

    int made() {
        const std::lock_guard lock(mutex_);
        ++created_;
        if (++live_ > most_live_) most_live_ = live_;
        things_[++last_number_] = {};
        return last_number_;
    }
    void was_reset(int number) {
        const std::lock_guard lock(mutex_);
        if (thing* const it = find(number)) it->used = false;
    }
    void gone(int number, bool abandoned) {
        const std::lock_guard lock(mutex_);
        thing* const it = find(number);
        if (it == nullptr) return; // begin_call has said so
        it->dead = true;
        --live_;
        ++(abandoned ? abandoned_ : destroyed_);
    }
    void dropped(int number) { violate("a resource is dropped, not destroyed", number); }

private:
    struct rule {
        call kind;
        fault what;
        std::uint64_t first;
        std::uint64_t last;
        unsigned one_in; // 0: each
    };
    struct thing {
        bool dead = false;
        bool used = false; // since its last reset
        int users = 0;
        int calls = 0;
    };

    static constexpr std::size_t index(call kind) noexcept {
        return static_cast<std::size_t>(kind);
    }

    int read(const int& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }

    fault_board& add(rule added) {
        const std::lock_guard lock(mutex_);
        plan_.push_back(added);
        return *this;
    }

    thing* find(int number) {
        const auto at = things_.find(number);
        return at == things_.end() ? nullptr : &at->second;
    }

    // The board's own mutex is never held where a simulated fiber could be switched.
    fault begin_call(call kind, int number, bool exclusive) {
        if (held_locks() != 0) violate("a driver call with a lock held", number);
        const char* broken = nullptr;
        std::vector<rule> rules;
        std::uint64_t nth = 0;
        {
            const std::lock_guard lock(mutex_);
            nth = ++count_[index(kind)];
            ++under_way_;
            rules = plan_;
            if (number != 0) broken = enter(number, exclusive);
        }
        if (broken != nullptr) violate(broken, number);
        for (const rule& each : rules) {
            if (each.kind != kind || nth < each.first || nth > each.last) continue;
            if (each.one_in == 0 || chance(each.one_in)) return each.what;
        }
        return fault::none;
    }

    const char* enter(int number, bool exclusive) {
        thing* const it = find(number);
        if (it == nullptr) return "a call for a resource that never was";
        if (it->dead) return "a call for a destroyed resource";
        if (!exclusive) return nullptr;
        if (it->users > 0) return "a call for a resource that someone uses";
        if (it->calls++ > 0) return "two calls for one resource at once";
        return nullptr;
    }

    void end_call(int number, bool exclusive) {
        const std::lock_guard lock(mutex_);
        --under_way_;
        thing* const it = find(number);
        if (it != nullptr && exclusive) --it->calls;
    }

    void begin_use(int number) {
        const char* broken = nullptr;
        {
            const std::lock_guard lock(mutex_);
            thing* const it = find(number);
            if (it == nullptr) {
                broken = "a resource is used that never was";
            } else {
                if (it->dead) broken = "a destroyed resource is used";
                if (it->users > 0) broken = "two borrowers use one resource at once";
                if (it->calls > 0) broken = "a resource is used during a driver call for it";
                if (it->used && reset_before_reuse)
                    broken = "a resource is used again without reset";
                ++it->users;
                it->used = true;
            }
        }
        if (broken != nullptr) violate(broken, number);
    }

    void end_use(int number) {
        const std::lock_guard lock(mutex_);
        if (thing* const it = find(number)) --it->users;
    }

    void suffer(fault what) {
        Platform::driver_call(); // a scheduling point within the call: overlaps become visible
        if (what == fault::hang) sleep(hang_time);
        if (what == fault::delay) sleep(delay_time);
        if (what == fault::exception) throw injected_fault();
    }

    void sleep(duration time) {
        // (2) acquire-load synchronizes-with the release-fetch-add (1)
        const std::uint32_t before = gate_.load(std::memory_order_acquire);
        const time_point start = Platform::now();
        const bool for_ever = time > time_point::max() - start;
        const time_point deadline = for_ever ? time_point::max() : start + time;
        while (Platform::now() < deadline) {
            // (2) acquire-load synchronizes-with the release-fetch-add (1)
            if (gate_.load(std::memory_order_acquire) != before) return;
            Platform::park(gate_, before, deadline);
        }
    }

    static bool chance(unsigned one_in) {
        if constexpr (requires { Platform::choose(one_in); }) {
            return Platform::choose(one_in) == 0;
        } else {
            return Platform::random() % one_in == 0;
        }
    }

    static unsigned held_locks() noexcept {
        if constexpr (requires { Platform::locks_held(); }) return Platform::locks_held();
        return 0;
    }

    void violate(const char* what, int number) {
        std::array<char, 120> text{};
        std::snprintf(text.data(), text.size(), "%s (resource %d)", what, number);
        if constexpr (requires { Platform::violated(""); }) Platform::violated(text.data());
        const std::lock_guard lock(mutex_);
        violations_.emplace_back(text.data());
    }

    mutable std::mutex mutex_;
    std::vector<rule> plan_;
    std::array<std::uint64_t, call_kinds> count_{};
    std::map<int, thing> things_; // dead ones too: numbers are not used again
    std::vector<std::string> violations_;
    std::uint64_t under_way_ = 0;
    int last_number_ = 0;
    int created_ = 0;
    int destroyed_ = 0;
    int abandoned_ = 0;
    int live_ = 0;
    int most_live_ = 0;
    typename Platform::template atomic<std::uint32_t> gate_{0};
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_FAULT_BOARD_HPP
