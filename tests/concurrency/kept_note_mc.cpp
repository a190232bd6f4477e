// SPDX-License-Identifier: MIT
/// @file
/// Model check of a borrower's note: whatever is read of it is one text, the one that was said last
/// or one that is being said. The code is that of include/lend/detail/kept_note.hpp; each scenario
/// must hold, and each mutant (one order weakened, or a step left out) must be caught. The numbers
/// are those of the comments there.

#include <lend/detail/kept_note.hpp>
#include <lend/platform.hpp>

#include <support/checker.hpp>

#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using mc::expect;
using order = std::memory_order;

enum class mutant : std::uint8_t {
    none,
    word_store,    // (1)
    word_load,     // (2)
    version_store, // (3)
    version_load,  // (4)
    no_odd,        // the version stays even while words are written
};

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr bool is_version = std::is_same_v<T, std::uint32_t>;

    static constexpr order of(mutant here, order shipped) {
        return M == here ? order::relaxed : shipped;
    }

public:
    using base::base;

    T load(order o) const noexcept {
        if (o == order::acquire) o = of(is_version ? mutant::version_load : mutant::word_load, o);
        return base::load(o);
    }
    void store(T value, order o) noexcept {
        if (o == order::release) o = of(is_version ? mutant::version_store : mutant::word_store, o);
        if (M == mutant::no_odd && is_version && value % 2 != 0) return;
        base::store(value, o);
    }
};

template <mutant M>
struct checked_platform {
    template <class T>
    using atomic = ::atomic<T, M>;
};

template <mutant M>
using note = lend::detail::kept_note<checked_platform<M>>;

// Their first words and their last ones differ, and those in between are like these.
constexpr const char* early = "early: a text that needs all of the six words.";
constexpr const char* late = "late:  a text that needs all of the six words";

// Something is said while somebody reads: one of the two, or nothing at all if it was in between.
template <mutant M>
void texts_are_not_mixed(note<M>& kept) {
    kept.begin(early);
    mc::run({[&] { kept.say(late); },
             [&] {
                 const lend::short_text seen = kept.read();
                 expect(seen == early || seen == late || seen.empty(), "torn");
             }});
    expect(kept.read() == late, "the last one stays");
}

// The end of a note is a text as well.
template <mutant M>
void nothing_is_said(note<M>& kept) {
    kept.begin(early);
    mc::run({[&] { kept.say(nullptr); },
             [&] {
                 const lend::short_text seen = kept.read();
                 expect(seen == early || seen.empty(), "torn");
             }});
    expect(kept.read().empty(), "nothing is said");
}

template <mutant M>
bool explore(const char* name, void (*scenario)(note<M>&)) {
    return mc::check(name, {.preemptions = 2, .executions = 2'000'000}, [scenario] {
        note<M> kept;
        scenario(kept);
    });
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("texts are not mixed", &texts_are_not_mixed));
    verdict.must_hold(explore<none>("nothing is said", &nothing_is_said));

    verdict.must_fail(explore<word_store>("(1) release-store relaxed", &texts_are_not_mixed));
    verdict.must_fail(explore<word_load>("(2) acquire-load relaxed", &texts_are_not_mixed));
    verdict.must_fail(explore<version_store>("(3) release-store relaxed", &texts_are_not_mixed));
    verdict.must_fail(explore<version_load>("(4) acquire-load relaxed", &texts_are_not_mixed));
    verdict.must_fail(explore<no_odd>("no odd version", &texts_are_not_mixed));
    return verdict.exit_status();
}
