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
struct pool_snapshot {
    std::size_t max_size = 0; ///< the most resources that may exist
    std::size_t size = 0;     ///< how many exist or are being made
    std::size_t idle = 0;     ///< free to be lent
    std::size_t in_use = 0;   ///< lent
    std::size_t creating = 0; ///< being made
    std::size_t waiting = 0;  ///< callers in the queue, the failed one included
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

    [[nodiscard]] hresult code() const noexcept { return code_; }

    /// The number that the driver's own library gave, as SQLite's extended result; 0 if none.
    [[nodiscard]] std::int64_t driver_code() const noexcept {
        return details_ ? details_->driver_code : 0;
    }

    /// The words of whoever reported the failure; empty if there are none.
    [[nodiscard]] std::string_view text() const noexcept {
        return details_ ? std::string_view{details_->text} : std::string_view{};
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
                const std::int64_t driver_code = d.driver_code;
                d = details{};
                d.text = std::move(inner);
                d.driver_code = driver_code;
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

    /// The same error with who had held a resource for longest.
    error& with_oldest_holder(const holder_info& holder) noexcept {
        edit([&](details& d) {
            d.oldest_holder = holder;
            d.has_holder = true;
        });
        return *this;
    }

    /// Everything in one line for a log: pool, name, number, meaning, words, wait, snapshot, oldest
    /// holder and the last create error.
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
        std::string text;
        std::chrono::nanoseconds waited{0};
        pool_snapshot snapshot;
        bool has_snapshot = false;
        holder_info oldest_holder;
        bool has_holder = false;
        std::string last_create_error;
        std::chrono::nanoseconds last_create_error_age{0};
    };

    [[nodiscard]] std::string in_a_line(bool with_pool) const {
        std::string line;
        if (with_pool) detail::append_pool(line, pool());
        if (const std::string_view name = name_of(code_); !name.empty()) {
            line.append(name).append(" (").append(to_hex(code_)).append(")");
        } else {
            line.append(to_hex(code_));
        }
        line.append(": ").append(text().empty() ? describe(code_) : text());
        if (driver_code() != 0)
            line.append(" [driver code ").append(std::to_string(driver_code())).append("]");
        if (waited().count() > 0) {
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited());
            line.append("; waited ").append(std::to_string(ms.count())).append(" ms");
        }
        if (const pool_snapshot* s = snapshot()) {
            line.append("; ").append(std::to_string(s->size)).append(" of ");
            line.append(std::to_string(s->max_size)).append(" resources: ");
            line.append(std::to_string(s->idle)).append(" idle, ");
            line.append(std::to_string(s->in_use)).append(" in use, ");
            line.append(std::to_string(s->creating)).append(" being created; ");
            line.append(std::to_string(s->waiting)).append(" waiting");
        }
        if (const holder_info* h = oldest_holder()) {
            line.append("; oldest holder: ").append(detail::describe(*h, h->pool != pool()));
        }
        if (!last_create_error().empty()) {
            using std::chrono::milliseconds;
            const auto ms = std::chrono::duration_cast<milliseconds>(last_create_error_age());
            line.append("; last create error, ").append(std::to_string(ms.count()));
            line.append(" ms ago: ").append(last_create_error());
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
