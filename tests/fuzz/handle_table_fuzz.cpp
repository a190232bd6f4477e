// SPDX-License-Identifier: MIT
/// @file
/// Bytes become calls of a handle_table, with numbers that were handed out, are over, are a bit
/// beside one, or any. The model is a std::map; numbers are as wide as shipped, or so narrow that
/// generations and indices run out within a run.

#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"

#include <lend/handle_table.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace lend_test;
namespace hr = lend::hr;

/// A slot is retired after three uses.
struct tiny_numbers : fuzz_platform {
    static constexpr unsigned generation_bits = 2;
};
/// 32 bits: 63 indices, then none.
struct cramped_numbers : fuzz_platform {
    using handle_word = std::uint32_t;
    static constexpr unsigned generation_bits = 22;
    static constexpr unsigned tag_bits = 4;
};

// Knows how many of its kind exist. Neither movable nor default-constructible.
struct counted {
    counted(int v, bool throws) : value(v) {
        if (throws) throw std::runtime_error("constructor");
        ++live;
    }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() {
        FUZZ_CHECK(value >= 0);
        value = -1;
        --live;
    }

    int value;
    static inline int live = 0;
};

// The two kinds of table: of objects, and of values that `read` copies.
struct objects {
    using type = counted;
    static int value_of(const counted& it) { return it.value; }
};
struct values {
    using type = int;
    static int value_of(int it) { return it; }
};

template <class Kind, class Platform>
class table_session {
    using type = typename Kind::type;
    using table_type = lend::handle_table<type, Platform>;
    using handle = typename table_type::handle;
    using pinned = typename table_type::pinned;
    static constexpr bool has_objects = std::is_same_v<Kind, objects>;

    struct pin {
        pinned by;
        handle number;
        int value;
    };

public:
    explicit table_session(fuzz_input& in) : in_(in) {}

    void run() {
        {
            auto made = table_type::make();
            FUZZ_CHECK(made.has_value());
            table_.emplace(std::move(*made));
            for (int at = 0; at < 400 && !in_.empty(); ++at) step();
            pins_.clear();
            look();
            table_.reset();
        }
        FUZZ_CHECK(counted::live == 0);
    }

private:
    void step() {
        using call = void (table_session::*)();
        static constexpr call calls[] = {
            &table_session::insert,      &table_session::insert,    &table_session::insert_many,
            &table_session::erase,       &table_session::erase,     &table_session::erase_with,
            &table_session::find,        &table_session::unpin,     &table_session::erase_span,
            &table_session::look,        &table_session::look_at,   &table_session::walk,
            &table_session::clear,       &table_session::move_over, &table_session::insert_in_vain,
            &table_session::play_another};
        (this->*in_.one_of(calls))();
        FUZZ_CHECK(table_->capacity() >= capacity_);
        capacity_ = table_->capacity();
    }

    lend::result<handle> emplace(int value, bool throws) {
        if constexpr (has_objects) {
            return table_->emplace(value, throws);
        } else {
            (void)throws;
            return table_->insert(value);
        }
    }

    void insert() {
        const int value = in_.byte();
        const bool throws = has_objects && in_.below(8) == 7;
        try {
            const auto number = emplace(value, throws);
            if (!number) { // and nothing was constructed
                FUZZ_CHECK(number.error().code() == hr::e_outofmemory && may_be_full());
                return;
            }
            FUZZ_CHECK(!throws);
            FUZZ_CHECK(*number != 0);
            FUZZ_CHECK(all_.insert(*number).second); // no number comes twice
            live_[*number] = value;
            numbers_.push_back(*number);
        } catch (const std::runtime_error&) {
            FUZZ_CHECK(throws);
        }
    }
    void insert_many() {
        for (std::size_t left = in_.below(40); left > 0; --left) insert();
    }

    // What a constructor throws away is not lost: the same few slots are tried again and again.
    void insert_in_vain() {
        if constexpr (has_objects) {
            constexpr int times = 60;
            const std::size_t before = table_->capacity();
            for (int left = times; left > 0; --left) {
                try {
                    FUZZ_CHECK(!table_->emplace(1, true).has_value());
                } catch (const std::runtime_error&) {
                }
            }
            FUZZ_CHECK(table_->capacity() <= before + 16);
        }
    }

    // Where indices are few, retired and pinned slots and other threads' free numbers use them up.
    [[nodiscard]] bool may_be_full() const { return table_type::max_size() < 1000; }

    // Any number: see the file comment.
    handle some() {
        const std::uint8_t how = in_.byte();
        if (numbers_.empty() || how % 16U == 15) return static_cast<handle>(in_.word());
        const handle number = numbers_[static_cast<std::size_t>(in_.byte()) * 7U % numbers_.size()];
        if (how % 16U != 14) return number;
        constexpr unsigned bits = std::numeric_limits<handle>::digits;
        return static_cast<handle>(number ^ handle{1} << in_.below(bits));
    }

    void expect_code(handle number, lend::hresult code) {
        if (live_.count(number) != 0) {
            FUZZ_CHECK(code == hr::s_ok);
        } else if (all_.count(number) != 0) {
            FUZZ_CHECK(code == hr::lend_e_stale);
        } else { // stale as well, if it is the next one of a slot that is free
            FUZZ_CHECK(code == hr::e_invalidarg || code == hr::lend_e_stale);
        }
        live_.erase(number);
    }
    void erase() {
        const handle number = some();
        expect_code(number, table_->erase(number));
    }

