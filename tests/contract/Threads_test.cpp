// SPDX-License-Identifier: MIT
/// @file
/// What the page on thread types says, and what Close does about calls of other threads. Threads
/// meet at latches; nothing sleeps.

#include "support/meeting.hpp"

#include "world.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace threads_test {

using namespace lend_test;

LEND_CONTRACT_SUITE(Threads);

TYPED_TEST(Threads, Close_waits_for_a_call_in_flight_on_another_thread) {
    lend_test::latch inside(1);
    lend_test::latch closing(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Create(7)") return;
        inside.count_down();
        closing.wait();
        // Close cannot be seen to wait; but if it did not, the dispenser would be released now.
        for (int spin = 0; spin < 1000; ++spin) std::this_thread::yield();
        EXPECT_EQ(this->dispenser.count("Release"), 0U);
    };
    HRESULT answer = S_OK;
    RESID id = untouched;
    std::thread caller([&] { answer = this->holder->AllocResource(kind, &id); });
    inside.wait();
    std::thread closer([&] {
        closing.count_down();
        EXPECT_EQ(this->holder->Close(), S_OK);
        EXPECT_EQ(this->dispenser.count("Release"), 1U);
    });

    caller.join();
    closer.join();

    EXPECT_EQ(answer, S_OK) << "it was inside before Close";
    EXPECT_EQ(this->holder->FreeResource(id), E_FAIL);
    this->disowned = {id};
}

TYPED_TEST(Threads, a_create_in_flight_hinders_nobody_else) {
    this->stock(1);
    lend_test::latch inside(1);
    lend_test::latch done(1);
    this->dispenser.on_call = [&](const std::string& call) {
        if (call != "Create(8)") return;
        inside.count_down();
        done.wait();
    };
    this->dispenser.ratings = {{10, 0}};
    std::thread slow([&] { this->alloc(8); });
    inside.wait();

    this->dispenser.ratings = {};
    EXPECT_EQ(this->alloc(), 10U);
    this->free(10);
    done.count_down();
    slow.join();
}

TYPED_TEST(Threads, many_at_once_never_share_a_resource_and_lose_none) {
    constexpr int threads = 4;
    constexpr int rounds = 2000;
    std::array<std::atomic<int>, 4096> users{};
    std::atomic<int> shared{0};
    std::vector<std::thread> all;
    for (int at = 0; at < threads; ++at) {
        all.emplace_back([&, at] {
            for (int round = 0; round < rounds; ++round) {
                const TRANSID transaction = round % 3 == 0 ? TRANSID(1000 + at) : TRANSID{0};
                const typename TestFixture::scope in(object1, transaction);
                RESID id = 0;
                if (FAILED(this->holder->AllocResource(kind, &id))) continue;
                if (++users[id % users.size()] != 1) ++shared;
                --users[id % users.size()];
                if (round % 50 == 49) {
                    static_cast<void>(this->holder->RequestDestroyResource(id));
                } else {
                    static_cast<void>(this->holder->FreeResource(id));
                }
                if (round % 7 == 0) this->manager->end_transaction(transaction);
            }
            this->manager->end_transaction(TRANSID(1000 + at));
        });
    }
    for (std::thread& each : all) each.join();

    EXPECT_EQ(shared, 0);
    EXPECT_EQ(this->holder->Close(), S_OK);
    EXPECT_TRUE(this->dispenser.alive().empty());
}

TYPED_TEST(Threads, one_of_many_who_free_the_same_resource_is_told_S_OK) {
    for (int round = 0; round < 200; ++round) {
        const RESID id = this->alloc();
        std::atomic<int> won{0};
        lend_test::latch together(3);
        std::vector<std::thread> all;
        for (int at = 0; at < 3; ++at) {
            all.emplace_back([&] {
                together.arrive_and_wait();
                if (this->holder->FreeResource(id) == S_OK) ++won;
            });
        }
        for (std::thread& each : all) each.join();
        ASSERT_EQ(won, 1);
    }
}

