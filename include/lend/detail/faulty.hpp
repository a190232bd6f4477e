// SPDX-License-Identifier: MIT
/// @file
/// The members of a fault_driver, each a part of its own, because lend asks a driver which members
/// it has: a part is there only if the driver inside has that member.

#ifndef LEND_DETAIL_FAULTY_HPP
#define LEND_DETAIL_FAULTY_HPP

#include <lend/detail/config.hpp>
#include <lend/driver.hpp>
#include <lend/hresult.hpp>
#include <lend/result.hpp>

#include <chrono>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lend::inline v0_1 {
namespace detail {

// What the parts stand on. They form a chain: each is derived from the one before.
template <class Driver, class Plan>
class faulty_driver {
public:
    using resource = typename driver_traits<Driver>::resource;

    faulty_driver(Driver inner, std::shared_ptr<Plan> plan)
        : inner_(std::move(inner)), plan_(std::move(plan)) {}

protected:
    using traits = driver_traits<Driver>;
    using type = typename traits::resource_type;
    using visit = typename Plan::visit;
    using call = typename Plan::call_type;

    Driver inner_;
    std::shared_ptr<Plan> plan_;
};

template <class Base>
class faulty_create : public Base {
public:
    using Base::Base;
    result<typename Base::resource> create(call_deadline until = (call_deadline::max)()) {
        const typename Base::visit in(*this->plan_, Base::call::create);
        if (in.fails()) return this->plan_->error_code;
        if (in.lies()) return hr::s_false;
        if constexpr (requires { this->inner_.create(until); }) {
            return this->inner_.create(until);
        } else {
            return this->inner_.create();
        }
    }
};

template <class Base>
class faulty_typed_create : public Base {
public:
    using Base::Base;
    using resource_type = typename Base::type;

