// SPDX-License-Identifier: MIT
/// @file
/// A dispenser of the kind that the articles of 1998 describe, written as for comsvcs.h: a pool of
/// files that are open for appending, by name. Only the include and the using-directive are new.
/// Built without the project's warnings, because `delete this` of such a class warns.

// The layout is that of its time.
// clang-format off
#include <lend/com.hpp>
using namespace lend::com;

#include <cstdio>
#include <cstring>
#include <map>
#include <string>

// ---- FileDisp.h -----------------------------------------------------------------------------

class CFileDispenser : public IDispenserDriver
{
public:
    CFileDispenser();
    ~CFileDispenser();

    // IUnknown
    STDMETHODIMP QueryInterface(REFIID riid, LPVOID* ppv);
    STDMETHODIMP_(ULONG) AddRef(void);
    STDMETHODIMP_(ULONG) Release(void);

    // IDispenserDriver
    STDMETHODIMP CreateResource(const RESTYPID ResTypId, RESID* pResId, TIMEINSECS* pSecsFreeBeforeDestroy);
    STDMETHODIMP RateResource(const RESTYPID ResTypId, const RESID ResId, const BOOL fRequiresTransactionEnlistment, RESOURCERATING* pRating);
    STDMETHODIMP EnlistResource(const RESID ResId, const TRANSID TransId);
    STDMETHODIMP ResetResource(const RESID ResId);
    STDMETHODIMP DestroyResource(const RESID ResId);
    STDMETHODIMP DestroyResourceS(constSRESID ResId);

    // What the dispenser offers to its users
    HRESULT Init();
    HRESULT Shutdown();
    HRESULT OpenFile(const char* pszName, FILE** ppFile);
    HRESULT CloseFile(FILE* pFile);

    LONG m_cRef;
    LONG m_cCreated;
    LONG m_cDestroyed;

private:
    IDispenserManager* m_pDispMan;
    IHolder* m_pHolder;
    std::map<RESID, std::string> m_mapNames;
};

// ---- FileDisp.cpp ---------------------------------------------------------------------------

CFileDispenser::CFileDispenser()
    : m_cRef(1), m_cCreated(0), m_cDestroyed(0), m_pDispMan(NULL), m_pHolder(NULL)
{
}

CFileDispenser::~CFileDispenser()
{
}

STDMETHODIMP CFileDispenser::QueryInterface(REFIID riid, LPVOID* ppv)
{
    if (ppv == NULL)
        return E_POINTER;
    *ppv = NULL;
    if (IsEqualIID(riid, IID_IUnknown) || IsEqualIID(riid, IID_IDispenserDriver))
        *ppv = static_cast<IDispenserDriver*>(this);
    else
        return E_NOINTERFACE;
    ((LPUNKNOWN)*ppv)->AddRef();
    return S_OK;
}

STDMETHODIMP_(ULONG) CFileDispenser::AddRef(void)
{
    return InterlockedIncrement(&m_cRef);
}

STDMETHODIMP_(ULONG) CFileDispenser::Release(void)
{
    LONG cRef = InterlockedDecrement(&m_cRef);
    if (cRef == 0)
        delete this;
    return cRef;
}

HRESULT CFileDispenser::Init()
{
    HRESULT hr = GetDispenserManager(&m_pDispMan);
    if (FAILED(hr))
        return hr;
    AddRef(); // RegisterDispenser does not, and IHolder::Close releases
    hr = m_pDispMan->RegisterDispenser(this, OLESTR("FileDisp"), &m_pHolder);
    if (FAILED(hr))
        Release();
    return hr;
}

HRESULT CFileDispenser::Shutdown()
{
    if (m_pHolder != NULL)
    {
        m_pHolder->Close();
        m_pHolder->Release();
        m_pHolder = NULL;
    }
    if (m_pDispMan != NULL)
    {
        m_pDispMan->Release();
        m_pDispMan = NULL;
    }
    return S_OK;
}

