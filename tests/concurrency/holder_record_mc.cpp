// SPDX-License-Identifier: MIT
/// @file
/// Model check of the borrower's record: whatever a reader accepts was written by one borrower, the
/// one whose lending it names. The code is that of include/lend/detail/holder_record.hpp on the
/// word of lending_word.hpp; each scenario must hold, and each mutant (one order weakened) must be
/// caught. The numbers are those of the comments there.

#include <lend/detail/holder_record.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/platform.hpp>

#include <support/checker.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using lend::detail::borrower;
using lend::detail::lending_word;
using lend::detail::recorded_borrower;
using mc::expect;
using order = std::memory_order;

enum class mutant : std::uint8_t {
    none,
    field_store, // (1)
    field_load,  // (2)
    stamp_store, // (3)
    stamp_load,  // (4)
    no_word,     // the second look, at the slot's word, is left out
};

// Fields are pointers and small numbers; the stamp is a 64-bit number, and so is the thread, whose
// order is weakened with it. What is not explored here are the fields that are like others, and the
// note, which kept_note_mc.cpp explores.
template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr bool is_stamp = std::is_same_v<T, std::uint64_t>;

    static constexpr order of(mutant here, order shipped) {
        return M == here ? order::relaxed : shipped;
    }

public:
    using base::base;

    T load(order o) const noexcept {
        if (o == order::acquire) o = of(is_stamp ? mutant::stamp_load : mutant::field_load, o);
        return base::load(o);
    }
    void store(T value, order o) noexcept {
        if (o == order::release) o = of(is_stamp ? mutant::stamp_store : mutant::field_store, o);
        base::store(value, o);
    }
};

template <mutant M>
struct checked_platform {
    template <class T>
    using atomic = ::atomic<T, M>;
};

// What the record looks at after the fields: the slot's word, or, as a mutant, what it was before.
template <mutant M>
struct cell : lend::detail::lending_cell<checked_platform<M>> {
    using base = lend::detail::lending_cell<checked_platform<M>>;
    lending_word::type before = 0;
    [[nodiscard]] lending_word::type peek() const noexcept {
        return M == mutant::no_word ? before : base::peek();
    }
};

template <mutant M>
struct slot {
    cell<M> word;
    lend::detail::holder_record<checked_platform<M>> record;
};

constexpr lending_word::type first = lending_word::in_use;
constexpr lending_word::type second = lending_word::one_lending | lending_word::in_use;

constexpr borrower early{{"early.cpp", "early", 1}, nullptr, true, false};
constexpr borrower late{{"late.cpp", "late", 2}, nullptr, false, true};

bool is(const recorded_borrower& seen, const borrower& whole) {
    return std::strcmp(seen.site.file, whole.site.file) == 0 &&
           std::strcmp(seen.site.function, whole.site.function) == 0 &&
           seen.site.line == whole.site.line && seen.thread == whole.site.line &&
           seen.detect_leak == whole.detect_leak && seen.in_person == whole.in_person;
}

template <mutant M>
void read_once(slot<M>& s) {
    s.word.before = first;
    const auto seen = s.record.read(s.word);
    if (!seen) return;
    expect(is(*seen, seen->count == lending_word::count_of(first) ? early : late), "torn");
}

// One lending after the other, with fast releases, while somebody reads.
template <mutant M>
void lendings_are_not_mixed(slot<M>& s) {
    s.record.begin(first, early, 1);
    mc::run({[&] {
                 expect(s.word.leave(first, lending_word::one_lending), "no flag was set");
                 if (s.word.take(lending_word::one_lending | lending_word::idle)) {
                     s.record.begin(second, late, 2);
                 }
             },
             [&] { read_once(s); }});
}

// The first borrower writes while somebody reads.
template <mutant M>
void half_a_record_is_none(slot<M>& s) {
    mc::run({[&] { s.record.begin(first, early, 1); }, [&] { read_once(s); }});
}

template <mutant M>
bool explore(const char* name, void (*scenario)(slot<M>&)) {
    return mc::check(name, {.preemptions = 2, .executions = 2'000'000}, [scenario] {
        slot<M> s;
        s.word.become(first);
        scenario(s);
    });
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("lendings are not mixed", &lendings_are_not_mixed));
    verdict.must_hold(explore<none>("half a record is none", &half_a_record_is_none));

    verdict.must_fail(explore<field_store>("(1) release-store relaxed", &lendings_are_not_mixed));
    verdict.must_fail(explore<field_load>("(2) acquire-load relaxed", &lendings_are_not_mixed));
    verdict.must_fail(explore<stamp_store>("(3) release-store relaxed", &half_a_record_is_none));
    verdict.must_fail(explore<stamp_load>("(4) acquire-load relaxed", &half_a_record_is_none));
    verdict.must_fail(explore<no_word>("no look at the word", &lendings_are_not_mixed));
    return verdict.exit_status();
}