    result<typename Base::resource> create(const resource_type& wanted,
                                           call_deadline until = (call_deadline::max)()) {
        const typename Base::visit in(*this->plan_, Base::call::create);
        if (in.fails()) return this->plan_->error_code;
        if (in.lies()) return hr::s_false;
        if constexpr (requires { this->inner_.create(wanted, until); }) {
            return this->inner_.create(wanted, until);
        } else {
            return this->inner_.create(wanted);
        }
    }
};

template <class Base>
class faulty_rate : public Base {
public:
    using Base::Base;
    rating
    rate(const typename Base::type& wanted, const typename Base::resource& it, bool enlists) {
        const typename Base::visit in(*this->plan_, Base::call::rate);
        if (in.fails()) return rating::unusable;
        if (in.lies()) return 1000U;
        return this->inner_.rate(wanted, it, enlists);
    }
};

template <class Base>
class faulty_enlist : public Base {
public:
    using Base::Base;
    enlistment enlist(typename Base::resource& it, transaction_id transaction) {
        const typename Base::visit in(*this->plan_, Base::call::enlist);
        if (in.fails()) return this->plan_->error_code;
        if (in.lies()) return enlistment::not_transactional;
        return this->inner_.enlist(it, transaction);
    }
};

template <class Base>
class faulty_reset : public Base {
public:
    using Base::Base;
    auto reset(typename Base::resource& it, call_deadline until = (call_deadline::max)()) {
        const auto ask = [&] {
            if constexpr (Base::traits::reset_takes_deadline) {
                return this->inner_.reset(it, until);
            } else {
                return this->inner_.reset(it);
            }
        };
        using answer = decltype(ask());
        const typename Base::visit in(*this->plan_, Base::call::reset);
        if (in.fails()) return answer(this->plan_->error_code);
        if (in.lies()) return answer(hr::s_ok);
        return ask();
    }
};

template <class Base>
class faulty_no_reset : public Base {
public:
    using Base::Base;
    using no_reset = void;
};

template <class Base>
class faulty_destroy : public Base {
public:
    using Base::Base;
    // Whatever is answered, and also if something is thrown, the resource is no more.
    auto destroy(typename Base::resource&& it) {
        const auto ask = [&] {
            if constexpr (std::is_void_v<decltype(this->inner_.destroy(std::move(it)))>) {
                this->inner_.destroy(std::move(it));
                return hr::s_ok;
            } else {
                return this->inner_.destroy(std::move(it));
            }
        };
        using answer = decltype(ask());
        const typename Base::visit in(*this->plan_, Base::call::destroy, Base::visit::throws_later);
        answer said = ask();
        in.throw_now();
        if (in.fails()) return answer(this->plan_->error_code);
        return in.lies() ? answer(hr::s_false) : said;
    }
};

template <class Base>
class faulty_check : public Base {
public:
    using Base::Base;
    auto(check)(typename Base::resource& it,
                check_kind kind,
                call_deadline until = (call_deadline::max)()) {
        const auto ask = [&] {
            if constexpr (Base::traits::check_takes_deadline) {
                return (this->inner_.check)(it, kind, until);
            } else {
                return (this->inner_.check)(it, kind);
            }
        };
        using answer = decltype(ask());
        const typename Base::visit in(*this->plan_, Base::call::check);
        if (in.lies()) return answer(health::backend_gone);
        if constexpr (std::is_same_v<answer, result<health>>) {
            if (in.fails()) return answer(this->plan_->error_code);
        }
        if (in.fails()) return answer(health::broken);
        return ask();
    }
};

template <class Base>
class faulty_classify : public Base {
public:
    using Base::Base;
    health classify(const error& e) {
        const typename Base::visit in(*this->plan_, Base::call::classify);
        if (in.fails()) return health::broken;
        if (in.lies()) return health::backend_gone;
        return this->inner_.classify(e);
    }
};

template <class Base>
class faulty_idle_limit : public Base {
public:
    using Base::Base;
    std::chrono::nanoseconds idle_limit(const typename Base::resource& it) {
        const typename Base::visit in(*this->plan_, Base::call::idle_limit);
        if (in.fails()) return std::chrono::nanoseconds::zero();
        if (in.lies()) return std::chrono::nanoseconds(-1);
        return this->inner_.idle_limit(it);
    }
};

template <class Base>
class faulty_abandon : public Base {
public:
    using Base::Base;
    void abandon(typename Base::resource&& it) {
        const typename Base::visit in(*this->plan_, Base::call::abandon, Base::visit::throws_later);
        this->inner_.abandon(std::move(it));
        in.throw_now();
    }
};

template <class Base>
class faulty_interrupt : public Base {
public:
    using Base::Base;
    void interrupt(typename Base::resource& it) {
        const typename Base::visit in(*this->plan_, Base::call::interrupt);
        if (!in.fails() && !in.lies()) this->inner_.interrupt(it);
    }
};

template <class Base>
class faulty_name : public Base {
public:
    using Base::Base;
    std::string_view name(const typename Base::resource& it) { return this->inner_.name(it); }
};

template <class Base, class Events>
class with_events : public Base {
public:
    using Base::Base;
    using events = Events;
};

// A chain of the parts that are there.
template <bool There, template <class> class Part, class Base>
using part_if = std::conditional_t<There, Part<Base>, Base>;

template <class Driver, class Plan>
struct faulty_chain {
    using has = driver_traits<Driver>;
    using base = faulty_driver<Driver, Plan>;
    using creates =
        std::conditional_t<has::has_resource_type, faulty_typed_create<base>, faulty_create<base>>;
    using rates = part_if<has::has_rate, faulty_rate, creates>;
    using enlists = part_if<has::has_enlist, faulty_enlist, rates>;
    using resets = part_if<has::has_reset, faulty_reset, enlists>;
    using no_reset = part_if<has::says_no_reset, faulty_no_reset, resets>;
    using destroys = part_if<has::has_destroy, faulty_destroy, no_reset>;
    using checks = part_if<has::has_check, faulty_check, destroys>;
    using classifies = part_if<has::has_classify, faulty_classify, checks>;
    using limits = part_if<has::has_idle_limit, faulty_idle_limit, classifies>;
    using abandons = part_if<has::has_abandon, faulty_abandon, limits>;
    using interrupts = part_if<has::has_interrupt, faulty_interrupt, abandons>;
    using type = part_if<has::has_name, faulty_name, interrupts>;
};
template <class Driver, class Plan>
struct faulty_members {
    using type = typename faulty_chain<Driver, Plan>::type;
};
template <class Driver, class Plan>
requires driver_traits<Driver>::has_events struct faulty_members<Driver, Plan> {
    using type = with_events<typename faulty_chain<Driver, Plan>::type, typename Driver::events>;
};

} // namespace detail
} // namespace lend

#endif // LEND_DETAIL_FAULTY_HPP
