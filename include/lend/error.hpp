// SPDX-License-Identifier: MIT
/// @file
/// What went wrong: a code, the driver's own code and words, how long the caller waited, and what
/// the pool looked like at that moment and who held its resources. Carried by result<T>.

#ifndef LEND_ERROR_HPP
#define LEND_ERROR_HPP

#include <lend/detail/config.hpp>
#include <lend/detail/one_line.hpp>
#include <lend/holder_info.hpp>
#include <lend/hresult.hpp>
#include <lend/short_text.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lend::inline v0_1 {

/// How a pool stood when an acquire failed. Counts of resources and of waiting callers.
/// The states sum to the size.
struct pool_snapshot {
    std::size_t max_size = 0;   ///< the most resources that may exist
    std::size_t size = 0;       ///< how many exist or are being made
    std::size_t idle = 0;       ///< free to be lent
    std::size_t in_use = 0;     ///< lent
    std::size_t creating = 0;   ///< being made
    std::size_t waiting = 0;    ///< callers in the queue, the failed one included
    std::size_t checking = 0;   ///< being checked before they are lent, or while idle
    std::size_t resetting = 0;  ///< being reset after a use
    std::size_t parked = 0;     ///< kept apart
    std::size_t destroying = 0; ///< being destroyed
};

/// A failure, for people and for programs.
///
/// The code is always there; the rest only where it is known. An error made from a code alone
/// allocates nothing. Copies share the details.
///
/// Invariant: `failed(code())`. Size: 24 bytes.
/// @par Thread safety Distinct objects: safe. Shared objects: safe while none is written.
class error {
public:
    /// An error with no details.
    /// @pre `failed(code)`; a success code is replaced by e_unexpected, so that nothing that
    ///      failed can look like a success.
    error(hresult code) noexcept : code_(failed(code) ? code : hr::e_unexpected) {}

    /// An error with words of its own. If memory for them is out, the words are lost, not the code.
    error(hresult code, std::string_view text, std::int64_t driver_code = 0) noexcept
        : error(code) {
        edit([&](details& d) {
            d.text.assign(text);
            d.driver_code = driver_code;
        });
    }

    /// The same where the driver's own code is text, as an SQLSTATE: `{hr::e_fail, words,
    /// "57P01"}`.
    error(hresult code, std::string_view text, std::string_view driver_code) noexcept
        : error(code) {
        edit([&](details& d) {
            d.text.assign(text);
            d.driver_code_text.assign(driver_code);
        });
    }
    error(hresult code, std::string_view text, const char* driver_code) noexcept
        : error(code, text, std::string_view(driver_code)) {}

    /// What became of another failure: `before` and the words of that, or what its code means where
    /// it has none; with the driver's own code of it.
    error(hresult code, std::string_view before, const error& why) noexcept : error(code) {
        edit([&](details& d) {
            d.text.append(before).append(why.words());
            d.driver_code = why.driver_code();
            d.driver_code_text = why.driver_code_text();
        });
    }

    [[nodiscard]] hresult code() const noexcept { return code_; }

    /// The number that the driver's own library gave, as SQLite's extended result; 0 if none.
    [[nodiscard]] std::int64_t driver_code() const noexcept {
        return details_ ? details_->driver_code : 0;
    }

    /// The code that the driver's own library gave, where it is text, as an SQLSTATE; empty if
    /// none.
    [[nodiscard]] std::string_view driver_code_text() const noexcept {
        return details_ ? std::string_view{details_->driver_code_text} : std::string_view{};
    }

    /// The words of whoever reported the failure; empty if there are none.
    [[nodiscard]] std::string_view text() const noexcept {
        return details_ ? std::string_view{details_->text} : std::string_view{};
    }

    /// The words, or what the code means where there are none.
    [[nodiscard]] std::string_view words() const noexcept {
        return text().empty() ? describe(code_) : text();
    }

    /// How long the caller had waited; zero where nothing was waited for.
    [[nodiscard]] std::chrono::nanoseconds waited() const noexcept {
        return details_ ? details_->waited : std::chrono::nanoseconds{0};
    }

    /// How the pool stood; null where no pool was involved.
    [[nodiscard]] const pool_snapshot* snapshot() const noexcept {
        return details_ && details_->has_snapshot ? &details_->snapshot : nullptr;
    }

