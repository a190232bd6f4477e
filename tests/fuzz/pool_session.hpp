// SPDX-License-Identifier: MIT
/// @file
/// One run of pool_fuzz: a pool whose options and calls are chosen by bytes. Who borrows is in
/// pool_borrower.hpp; what must hold after each call, in pool_ledger.hpp.

#ifndef LEND_TESTS_FUZZ_POOL_SESSION_HPP
#define LEND_TESTS_FUZZ_POOL_SESSION_HPP

#include "pool_borrower.hpp"
#include "pool_faces.hpp"

#include <lend/prometheus.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lend_test {

template <class Face, class Driver>
class pool_session : public pool_borrower<Face> {
    using base = pool_borrower<Face>;
    using base::books_;
    using base::closed_;
    using base::face;
    using base::face_;
    using base::held_;
    using base::ids_;
    using base::in_;
    using base::in_close_;
    using base::kind;
    using base::ledger_;
    using base::options_;
    using base::outstanding_;
    using base::paused_;
    using base::span;
    using typename base::held;
    using typename base::id_type;
    using typename base::pool_type;

public:
    explicit pool_session(fuzz_input& input) : base(input) {}

    void run(const lend::pool_options& options) {
        options_ = options;
        auto made = pool_type::make(Driver(books_, this->token_), options);
        if (made) {
            face_.emplace(Face{std::move(*made)});
            ledger_.begin(options);
            look();
            for (int step = 0; step < 200 && !in_.empty(); ++step) {
                one_step();
                look();
            }
        } else { // nothing came up in time
            FUZZ_CHECK(options.initialisation == lend::initialisation_mode::fail_fast);
        }
        end();
    }

private:
    // Whatever was left: leases outlive the pool, jobs run late, and then nothing exists.
    void end() {
        this->gone_ = true;
        const bool pool_first = in_.flag();
        if (pool_first) end_pool();
        give_all_back();
        end_pool();
        fuzz_world::now().thread = 0;
        while (fuzz_world::now().run_job()) {
        }
        FUZZ_CHECK(outstanding_ == 0);
        give_all_back();
        FUZZ_CHECK(books_.live() == 0);
        FUZZ_CHECK(this->token_.use_count() == 1); // the driver is gone: the pool's state is freed
    }
    void end_pool() {
        if (!face_) return;
        closed_ = false;
        face_.reset();
        closed_ = true;
    }
    void give_all_back() {
        while (!held_.empty()) {
            held last = std::move(held_.back());
            held_.pop_back();
            this->give_back(std::move(last));
        }
    }

    // ---- the pool as a whole -----------------------------------------------------------------

    void destroy_by_number() {
        static constexpr id_type odd[] = {0, 1, ~id_type{0}, id_type{1} << 32U};
        const std::size_t at = in_.below(ids_.size() + 4);
        const id_type id = at < ids_.size() ? ids_[at] : odd[at - ids_.size()];
        const auto lent = std::find_if(held_.begin(), held_.end(),
                                       [&](const held& one) { return one.lease.id() == id; });
        const lend::hresult code = face().whole().destroy(id);
        if (closed_) // a number that is over is refused without a look at the pool
            FUZZ_CHECK(code == lend::hr::lend_e_closed || code == lend::hr::lend_e_stale);
        if (at >= ids_.size() && !closed_) FUZZ_CHECK(code == lend::hr::lend_e_stale);
        if (lent != held_.end() && !closed_)
            FUZZ_CHECK(code == lend::hr::s_false || code == lend::hr::lend_e_stale);
    }
    void sweep() { (void)face().whole().sweep(); }
    void sweep_later() {
        fuzz_world::now().time += (std::max)(span(), std::chrono::nanoseconds(0));
        (void)face().whole().sweep();
    }
    void advance() { fuzz_world::now().time += (std::max)(span(), std::chrono::nanoseconds(0)); }
    void pause() {
        const auto mode = in_.flag() ? lend::pause_mode::fail : lend::pause_mode::block;
        const bool was = std::exchange(paused_, !closed_);
        const lend::hresult code = face().whole().pause(mode);
        FUZZ_CHECK(code == (closed_ ? lend::hr::lend_e_closed
                            : was   ? lend::hr::s_false
                                    : lend::hr::s_ok));
    }
    void resume() {
        const bool was = std::exchange(paused_, false);
        const lend::hresult code = face().whole().resume();
        FUZZ_CHECK(code == (closed_ ? lend::hr::lend_e_closed
                            : was   ? lend::hr::s_ok
                                    : lend::hr::s_false));
    }
    void clear() {
        (void)face().whole().clear();
        if (fuzz_world::now().jobs.empty())
            FUZZ_CHECK(face().whole().stats().idle == 0 || paused_ || outstanding_ > 0);
    }
    void clear_over() { (void)face().whole().clear_over(span()); }
    void retain() {
        const std::uint8_t bits = in_.byte();
        unsigned asked = 0;
        const auto kept = face().whole().retain([&](const booked& it, const lend::resource_info&) {
            FUZZ_CHECK(books_.is_live(it.number()));
            if (bits == 255) throw std::runtime_error("retain");
            return (bits >> (asked++ % 8) & 1U) != 0;
        });
        if (kept) FUZZ_CHECK(*kept <= asked);
    }
    void resize() {
        const std::size_t max_size = in_.below(6);
        const std::size_t min_idle = in_.below(4);
        const auto resized = face().whole().resize(max_size, min_idle);
        const bool is_valid =
            lend::pool_options::validate_size(max_size, min_idle, options_.pooling).has_value();
        FUZZ_CHECK(resized.has_value() == (is_valid && !closed_));
        if (resized) ledger_.resized(max_size);
    }
    void warm_up() {
        const std::size_t count = in_.below(5);
        const auto patience = span();
        const int wanted = kind();
        const lend::warm_up_result done = face().with(wanted, [&](auto& pool, const auto&... type) {
            return pool.warm_up(type..., count, patience);
        });
        FUZZ_CHECK(!closed_ || done.ready == 0);
    }
    void drain() {
        in_close_ = true;
        const auto mode = in_.flag() ? lend::drain_mode::forced : lend::drain_mode::soft;
        const auto queued = in_.flag() ? lend::queued_mode::refuse : lend::queued_mode::serve;
        const bool again = closed_;
        closed_ = false;
        // What is lent was there before, or was made for somebody who waited and is held now.
        const std::size_t there = books_.live();
        const auto report = face().whole().drain(span(), mode, queued);
        FUZZ_CHECK(again || report.hold_outs.size() <= held_.size() + there);
        is_over();
    }
    void close() {
        in_close_ = true;
        closed_ = false;
        const lend::hresult code = face().whole().close(span());
        FUZZ_CHECK(code == lend::hr::s_ok || code == lend::hr::s_false);
        is_over();
    }
    void is_over() {
        in_close_ = false;
        closed_ = true;
        paused_ = false;
        FUZZ_CHECK(face().whole().stats().waiting == 0);
    }

