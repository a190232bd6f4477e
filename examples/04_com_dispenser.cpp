// SPDX-License-Identifier: MIT
// What one learns here: a dispenser as it is written for COM+. Only the include and the
// using-directive are lend's.

#include <lend/com.hpp>

#include <cstdio>

using namespace lend::com;

// [driver]
class CounterDispenser final : public IDispenserDriver {
public:
    STDMETHODIMP_(ULONG) AddRef() override { return ULONG(InterlockedIncrement(&references_)); }
    STDMETHODIMP_(ULONG) Release() override { return ULONG(InterlockedDecrement(&references_)); }
    STDMETHODIMP QueryInterface(REFIID iid, void** out) override {
        const bool is_me = IsEqualIID(iid, IID_IUnknown) || IsEqualIID(iid, IID_IDispenserDriver);
        *out = is_me ? static_cast<IDispenserDriver*>(this) : nullptr;
        return is_me ? (AddRef(), S_OK) : E_NOINTERFACE;
    }
    STDMETHODIMP CreateResource(RESTYPID, RESID* id, TIMEINSECS* secs) override {
        *secs = 120; // how long it may be idle
        return say("CreateResource", *id = ++last_);
    }
    STDMETHODIMP RateResource(RESTYPID, RESID id, BOOL, RESOURCERATING* rating) override {
        *rating = 100;
        return say("RateResource", id);
    }
    STDMETHODIMP EnlistResource(RESID, TRANSID) override { return S_FALSE; } // no transactions
    STDMETHODIMP ResetResource(RESID id) override { return say("ResetResource", id); }
    STDMETHODIMP DestroyResource(RESID id) override { return say("DestroyResource", id); }
    STDMETHODIMP DestroyResourceS(constSRESID) override { return E_NOTIMPL; } // no names

private:
    static HRESULT say(const char* what, RESID id) {
        return std::printf("  %s %u\n", what, unsigned(id)) > 0 ? S_OK : E_FAIL;
    }
    LONG references_ = 1; // that of main, on whose stack it lives
    RESID last_ = 0;
};
// [driver]

int main() {
    // [use]
    CounterDispenser dispenser;
    IDispenserManager* manager = nullptr;
    IHolder* holder = nullptr;
    if (FAILED(GetDispenserManager(&manager))) return 1;
    dispenser.AddRef(); // for the holder: registering counts none, but Close releases one
    if (FAILED(manager->RegisterDispenser(&dispenser, OLESTR("counters"), &holder))) return 1;
    RESID id = 0;
    for (int turn = 1; turn <= 2; ++turn) // creates one, then rates it and lends it again
        if (SUCCEEDED(holder->AllocResource(1, &id))) holder->FreeResource(id);
    std::printf("freed twice: %s\n", holder->FreeResource(id) == E_INVALIDARG ? "refused" : "?");
    holder->Close();
    // [use]
    holder->Release();
    manager->Release();
}