    [[nodiscard]] bool is_pinned(handle number) const {
        for (const pin& each : pins_)
            if (each.number == number) return true;
        return false;
    }

    void erase_with() {
        const handle number = some();
        const bool is_live = live_.count(number) != 0;
        const bool is_called = is_live && !is_pinned(number);
        const int value = is_live ? live_[number] : 0;
        const bool throws = in_.flag();
        int calls = 0;
        lend::hresult code = hr::s_ok;
        try {
            code = table_->erase(number, [&](type&& it) {
                ++calls;
                FUZZ_CHECK(Kind::value_of(it) == value && !table_->contains(number));
                if (throws) throw std::runtime_error("last");
                return hr::e_abort;
            });
            FUZZ_CHECK(!(throws && is_called));
        } catch (const std::runtime_error&) {
            FUZZ_CHECK(throws);
        }
        FUZZ_CHECK(calls == (is_called ? 1 : 0));
        if (is_called && !throws) FUZZ_CHECK(code == hr::e_abort);
        if (is_live) {
            live_.erase(number);
        } else {
            expect_code(number, code);
        }
    }

    void erase_span() {
        std::vector<handle> many;
        for (std::size_t left = in_.below(60); left > 0; --left) many.push_back(some());
        std::size_t expected = 0;
        for (const handle each : many) expected += live_.erase(each);
        FUZZ_CHECK(table_->erase(std::span<const handle>(many)) == expected);
    }

    void find() {
        const handle number = some();
        pinned found = table_->find(number);
        FUZZ_CHECK(static_cast<bool>(found) == (live_.count(number) != 0));
        if (!found) return;
        FUZZ_CHECK(found.number() == number && Kind::value_of(*found) == live_[number]);
        if (pins_.size() < 8) pins_.push_back({std::move(found), number, live_[number]});
    }
    void unpin() {
        if (pins_.empty()) return;
        const auto at = pins_.begin() + static_cast<std::ptrdiff_t>(in_.below(pins_.size()));
        FUZZ_CHECK(Kind::value_of(*at->by) == at->value); // also where its number is over
        const handle number = at->number;
        pinned last = std::move(at->by);
        pins_.erase(at);
        const bool is_last = live_.count(number) == 0 && !is_pinned(number);
        int calls = 0;
        const lend::hresult code = last.reset([&](type&&) {
            ++calls;
            return hr::e_fail;
        });
        FUZZ_CHECK(calls == (is_last ? 1 : 0));
        FUZZ_CHECK(code == (is_last ? hr::e_fail : hr::s_ok));
        FUZZ_CHECK(!last && last.number() == 0);
    }

    void look_at() {
        const handle number = some();
        const auto at = live_.find(number);
        FUZZ_CHECK(table_->contains(number) == (at != live_.end()));
        if constexpr (!has_objects) {
            const std::optional<int> seen = table_->read(number);
            FUZZ_CHECK(seen.has_value() == (at != live_.end()));
            if (seen) FUZZ_CHECK(*seen == at->second);
        }
    }
    void look() {
        FUZZ_CHECK(table_->approximate_size() == live_.size());
        std::map<handle, int> seen;
        table_->for_each([&](handle number, const type& it) {
            FUZZ_CHECK(seen.emplace(number, Kind::value_of(it)).second);
        });
        FUZZ_CHECK(seen == live_);
    }

    // A walk whose function changes the table.
    void walk() {
        const std::uint8_t bits = in_.byte();
        unsigned at = 0;
        table_->for_each([&](handle number, const type& it) {
            FUZZ_CHECK(live_.count(number) == 0 || live_[number] == Kind::value_of(it));
            const bool goes = (bits >> (at++ % 8U) & 1U) != 0;
            if (goes) expect_code(number, table_->erase(number));
            if (at == 3) insert();
        });
    }
    void clear() {
        FUZZ_CHECK(table_->clear() == live_.size());
        live_.clear();
    }
    void move_over() {
        if (!pins_.empty()) return;
        table_type moved(std::move(*table_));
        table_.emplace(std::move(moved));
    }
    void play_another() {
        fuzz_world::now().thread = static_cast<std::uint32_t>(in_.below(fuzz_world::players));
    }

    fuzz_input& in_;
    std::optional<table_type> table_;
    std::map<handle, int> live_;
    std::set<handle> all_;
    std::vector<handle> numbers_;
    std::vector<pin> pins_;
    std::size_t capacity_ = 0;
};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_world::now().begin();
    fuzz_input in(data, size);
    switch (in.below(6)) {
    case 0:
        table_session<objects, fuzz_platform>(in).run();
        break;
    case 1:
        table_session<values, fuzz_platform>(in).run();
        break;
    case 2:
        table_session<objects, tiny_numbers>(in).run();
        break;
    case 3:
        table_session<values, tiny_numbers>(in).run();
        break;
    case 4:
        table_session<objects, cramped_numbers>(in).run();
        break;
    default:
        table_session<values, cramped_numbers>(in).run();
        break;
    }
    return 0;
}