STDMETHODIMP CFileDispenser::CreateResource(const RESTYPID ResTypId, RESID* pResId, TIMEINSECS* pSecsFreeBeforeDestroy)
{
    const char* pszName = (const char*)ResTypId;
    FILE* pFile = std::fopen(pszName, "a");
    if (pFile == NULL)
        return E_FAIL;
    *pResId = (RESID)pFile;
    *pSecsFreeBeforeDestroy = 120;
    m_mapNames[*pResId] = pszName;
    InterlockedIncrement(&m_cCreated);
    return S_OK;
}

STDMETHODIMP CFileDispenser::RateResource(const RESTYPID ResTypId, const RESID ResId, const BOOL fRequiresTransactionEnlistment, RESOURCERATING* pRating)
{
    (void)fRequiresTransactionEnlistment;
    *pRating = m_mapNames[ResId] == (const char*)ResTypId ? 100 : 0;
    return S_OK;
}

STDMETHODIMP CFileDispenser::EnlistResource(const RESID, const TRANSID)
{
    return S_FALSE; // a file knows no transactions
}

STDMETHODIMP CFileDispenser::ResetResource(const RESID ResId)
{
    return std::fflush((FILE*)ResId) == 0 ? S_OK : E_FAIL;
}

STDMETHODIMP CFileDispenser::DestroyResource(const RESID ResId)
{
    m_mapNames.erase(ResId);
    InterlockedIncrement(&m_cDestroyed);
    return std::fclose((FILE*)ResId) == 0 ? S_OK : E_FAIL;
}

STDMETHODIMP CFileDispenser::DestroyResourceS(constSRESID)
{
    return E_NOTIMPL;
}

HRESULT CFileDispenser::OpenFile(const char* pszName, FILE** ppFile)
{
    RESID ResId = 0;
    HRESULT hr = m_pHolder->AllocResource((RESTYPID)pszName, &ResId);
    if (SUCCEEDED(hr))
        *ppFile = (FILE*)ResId;
    return hr;
}

HRESULT CFileDispenser::CloseFile(FILE* pFile)
{
    return m_pHolder->FreeResource((RESID)pFile);
}

// ---- a program that uses it -----------------------------------------------------------------

#define CHECK(what)                                                                                \
    do                                                                                             \
    {                                                                                              \
        if (!(what))                                                                               \
        {                                                                                          \
            std::fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #what);               \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

int main()
{
    CFileDispenser* pDisp = new CFileDispenser;
    CHECK(SUCCEEDED(pDisp->Init()));

    FILE* pFirst = NULL;
    FILE* pSecond = NULL;
    CHECK(pDisp->OpenFile("source_compatibility_1.txt", &pFirst) == S_OK);
    CHECK(std::fputs("hello\n", pFirst) >= 0);
    CHECK(pDisp->CloseFile(pFirst) == S_OK);
    CHECK(pDisp->OpenFile("source_compatibility_1.txt", &pSecond) == S_OK);
    CHECK(pSecond == pFirst);
    CHECK(pDisp->OpenFile("source_compatibility_2.txt", &pFirst) == S_OK);
    CHECK(pFirst != pSecond);
    CHECK(pDisp->OpenFile("/no/such/folder/file", &pFirst) == E_FAIL);
    CHECK(pDisp->CloseFile(NULL) == E_INVALIDARG);
    CHECK(pDisp->CloseFile(pFirst) == S_OK);
    CHECK(pDisp->CloseFile(pSecond) == S_OK);
    CHECK(pDisp->m_cCreated == 2);

    CHECK(pDisp->Shutdown() == S_OK);
    CHECK(pDisp->m_cDestroyed == 2);
    CHECK(pDisp->Release() == 0);
    std::remove("source_compatibility_1.txt");
    std::remove("source_compatibility_2.txt");
    return 0;
}
