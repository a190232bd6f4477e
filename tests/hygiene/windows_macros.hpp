// Macros as <windows.h> leaves them behind: those of the status codes, and short or common words
// that a header of ours could want to use as names.
#ifndef LEND_TESTS_HYGIENE_WINDOWS_MACROS_HPP
#define LEND_TESTS_HYGIENE_WINDOWS_MACROS_HPP

// winerror.h, and the one type that its macros name
typedef int HRESULT;
#define S_OK ((HRESULT)0L)
#define S_FALSE ((HRESULT)1L)
#define E_NOTIMPL ((HRESULT)0x80004001L)
#define E_NOINTERFACE ((HRESULT)0x80004002L)
#define E_POINTER ((HRESULT)0x80004003L)
#define E_ABORT ((HRESULT)0x80004004L)
#define E_FAIL ((HRESULT)0x80004005L)
#define E_UNEXPECTED ((HRESULT)0x8000FFFFL)
#define E_ACCESSDENIED ((HRESULT)0x80070005L)
#define E_OUTOFMEMORY ((HRESULT)0x8007000EL)
#define E_INVALIDARG ((HRESULT)0x80070057L)
#define SUCCEEDED(hr) (((HRESULT)(hr)) >= 0)
#define FAILED(hr) (((HRESULT)(hr)) < 0)
#define IS_ERROR(status) (((unsigned long)(status)) >> 31 == 1)
#define HRESULT_CODE(hr) ((hr)&0xFFFF)
#define SEVERITY_SUCCESS 0
#define SEVERITY_ERROR 1
#define FACILITY_ITF 4
#define NO_ERROR 0L
#define ERROR_SUCCESS 0L
#define ERROR_TIMEOUT 1460L
#define NOERROR 0

// windef.h, minwindef.h, rpcndr.h, combaseapi.h, basetyps.h
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define NEAR
#define FAR
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define pascal
#define cdecl
#define small char
#define hyper long long
#define interface struct
#define PURE = 0
#define THIS void
#define THIS_
#define STDMETHOD(method) virtual HRESULT method
#define STDMETHODIMP HRESULT
#define CALLBACK
#define WINAPI
#define APIENTRY
#define DECLSPEC_UUID(x)
#define UNALIGNED
#define STRICT 1

// winnt.h, winbase.h, wingdi.h, winuser.h, dlgs.h
#define DELETE (0x00010000L)
#define INFINITE 0xFFFFFFFF
#define IGNORE 0
#define ERROR 0
#define ABSOLUTE 1
#define RELATIVE 2
#define TRANSPARENT 1
#define OPAQUE 2
#define DIFFERENCE 11
#define STATUS_TIMEOUT ((unsigned long)0x00000102L)
#define STATUS_PENDING ((unsigned long)0x00000103L)
#define STILL_ACTIVE STATUS_PENDING
#define WAIT_TIMEOUT 258L
#define WAIT_OBJECT_0 0
#define MAXIMUM_ALLOWED (0x02000000L)
#define Yield()
#define MemoryBarrier() __sync_synchronize()
#define YieldProcessor() ((void)0)
#define GetObject GetObjectW
#define GetMessage GetMessageW
#define SendMessage SendMessageW
#define PostMessage PostMessageW
#define CreateMutex CreateMutexW
#define CreateEvent CreateEventW
#define CreateSemaphore CreateSemaphoreW
#define CreateWindow CreateWindowW
#define CreateFile CreateFileW
#define DeleteFile DeleteFileW
#define GetClassName GetClassNameW
#define GetCurrentTime GetTickCount
#define GetFreeSpace(w) (0x100000L)
#define GetUserName GetUserNameW
#define RegisterClass RegisterClassW
#define LoadString LoadStringW
#define StartService StartServiceW
#define ReportEvent ReportEventW
#define UnlockResource(resource) 0
#define rad1 0x0420
#define lst1 0x0460
#define cmb1 0x0470
#define stc1 0x0440
#define edt1 0x0480
#define ctl1 0x04A0
#define grp1 0x0430
#define chx1 0x0410
#define psh1 0x0400

#endif
