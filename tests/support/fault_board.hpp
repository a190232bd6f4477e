// SPDX-License-Identifier: MIT
/// @file
/// The memory of a fault_driver: on top of the plan of what goes wrong, what exists, who uses it,
/// and which promises to the driver were broken.

#ifndef LEND_TESTS_SUPPORT_FAULT_BOARD_HPP
#define LEND_TESTS_SUPPORT_FAULT_BOARD_HPP

#include <lend/platform.hpp>
#include <lend/testing.hpp>

#include <array>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace lend_test {

using lend::testing::call;
using lend::testing::fault;
using lend::testing::injected_fault;

/// One per driver and its copies; the test keeps it by shared_ptr. What goes wrong is the plan's.
template <class Platform = lend::default_platform>
class fault_board : public lend::testing::fault_plan<Platform> {
    using plan = lend::testing::fault_plan<Platform>;

public:
    /// A resource that was used must be reset with success before its next use.
    bool reset_before_reuse = true;

    // ---- what happened -----------------------------------------------------------------------

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
            : entry_(board, number, kind != call::interrupt), planned_(board, kind) {}

        [[nodiscard]] bool fails() const noexcept { return planned_.fails(); }
        [[nodiscard]] bool lies() const noexcept { return planned_.lies(); }

    private:
        // A part of its own, so that a call that throws has ended too.
        struct entry {
            entry(fault_board& in, int which, bool is_exclusive)
                : board(in), number(which), exclusive(is_exclusive) {
                board.begin_call(number, exclusive);
            }
            entry(const entry&) = delete;
            entry& operator=(const entry&) = delete;
            ~entry() { board.end_call(number, exclusive); }

            fault_board& board;
            int number;
            bool exclusive;
        };

        entry entry_;
        typename plan::visit planned_;
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
    struct thing {
        bool dead = false;
        bool used = false; // since its last reset
        int users = 0;
        int calls = 0;
    };

    int read(const int& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }

    thing* find(int number) {
        const auto at = things_.find(number);
        return at == things_.end() ? nullptr : &at->second;
    }

    // The board's own mutex is never held where a simulated fiber could be switched.
    void begin_call(int number, bool exclusive) {
        if (held_locks() != 0) violate("a driver call with a lock held", number);
        const char* broken = nullptr;
        if (number != 0) {
            const std::lock_guard lock(mutex_);
            broken = enter(number, exclusive);
        }
        if (broken != nullptr) violate(broken, number);
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
    std::map<int, thing> things_; // dead ones too: numbers are not used again
    std::vector<std::string> violations_;
    int last_number_ = 0;
    int created_ = 0;
    int destroyed_ = 0;
    int abandoned_ = 0;
    int live_ = 0;
    int most_live_ = 0;
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_FAULT_BOARD_HPP