TYPED_TEST(Threads, closing_under_load_destroys_each_resource_once) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> all;
    for (int at = 0; at < 3; ++at) {
        all.emplace_back([&] {
            while (!stop) {
                RESID id = 0;
                if (FAILED(this->holder->AllocResource(kind, &id))) continue;
                if (FAILED(this->holder->FreeResource(id))) this->dispenser.ended(id); // disowned
            }
        });
    }
    while (this->dispenser.count("Reset") < 100) std::this_thread::yield();

    EXPECT_EQ(this->holder->Close(), S_OK);
    const call_log log = this->log();
    stop = true;
    for (std::thread& each : all) each.join();

    EXPECT_EQ(log.back(), "Release");
    EXPECT_EQ(this->log(), call_log{}) << "nothing was called after Close";
    EXPECT_TRUE(this->dispenser.alive().empty());
}

// Makes an object that lives until the process ends, and that leak checkers can reach.
template <class T, class... Args>
T& immortal(Args... args) {
    static auto& all = *new std::vector<std::unique_ptr<T>>;
    return *all.emplace_back(std::make_unique<T>(args...));
}

// A real thread and a real clock, and no sleeping: the tests wait for the call. What the manager's
// thread may still touch when a test ends is never destroyed.
template <class World>
class Background : public ::testing::Test {
public:
    using manager_type = basic_dispenser_manager<lend::default_platform, typename World::holder>;

    Background() {
        options.default_idle_limit = 0;
        options.zero_means_destroy_at_once = false; // so that the first sweep does it
        dispenser.AddRef();
        EXPECT_EQ(manager->register_dispenser(&dispenser, nullptr, options, &holder), S_OK);
    }

    void use_and_free() {
        RESID id = 0;
        ASSERT_EQ(holder->AllocResource(kind, &id), S_OK);
        ASSERT_EQ(holder->FreeResource(id), S_OK);
    }

    recording_dispenser& dispenser = immortal<recording_dispenser>();
    lend_test::latch& done = immortal<lend_test::latch>(1);
    holder_options options;
    manager_type* manager = manager_type::make(std::chrono::milliseconds(1));
    typename World::holder* holder = nullptr;
};

struct real_reference_world {
    using holder = reference_holder<lend::default_platform>;
    static constexpr const char* name = "reference";
};
struct real_engine_world {
    using holder = basic_holder<lend::default_platform>;
    static constexpr const char* name = "engine";
};
using real_worlds = ::testing::Types<real_reference_world, real_engine_world>;
TYPED_TEST_SUITE(Background, real_worlds, world_names);

TYPED_TEST(Background, the_managers_own_thread_destroys_what_expired) {
    static std::thread::id by;
    this->dispenser.on_call = [this](const std::string& call) {
        if (call != "Destroy(10)") return;
        by = std::this_thread::get_id();
        this->done.count_down();
    };
    this->use_and_free();

    this->done.wait();

    EXPECT_NE(by, std::this_thread::get_id());
    this->manager->Release();
    this->holder->Close();
    this->holder->Release();
    EXPECT_EQ(this->dispenser.take_log(),
              (call_log{"Create(7)", "Reset(10)", "Destroy(10)", "Release"}));
    EXPECT_EQ(this->dispenser.references(), 1U);
}

TYPED_TEST(Background, a_dispenser_may_end_its_holder_and_manager_from_the_managers_thread) {
    this->dispenser.on_call = [ending = this->holder,
                               &latch = this->done](const std::string& call) {
        if (call != "Destroy(10)") return;
        ending->Close();
        ending->Release();
        latch.count_down();
    };
    this->use_and_free();
    this->manager->Release();

    this->done.wait();

    EXPECT_EQ(this->dispenser.references(), 1U);
}

} // namespace threads_test
