// SPDX-License-Identifier: MIT
/// @file
/// What the worker can be told to do wrong, and the driver that does it. A judge that has never
/// condemned anything proves nothing: `run.py --defects` plants each of these.

#ifndef LEND_TESTS_CHAOS_DEFECTS_HPP
#define LEND_TESTS_CHAOS_DEFECTS_HPP

#include <lend/drivers/sqlite.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

namespace lend_test::chaos {

enum class defect {
    none,
    early, ///< a transfer is acknowledged before its COMMIT
    lost,  ///< a transfer is acknowledged and never committed
    twice, ///< a transfer is made again after it was committed
    half,  ///< a transfer is committed in two halves
    dirty, ///< the driver's reset leaves a transaction open, and its check does not see that
    blind, ///< the driver's check does not see that the file has moved
    dead,  ///< after a first failure the driver never opens a connection again
    leak,  ///< a lease is not given back
};

/// True if the name is one of a defect.
inline bool read(std::string_view name, defect& out) {
    constexpr std::array<std::string_view, 9> names{"none",  "early", "lost", "twice", "half",
                                                    "dirty", "blind", "dead", "leak"};
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (names[at] != name) continue;
        out = static_cast<defect>(at);
        return true;
    }
    return false;
}

/// The SQLite driver, with a defect or without.
class driver : public lend::sqlite::driver {
    using good = lend::sqlite::driver;

public:
    explicit driver(defect planted) : planted_(planted) {}

    [[nodiscard]] lend::result<lend::sqlite::connection>
    create(const lend::sqlite::database& wanted) {
        if (planted_ == defect::dead && *has_failed_) {
            return lend::error(lend::hr::e_fail, "as ever since", SQLITE_CANTOPEN);
        }
        auto made = good::create(wanted);
        if (!made) *has_failed_ = true;
        return made;
    }

    [[nodiscard]] lend::hresult reset(lend::sqlite::connection& r) {
        return planted_ == defect::dirty ? lend::hr::s_ok : good::reset(r);
    }

    [[nodiscard]] lend::health check(lend::sqlite::connection& r, lend::check_kind kind) noexcept {
        const bool is_blind = planted_ == defect::blind || planted_ == defect::dirty;
        return is_blind ? lend::health::good : good::check(r, kind);
    }

private:
    defect planted_;
    std::unique_ptr<std::atomic<bool>> has_failed_ = std::make_unique<std::atomic<bool>>(false);
};

} // namespace lend_test::chaos

#endif // LEND_TESTS_CHAOS_DEFECTS_HPP