    /// The words of the last create that failed before this, if none has succeeded since; empty if
    /// there is none.
    [[nodiscard]] std::string_view last_create_error() const noexcept {
        return details_ ? std::string_view{details_->last_create_error} : std::string_view{};
    }

    /// The name of the pool that answered it; empty where that has none, or none was involved.
    [[nodiscard]] std::string_view pool() const noexcept {
        return details_ ? details_->pool.view() : std::string_view{};
    }

    /// Whether something that the driver threw became this error.
    [[nodiscard]] bool thrown() const noexcept { return thrown_; }

    /// The same error, marked as thrown.
    error& with_thrown() noexcept {
        thrown_ = true;
        return *this;
    }

    /// Whether a driver answered this, or threw it. Its code may then be one of lend's own without
    /// being the pool's answer: SQLite's "locked" is lend_e_timed_out, and no acquire that timed
    /// out.
    [[nodiscard]] bool from_driver() const noexcept { return from_driver_; }

    /// The same error, marked as a driver's.
    error& with_driver_origin() noexcept {
        from_driver_ = true;
        return *this;
    }

    /// How long after this error the pool tries to create again, where creates pause after a
    /// failure; zero where they do not.
    [[nodiscard]] std::chrono::nanoseconds next_try_in() const noexcept {
        return details_ ? details_->next_try_in : std::chrono::nanoseconds{0};
    }

    /// Who had held a resource of the pool for longest; null where the pool does not record holders
    /// or nobody held one.
    [[nodiscard]] const holder_info* oldest_holder() const noexcept {
        return details_ && details_->has_holder ? &details_->oldest_holder : nullptr;
    }

    /// How long before this error that create failed; zero where there is none.
    [[nodiscard]] std::chrono::nanoseconds last_create_error_age() const noexcept {
        return details_ ? details_->last_create_error_age : std::chrono::nanoseconds{0};
    }

    /// The same error as the answer of a pool with this name; unchanged if that is empty. What
    /// another pool answered, whose resources the driver works with, becomes the text.
    error& with_pool(const short_text& name) noexcept {
        if (name.empty() || pool() == name) return *this;
        edit([&](details& d) {
            if (!d.pool.empty()) {
                std::string inner = message();
                details whole;
                whole.text = std::move(inner);
                whole.driver_code = d.driver_code;
                whole.driver_code_text = std::move(d.driver_code_text);
                d = std::move(whole);
            }
            d.pool = name;
        });
        return *this;
    }

    /// The same error with how long was waited and how the pool stood. Keeps the code if memory
    /// for the details is out.
    error& with_wait(std::chrono::nanoseconds waited, const pool_snapshot& snapshot) noexcept {
        edit([&](details& d) {
            d.waited = waited;
            d.snapshot = snapshot;
            d.has_snapshot = true;
        });
        return *this;
    }

    /// The same error with the words of the last create that failed, and how long ago that was.
    error& with_last_create_error(const error& cause, std::chrono::nanoseconds age) noexcept {
        edit([&](details& d) {
            d.last_create_error = cause.in_a_line(cause.pool() != std::string_view(d.pool));
            d.last_create_error_age = age;
        });
        return *this;
    }

    /// The same error with when a create will be tried again.
    error& with_next_try(std::chrono::nanoseconds in) noexcept {
        edit([&](details& d) { d.next_try_in = in; });
        return *this;
    }

    /// The same error with who had held a resource for longest.
    error& with_oldest_holder(const holder_info& holder) noexcept {
        edit([&](details& d) {
            d.oldest_holder = holder;
            d.has_holder = true;
        });
        return *this;
    }

    /// Everything in one line for a log: the pool's name, the words or what the code means, the
    /// code's name and number, the driver's own code, wait, snapshot, oldest holder and the last
    /// create error. Line breaks of the words are blanks in it.
    /// @par Errors None; throws bad_alloc when memory is out. @par Thread safety Safe.
    [[nodiscard]] std::string message() const { return in_a_line(true); }

