// SPDX-License-Identifier: MIT
/// @file
/// lend's dispenser and the baselines behind IDispenserDriver, with the interface of a table: an
/// object is made by CreateResource and destroyed by DestroyResource, each a virtual call.

#ifndef LEND_BENCH_CONTRACT_TABLES_HPP
#define LEND_BENCH_CONTRACT_TABLES_HPP

#include <lend/com/dispenser.hpp>
#include <lend/com/dispenser_driver.hpp>
#include <lend/com/macros.hpp>

#include "tables.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace bench {

/// Makes payloads; there is nothing to reset or to destroy.
struct payload_driver {
    using resource = payload;
    using no_reset = void;

    std::uint64_t made = 0;

    lend::result<payload> create() { return payload::of(made++); }
};

/// What a reader would write to put a table behind the contract. For one thread and one reference.
template <class Table>
class table_dispenser final : public lend::com::IDispenserDriver {
    using HRESULT = lend::com::HRESULT;
    using RESID = lend::com::RESID;

public:
    explicit table_dispenser(std::size_t expected)
        : table_(expected), mine_(as_seen_by(table_, 0, 1)) {}
    virtual ~table_dispenser() = default;

    HRESULT STDMETHODCALLTYPE QueryInterface(lend::com::REFIID, void**) noexcept override {
        return static_cast<HRESULT>(lend::hr::e_nointerface);
    }
    lend::com::ULONG STDMETHODCALLTYPE AddRef() noexcept override { return 1; }
    lend::com::ULONG STDMETHODCALLTYPE Release() noexcept override {
        delete this;
        return 0;
    }

    HRESULT STDMETHODCALLTYPE CreateResource(lend::com::RESTYPID,
                                             RESID* out_id,
                                             lend::com::TIMEINSECS*) override {
        *out_id = mine_.insert(payload::of(made_++));
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE DestroyResource(RESID id) override {
        return mine_.erase(id) ? S_OK : E_FAIL;
    }

    HRESULT STDMETHODCALLTYPE RateResource(lend::com::RESTYPID,
                                           RESID,
                                           lend::com::BOOL,
                                           lend::com::RESOURCERATING*) noexcept override {
        return E_NOTIMPL;
    }
    HRESULT STDMETHODCALLTYPE EnlistResource(RESID, lend::com::TRANSID) noexcept override {
        return E_NOTIMPL;
    }
    HRESULT STDMETHODCALLTYPE ResetResource(RESID) noexcept override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE DestroyResourceS(lend::com::constSRESID) noexcept override {
        return E_NOTIMPL;
    }

private:
    Table table_;
    decltype(as_seen_by(std::declval<Table&>(), 0, 1)) mine_;
    std::uint64_t made_ = 0;
};

/// A dispenser of which no more is known than its interface.
class contract_table {
public:
    number insert(const payload&) {
        lend::com::RESID id = 0;
        lend::com::TIMEINSECS secs = -1;
        return dispenser_->CreateResource(any_type, &id, &secs) == S_OK ? id : 0;
    }
    bool erase(number n) { return dispenser_->DestroyResource(n) == S_OK; }

protected:
    explicit contract_table(lend::com::IDispenserDriver* dispenser) : dispenser_(dispenser) {
        hide(dispenser_);
    }
    contract_table(const contract_table&) = delete;
    contract_table& operator=(const contract_table&) = delete;
    ~contract_table() { dispenser_->Release(); }

private:
    static constexpr lend::com::RESTYPID any_type = 1; // 0 is refused

    lend::com::IDispenserDriver* dispenser_;
};

template <class Table>
struct behind_contract : contract_table {
    explicit behind_contract(std::size_t expected)
        : contract_table(new table_dispenser<Table>(expected)) {}
};

template <>
struct behind_contract<lend_table> : contract_table {
    explicit behind_contract(std::size_t)
        : contract_table(lend::com::dispenser<payload_driver>::make({}).value()) {}
};

} // namespace bench

#endif // LEND_BENCH_CONTRACT_TABLES_HPP
