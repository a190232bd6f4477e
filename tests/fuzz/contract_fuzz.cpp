// SPDX-License-Identifier: MIT
/// @file
/// Bytes become calls of the contract. Either of a holder, compared call by call with the reference
/// holder; or of a com::dispenser, whose model is a map from numbers to what they must answer.

#include "contract_side.hpp"
#include "fuzz_input.hpp"
#include "fuzz_platform.hpp"
#include "pool_books.hpp"

#include "support/reference_holder.hpp"

#include <lend/com/basic_holder.hpp>
#include <lend/com/dispenser.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace {

using namespace lend_test;

// ---- a holder --------------------------------------------------------------------------------

void compare(const call_log& engine, const call_log& reference, const contract_step& step) {
    if (engine == reference) return;
    std::fprintf(stderr, "step %d, pick %d, dice %d, within %d\n", step.what, step.pick, step.dice,
                 step.within);
    for (const std::string& line : reference)
        std::fprintf(stderr, "  reference: %s\n", line.c_str());
    for (const std::string& line : engine) std::fprintf(stderr, "  engine:    %s\n", line.c_str());
    FUZZ_CHECK(engine == reference);
}

void fuzz_holder(fuzz_input& in) {
    holder_options options;
    options.default_idle_limit = static_cast<TIMEINSECS>(in.below(4)) - 1;
    options.zero_means_destroy_at_once = in.flag();
    options.destroy_lent_at_close = in.flag();
    contract_side<basic_holder<manual_platform>> engine(options);
    // What a dispenser's own calls, from within a call, may still change is left open by the
    // contract; so then the engine runs alone, and is held to what contract_side requires.
    const bool calls_within = in.flag();
    contract_side<reference_holder<manual_platform>> reference(options);
    (calls_within ? engine.moves_time : reference.moves_time) = true;
    for (int at = 0; at < 200 && !in.empty(); ++at) {
        contract_step step;
        step.what = in.byte();
        step.pick = in.byte();
        step.dice = static_cast<std::uint16_t>(in.byte() << 8U | in.byte());
        if (calls_within) {
            step.within = in.byte();
            (void)engine.step(step);
        } else {
            const call_log expected = reference.step(step);
            compare(engine.step(step), expected, step);
        }
    }
}

// ---- a dispenser -----------------------------------------------------------------------------

using numbers_dispenser = dispenser<kinds_driver, fuzz_platform>;

class dispenser_session {
public:
    explicit dispenser_session(fuzz_input& in) : in_(in) {
        auto made = numbers_dispenser::make(kinds_driver(books_, token_));
        FUZZ_CHECK(made.has_value());
        dispenser_ = *made;
    }
    dispenser_session(const dispenser_session&) = delete;
    dispenser_session& operator=(const dispenser_session&) = delete;
    ~dispenser_session() {
        FUZZ_CHECK(dispenser_->Release() == 0);
        FUZZ_CHECK(books_.live() == 0);
        FUZZ_CHECK(token_.use_count() == 1);
    }

    void run() {
        for (int at = 0; at < 300 && !in_.empty(); ++at) step();
    }

private:
    void step() {
        const RESID id = some();
        const bool is_live = kinds_.count(id) != 0;
        RESOURCERATING rating = 12345;
        switch (in_.below(8)) {
        case 0:
        case 1:
            create();
            break;
        case 2:
            destroy(id, is_live);
            break;
        case 3: {
            const RESTYPID wanted = in_.below(4);
            const HRESULT hr = dispenser_->RateResource(wanted, id, FALSE, &rating);
            FUZZ_CHECK(SUCCEEDED(hr) == (is_live && wanted != 0));
            if (SUCCEEDED(hr)) FUZZ_CHECK(rating == (RESTYPID(kinds_[id]) == wanted ? 100U : 0U));
            break;
        }
        case 4:
            FUZZ_CHECK(is_live || dispenser_->ResetResource(id) == E_INVALIDARG);
            if (is_live) (void)dispenser_->ResetResource(id);
            break;
        case 5:
            FUZZ_CHECK(is_live || dispenser_->EnlistResource(id, in_.byte()) == E_INVALIDARG);
            break;
        case 6:
            FUZZ_CHECK(static_cast<bool>(dispenser_->find(id)) == is_live);
            FUZZ_CHECK(dispenser_->DestroyResourceS(u"a") == E_NOTIMPL);
            break;
        default:
            books_.plan(static_cast<books_call>(in_.below(books_calls)),
                        static_cast<books_fault>(in_.below(books_faults)), 1);
            break;
        }
    }

    void create() {
        const RESTYPID kind = in_.below(4); // 0 is none
        const std::size_t live = books_.live();
        RESID id = 999;
        TIMEINSECS secs = -2;
        const HRESULT hr = dispenser_->CreateResource(kind, &id, &secs);
        if (FAILED(hr)) {
            FUZZ_CHECK(id == 999 && books_.live() == live);
            return;
        }
        FUZZ_CHECK(kind != 0 && id != 0 && id != 999);
        FUZZ_CHECK(all_.insert(id).second); // no number comes twice
        kinds_[id] = static_cast<int>(kind);
        ids_.push_back(id);
    }

    void destroy(RESID id, bool is_live) {
        const HRESULT hr = dispenser_->DestroyResource(id);
        FUZZ_CHECK(is_live || hr == E_FAIL);
        FUZZ_CHECK(hr == S_OK || hr == E_FAIL);
        kinds_.erase(id);
        FUZZ_CHECK(books_.live() == kinds_.size());
    }

    // One that was made, one bit beside one that was made, or none.
    RESID some() {
        const std::uint8_t how = in_.byte();
        if (ids_.empty() || how % 8U == 7) return in_.word();
        const RESID id = ids_[in_.below(ids_.size())];
        return how % 8U == 6 ? id ^ RESID { 1 } << in_.below(64) : id;
    }

    fuzz_input& in_;
    pool_books books_;
    std::shared_ptr<int> token_ = std::make_shared<int>(0);
    numbers_dispenser* dispenser_ = nullptr;
    std::map<RESID, int> kinds_; // those alive
    std::set<RESID> all_;
    std::vector<RESID> ids_;
};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz_world::now().begin();
    fuzz_input in(data, size);
    if (in.below(4) == 1) {
        dispenser_session(in).run();
    } else {
        fuzz_holder(in);
    }
    return 0;
}
