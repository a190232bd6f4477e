// SPDX-License-Identifier: MIT
/// @file
/// Model check of a forked child's first use of a pool, by several of its threads at once: one
/// makes the core anew, the others wait and use that one. The code is that of
/// include/lend/detail/forking.hpp and fork_watch.hpp; each scenario must hold, and each mutant
/// (one order weakened, the lock left out) must be caught. The numbers are those of the comments
/// in fork_watch.hpp.

#include <lend/detail/fork_watch.hpp>
#include <lend/detail/forking.hpp>
#include <lend/detail/lending_word.hpp>
#include <lend/platform.hpp>

#include <support/checker.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace {

namespace mc = lend_test::mc;
using lend::detail::lending_word;
using lend::detail::slot_phase;
using mc::expect;
using order = std::memory_order;

enum class mutant : std::uint8_t {
    none,
    look,    // (1) of fork_watch.hpp
    settle,  // (2)
    no_lock, // of the list
};

struct world {
    mc::variable core; // written by its making, read by its users
    mc::mutex list;
    int made = 0;
    int abandoned = 0;
};
world* the_world = nullptr;

template <class T, mutant M>
class atomic : public mc::atomic<T> {
    using base = mc::atomic<T>;
    static constexpr order of(mutant here, order shipped) {
        return std::is_same_v<T, bool> && M == here ? order::relaxed : shipped;
    }

public:
    using base::base;
    T load(order o) const noexcept {
        return base::load(o == order::acquire ? of(mutant::look, o) : o);
    }
    void store(T value, order o) noexcept {
        base::store(value, o == order::release ? of(mutant::settle, o) : o);
    }
};

template <mutant M>
struct checked_platform {
    template <class T>
    using atomic = ::atomic<T, M>;
    using time_point = lend::default_platform::time_point;

    // In place of the process's list.
    struct forks {
        struct watcher : lend::detail::inherited_flag<atomic<bool>> {
            void (*in_child)(watcher&) noexcept = nullptr;
        };
        struct list_lock {
            void lock() {
                if (M != mutant::no_lock) the_world->list.lock();
            }
            void unlock() {
                if (M != mutant::no_lock) the_world->list.unlock();
            }
        };
        struct watch {
            static watch& instance() noexcept {
                static watch only;
                return only;
            }
            void add(watcher& w) noexcept { listed = &w; }
            void remove(watcher&) noexcept { listed = nullptr; }
            list_lock& mutex() noexcept { return lock; }

            // What a fork does in the child's only thread.
            void fork() noexcept {
                listed->inherit();
                listed->in_child(*listed);
            }

            watcher* listed = nullptr;
            list_lock lock;
        };
    };

    static void forked() noexcept {}
    template <class Tag>
    static Tag& local() noexcept {
        static std::array<Tag, mc::thread_count> all;
        return all[mc::engine::instance().current()];
    }
};

// As much of a pool's core as a fork needs. Its slots stand elsewhere, for the core is made anew
// without an end of the old one.
template <mutant M>
struct mini_core {
    using platform = checked_platform<M>;
    struct traits {
        static constexpr bool has_abandon = true;
    };
    struct slot_type {
        lend::detail::lending_cell<platform> word;
        typename platform::template atomic<slot_phase> phase{slot_phase::none};
        int object = 0;
    };
    struct slots_type {
        std::array<slot_type, 2>* all = nullptr;

        template <class Visit>
        void for_each(const Visit& visit) {
            if (all == nullptr) return;
            for (slot_type& each : *all) visit(each);
        }
        void inherit(const slots_type& parents) noexcept { all = parents.all; }
        void leak() noexcept { all = nullptr; }
    };
    struct driver_type {};
    struct options_type {
        std::optional<int> executor;
    };
    struct table_type {
        static std::optional<table_type> make() noexcept { return table_type{}; }
    };
    struct memory_of_thread {
        int remembered = 0;
    };
    struct calls {
        static void abandon(driver_type&, int&) noexcept { ++the_world->abandoned; }
    };

    mini_core(driver_type&&, const options_type& o, table_type&&) : options(o) {
        ++the_world->made;
        the_world->core.write(the_world->made);
    }

    driver_type driver;
    const options_type options;
    struct {
        std::size_t min_idle = 0;
        std::size_t max_size = 1;
    } limits;
    bool closing = false;
    void (*housekeeper)(void*) = nullptr;
    bool (*has_chores)(const mini_core&) = nullptr;
    slots_type slots;
};

// The first use by each of two or three threads.
template <mutant M>
void first_uses(unsigned threads) {
    using core_type = mini_core<M>;
    using forking = lend::detail::forking<core_type>;
    std::array<typename core_type::slot_type, 2> slots;
    core_type* const core =
        forking::make(typename core_type::driver_type{}, typename core_type::options_type{},
                      *core_type::table_type::make());
    core->slots.all = &slots;
    slots[0].word.become(lending_word::idle);
    slots[1].word.become(lending_word::in_use);
    checked_platform<M>::forks::watch::instance().fork();

    const auto use = [&] {
        expect(forking::enter(*core), "memory is not out");
        expect(the_world->core.read() == 2, "the parent's core, or made anew twice");
    };
    // A lease that the parent's thread had ends while the core is made anew.
    const auto end = [&] {
        expect(!slots[1].word.leave(lending_word::in_use, lending_word::one_lending),
               "a resource of the parent's is given back");
        expect(forking::is_inherited(slots[1]), "a resource of the parent's");
        use();
    };
    if (threads == 2) {
        mc::run({use, end});
    } else {
        mc::run({use, use, end});
    }
    expect(the_world->made == 2, "made anew once");
    expect(the_world->abandoned == 2, "the parent's resources are abandoned, each once");
    forking::free(*core);
}

template <mutant M>
bool explore(const char* name, unsigned threads) {
    return mc::check(name, {.preemptions = 4, .executions = 200'000, .threads = threads},
                     [threads] {
                         world w;
                         the_world = &w;
                         first_uses<M>(threads);
                     });
}

} // namespace

int main() {
    using enum mutant;
    mc::verdict verdict;
    verdict.must_hold(explore<none>("two threads use the core", 2));
    verdict.must_hold(explore<none>("three threads use the core", 3));

    verdict.must_fail(explore<look>("(1) look relaxed", 2));
    verdict.must_fail(explore<settle>("(2) settle relaxed", 2));
    verdict.must_fail(explore<no_lock>("no lock of the list", 2));
    return verdict.exit_status();
}
