// SPDX-License-Identifier: MIT
/// @file
/// A pool of counts and times: arrivals, holds, creates and looks as events in the order of their
/// times, with the plan of the real pool deciding how many creates start. No thread, no driver.

#ifndef LEND_TESTS_SUPPORT_CREATION_MODEL_HPP
#define LEND_TESTS_SUPPORT_CREATION_MODEL_HPP

#include <lend/detail/creation_plan.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace lend_test {

using model_clock = std::chrono::steady_clock;
using model_time = model_clock::time_point;
using model_span = std::chrono::nanoseconds;

inline constexpr model_span for_ever = model_span::max();

/// What the plan needs of a Platform.
struct model_platform {
    using time_point = model_time;
    using duration = model_clock::duration;

    static std::uint64_t random() { return chance()(); }
    static std::mt19937_64& chance() {
        static std::mt19937_64 generator;
        return generator;
    }
};

[[nodiscard]] inline model_span exponential(model_span mean) {
    std::exponential_distribution<double> draw;
    const double share = draw(model_platform::chance());
    return model_span(static_cast<std::int64_t>(share * static_cast<double>(mean.count())));
}

class creation_model {
public:
    using plan_type = lend::detail::creation_plan<model_platform>;
    using span_source = std::function<model_span()>;

    std::size_t max_size = 50;
    std::size_t idle = 0;
    std::size_t busy = 0;
    span_source hold = [] { return for_ever; };
    span_source create = [] { return std::chrono::milliseconds(150); };
    std::function<bool(model_time)> fails = [](model_time) { return false; };
    model_span patience = for_ever; ///< of those who wait
    plan_type plan{0, std::chrono::seconds(30)};

    /// What is known of the time since anything was lent.
    enum class sight : std::uint8_t { exact, each_second, none };
    sight sees = sight::each_second;
    bool loops = false;  ///< each who has been served and is done asks again
    model_span think{0}; ///< before that

    // What happened.
    std::vector<model_span> waits;    ///< of those who were served
    std::vector<model_span> attempts; ///< when creates began, since the start
    std::vector<model_span> served;   ///< when
    model_span last_end{0};           ///< when the last hold ended
    std::size_t most_in_flight = 0;
    std::size_t most_busy = 0;
    std::size_t most_over = 0; ///< in flight beyond those who wait
    std::size_t told = 0;      ///< who were told that a create failed

    explicit creation_model(std::uint64_t seed = 1) { model_platform::chance().seed(seed); }

    [[nodiscard]] std::size_t size() const { return idle + busy + in_flight_.size(); }
    [[nodiscard]] model_span last_served() const {
        return served.empty() ? for_ever : served.back();
    }

    void arrive(model_span when, std::size_t count = 1) {
        at(when, [this, count] {
            for (std::size_t each = 0; each < count; ++each) arrive_now();
        });
    }

    void run(model_span until) {
        while (!events_.empty() && events_.begin()->first <= start + until) {
            const auto first = events_.begin();
            now_ = first->first;
            const std::function<void()> what = std::move(first->second);
            events_.erase(first);
            what();
        }
    }

private:
    static constexpr model_time start{std::chrono::hours(1)};

    // Creates by number, so the oldest come first.
    struct creates {
        std::map<std::uint64_t, model_time> began;

        [[nodiscard]] std::size_t size() const { return began.size(); }
        [[nodiscard]] std::size_t at_once() const { return began.size(); }
        template <class Visit>
        void for_each(const Visit& visit) const {
            for (const auto& each : began) visit(each.second);
        }
    };

    [[nodiscard]] model_span elapsed() const { return now_ - start; }

    void at(model_span when, std::function<void()> what) {
        events_.emplace(start + when, std::move(what));
    }
    void after(model_span time, std::function<void()> what) {
        if (time != for_ever) events_.emplace(now_ + time, std::move(what));
    }

    void purge() {
        while (!queue_.empty() && patience != for_ever && now_ - queue_.front() >= patience)
            queue_.pop_front();
    }

    void arrive_now() {
        purge();
        if (idle > 0 && queue_.empty()) {
            --idle;
            serve(now_);
            return;
        }
        if (queue_.empty()) {
            plan.begin(now_, last_lent(), out());
        } else {
            plan.arrived(now_, out());
        }
        queue_.push_back(now_);
        ask();
    }

    // As the pool counts them: what exists and is not being made.
    [[nodiscard]] std::size_t out() const { return idle + busy; }

    [[nodiscard]] model_time last_lent() const {
        using std::chrono::seconds;
        if (sees == sight::none) return now_;
        if (sees == sight::exact) return std::min(now_, last_lent_);
        return std::min<model_time>(now_, std::chrono::ceil<seconds>(last_lent_));
    }

    void serve(model_time came) {
        most_busy = std::max(most_busy, ++busy);
        last_lent_ = now_;
        waits.push_back(now_ - came);
        served.push_back(elapsed());
        after(hold(), [this] {
            last_end = elapsed();
            purge();
            if (!queue_.empty() && max_size > size()) plan.returned(now_, busy);
            --busy;
            make_available();
            if (!loops) return;
            if (think > model_span{0}) return after(think, [this] { arrive_now(); });
            arrive_now();
        });
    }

    void make_available() {
        purge();
        if (queue_.empty()) {
            ++idle;
            return;
        }
        const model_time came = queue_.front();
        queue_.pop_front();
        serve(came);
    }

    void ask() {
        const std::size_t count =
            plan.for_waiters(now_, {queue_.size(), busy, max_size - size(), true}, in_flight_);
        for (std::size_t each = 0; each < count; ++each) begin_create();
        if (queue_.empty() || size() == max_size) return;
        const model_time when = std::max(plan.look_at(now_, in_flight_), now_);
        if (when >= look_at_) return;
        look_at_ = when;
        events_.emplace(when, [this, when] {
            if (look_at_ != when) return;
            look_at_ = model_time::max();
            purge();
            ask();
        });
    }

    void begin_create() {
        const std::uint64_t number = ++last_number_;
        in_flight_.began[number] = now_;
        most_in_flight = std::max(most_in_flight, in_flight_.size());
        if (in_flight_.size() > queue_.size())
            most_over = std::max(most_over, in_flight_.size() - queue_.size());
        attempts.push_back(elapsed());
        const model_span took = create();
        const unsigned before = plan.given_up();
        const model_span limit = plan.patience(before);
        if (took > limit) {
            after(limit, [this, number, before] {
                plan.failed(in_flight_.began[number], now_);
                plan.gave_up(before);
                in_flight_.began.erase(number);
                ask();
            });
            return;
        }
        after(took, [this, number] {
            const model_time began = in_flight_.began[number];
            in_flight_.began.erase(number);
            if (fails(now_)) {
                const bool tells = plan.is_probe(began);
                plan.failed(began, now_);
                if (tells && size() == 0) {
                    told += queue_.size();
                    queue_.clear();
                }
            } else {
                (void)plan.succeeded(began, now_, !queue_.empty());
                make_available();
            }
            ask();
        });
    }

    std::multimap<model_time, std::function<void()>> events_;
    model_time now_ = start;
    model_time last_lent_ = start;
    std::deque<model_time> queue_;
    creates in_flight_;
    std::uint64_t last_number_ = 0;
    model_time look_at_ = model_time::max();
};

} // namespace lend_test

#endif // LEND_TESTS_SUPPORT_CREATION_MODEL_HPP