    /// Two errors are equal if their codes are.
    [[nodiscard]] friend bool operator==(const error& a, const error& b) noexcept {
        return a.code_ == b.code_;
    }
    [[nodiscard]] friend bool operator==(const error& a, hresult b) noexcept {
        return a.code_ == b;
    }

private:
    struct details {
        short_text pool;
        std::int64_t driver_code = 0;
        std::string driver_code_text;
        std::string text;
        std::chrono::nanoseconds waited{0};
        pool_snapshot snapshot;
        bool has_snapshot = false;
        holder_info oldest_holder;
        bool has_holder = false;
        std::string last_create_error;
        std::chrono::nanoseconds last_create_error_age{0};
        std::chrono::nanoseconds next_try_in{0};
    };

    // " (E_FAIL 0x80004005, driver code 113)".
    void append_codes(std::string& line) const {
        const std::string_view name = name_of(code_);
        line.append(" (").append(name).append(name.empty() ? "" : " ").append(to_hex(code_));
        if (driver_code() != 0) line.append(", driver code ").append(std::to_string(driver_code()));
        if (!driver_code_text().empty())
            detail::append_in_line(line.append(", driver code "), driver_code_text());
        line.append(")");
    }

    // States that are empty as a rule are left out if they are.
    static void append(std::string& line, const pool_snapshot& s) {
        line.append("; ").append(std::to_string(s.size)).append(" of ");
        line.append(std::to_string(s.max_size)).append(" resources: ");
        line.append(std::to_string(s.idle)).append(" idle, ");
        line.append(std::to_string(s.in_use)).append(" in use, ");
        line.append(std::to_string(s.creating)).append(" being created");
        const auto add = [&](std::size_t count, const char* what) {
            if (count != 0) line.append(", ").append(std::to_string(count)).append(what);
        };
        add(s.checking, " being checked");
        add(s.resetting, " being reset");
        add(s.parked, " parked");
        add(s.destroying, " being destroyed");
        line.append("; ").append(std::to_string(s.waiting)).append(" waiting");
    }

    [[nodiscard]] std::string in_a_line(bool with_pool) const {
        std::string line;
        if (with_pool) detail::append_pool(line, pool());
        detail::append_in_line(line, words());
        append_codes(line);
        if (waited().count() > 0) {
            line.append("; waited ");
            detail::append_time(line, waited());
        }
        if (const pool_snapshot* s = snapshot()) append(line, *s);
        if (const holder_info* h = oldest_holder()) {
            line.append("; oldest holder: ").append(detail::describe(*h, h->pool != pool()));
        }
        if (!last_create_error().empty()) {
            line.append("; last create error, ");
            detail::append_time(line, last_create_error_age());
            line.append(" ago: ").append(last_create_error());
        }
        if (next_try_in().count() > 0) {
            line.append("; next try in ");
            detail::append_time(line, next_try_in());
        }
        return line;
    }

    // Changes a private copy of the details. A template on the exception setting, so that
    // translation units built with and without exceptions do not share one symbol.
    template <class Change, bool Exceptions = LEND_EXCEPTIONS>
    void edit(const Change& change) noexcept {
        LEND_TRY {
            auto copy =
                details_ ? std::make_shared<details>(*details_) : std::make_shared<details>();
            change(*copy);
            details_ = std::move(copy);
        }
        LEND_CATCH_ALL {
            // The code says enough; the words could not be kept.
        }
    }

    std::shared_ptr<const details> details_;
    hresult code_;
    bool thrown_ = false;
    bool from_driver_ = false;
};

/// Writes message().
template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                             const error& e) {
    return out << e.message();
}

/// Thrown by `result::value()` on an error and by constructors given bad options.
class lend_exception : public std::exception {
public:
    explicit lend_exception(lend::error e) : error_(std::move(e)), what_(error_.message()) {}

    [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }
    [[nodiscard]] const lend::error& error() const noexcept { return error_; }

private:
    lend::error error_;
    std::string what_;
};

namespace detail {

// Throws, or terminates where exceptions are off. The argument keeps the two apart for the linker.
template <bool Exceptions>
[[noreturn]] void raise(const error& e) {
#if LEND_EXCEPTIONS
    if constexpr (Exceptions) throw lend_exception(e);
#endif
    terminate_with(e.message().c_str());
}

} // namespace detail
} // namespace lend

#endif // LEND_ERROR_HPP