    void watch() {
        auto& pool = face().whole();
        const lend::pool_stats s = pool.stats();
        FUZZ_CHECK((pool.health().state == lend::health_state::closed) == closed_);
        if (paused_) FUZZ_CHECK(pool.health().state == lend::health_state::paused);
        FUZZ_CHECK(pool.holders().size() <= s.in_use + s.resetting + s.checking + s.reclaimed);
        std::ostringstream text;
        text << s << pool.timings();
        FUZZ_CHECK(!text.str().empty());
        FUZZ_CHECK(lend::prometheus_text(lend::metrics_of("fuzzed", pool)).size() > 1000);
        for (const held& one : held_) FUZZ_CHECK(one.lease->number() == one.number);
    }
    void health() {
        const auto how = in_.flag() ? lend::check_kind::active : lend::check_kind::passive;
        (void)face().whole().health(how);
    }

    // ---- the world ---------------------------------------------------------------------------

    void run_job() { (void)fuzz_world::now().run_job(); }
    void run_jobs() {
        for (int at = 0; at < 50 && fuzz_world::now().run_job(); ++at) {
        }
    }
    void play_another_thread() {
        fuzz_world::now().thread = static_cast<std::uint32_t>(in_.below(fuzz_world::players));
    }
    void plan_fault() {
        const auto call = static_cast<books_call>(in_.below(books_calls));
        const auto what = static_cast<books_fault>(in_.below(books_faults));
        books_.plan(call, what, in_.byte() % 4U + 1U);
    }
    void move_pool() {
        Face moved(std::move(*face_));
        face_.emplace(std::move(moved));
    }

    void one_step();
    void look() {
        if (!face_) return;
        ledger_.look(face().whole().stats(), books_.live(), outstanding_, closed_);
    }
};

template <class Face, class Driver>
void pool_session<Face, Driver>::one_step() {
    struct step {
        const char* name;
        void (pool_session::*run)();
    };
#define FUZZ_STEP(name)                                                                            \
    step { #name, &pool_session::name }
    // What is chosen often stands there more than once.
    static constexpr step steps[] = {FUZZ_STEP(try_acquire),   FUZZ_STEP(try_acquire),
                                     FUZZ_STEP(acquire_for),   FUZZ_STEP(acquire_until),
                                     FUZZ_STEP(acquire_async), FUZZ_STEP(acquire_async),
                                     FUZZ_STEP(release),       FUZZ_STEP(release),
                                     FUZZ_STEP(release),       FUZZ_STEP(discard),
                                     FUZZ_STEP(detach),        FUZZ_STEP(drop),
                                     FUZZ_STEP(move_over),     FUZZ_STEP(report),
                                     FUZZ_STEP(sweep),         FUZZ_STEP(sweep_later),
                                     FUZZ_STEP(advance),       FUZZ_STEP(pause),
                                     FUZZ_STEP(resume),        FUZZ_STEP(clear),
                                     FUZZ_STEP(clear_over),    FUZZ_STEP(retain),
                                     FUZZ_STEP(resize),        FUZZ_STEP(warm_up),
                                     FUZZ_STEP(watch),         FUZZ_STEP(health),
                                     FUZZ_STEP(run_job),       FUZZ_STEP(run_jobs),
                                     FUZZ_STEP(plan_fault),    FUZZ_STEP(play_another_thread),
                                     FUZZ_STEP(move_pool),     FUZZ_STEP(acquire_with_options),
                                     FUZZ_STEP(stop),          FUZZ_STEP(destroy_by_number),
                                     FUZZ_STEP(drain),         FUZZ_STEP(close)};
#undef FUZZ_STEP
    const step& chosen = steps[in_.below(std::size(steps))];
    // For whoever looks at an input that failed.
    static const bool traces = std::getenv("LEND_FUZZ_TRACE") != nullptr;
    if (traces) {
        std::ostringstream text;
        text << face().whole().stats();
        std::fprintf(stderr, "%zu jobs, %zu held, %s\n  %s\n", fuzz_world::now().jobs.size(),
                     held_.size(), text.str().c_str(), chosen.name);
    }
    (this->*chosen.run)();
}

} // namespace lend_test

#endif // LEND_TESTS_FUZZ_POOL_SESSION_HPP
