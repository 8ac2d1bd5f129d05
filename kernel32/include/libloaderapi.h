/* Modules and the functions in them. Source: Microsoft, "libloaderapi.h". */
#ifndef _APISETLIBLOADER_
#define _APISETLIBLOADER_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define GET_MODULE_HANDLE_EX_FLAG_PIN 0x00000001
#define GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT 0x00000002
#define GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS 0x00000004

#define LOAD_WITH_ALTERED_SEARCH_PATH 0x00000008
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#define LOAD_LIBRARY_SEARCH_APPLICATION_DIR 0x00000200
#define LOAD_LIBRARY_SEARCH_USER_DIRS 0x00000400
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS 0x00001000

/* A module by name, case ignored. Windows' own DLLs (kernel32, kernelbase, ntdll, ws2_32, mswsock)
 * are always there and hold what Portico has of them; NULL is the program. Without a dot ".dll" is
 * meant. NULL: ERROR_MOD_NOT_FOUND, ERROR_INVALID_PARAMETER. ("GetModuleHandleExW function") */
WINBASEAPI HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
WINBASEAPI HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
WINBASEAPI BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule);
WINBASEAPI BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule);

/* Loads a shared object: the name as it is, or NAME.dll as NAME.so or libNAME.so. Each load needs
 * its free. NULL: ERROR_MOD_NOT_FOUND, ERROR_INVALID_PARAMETER (hFile, flags that would map an
 * image as data). ("LoadLibraryExW function") */
WINBASEAPI HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
WINBASEAPI HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
WINBASEAPI HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
WINBASEAPI HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);

/* FALSE: ERROR_MOD_NOT_FOUND (not a module). ("FreeLibrary function") */
WINBASEAPI BOOL WINAPI FreeLibrary(HMODULE hLibModule);

/* A function by name. NULL: ERROR_PROC_NOT_FOUND, ERROR_MOD_NOT_FOUND (not a module). Ordinals are
 * not known here. ("GetProcAddress function") */
WINBASEAPI FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);

/* The module's path, as C:\...; the length. A path that does not fit is cut, terminated, and the
 * result is nSize with ERROR_INSUFFICIENT_BUFFER. 0: ERROR_MOD_NOT_FOUND.
 * ("GetModuleFileNameW function") */
WINBASEAPI DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize);
WINBASEAPI DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize);

/* No thread of this process gets a DLL entry call; accepted for any module.
 * ("DisableThreadLibraryCalls function") */
WINBASEAPI BOOL WINAPI DisableThreadLibraryCalls(HMODULE hLibModule);

#ifdef UNICODE
#define GetModuleHandle GetModuleHandleW
#define GetModuleHandleEx GetModuleHandleExW
#define LoadLibrary LoadLibraryW
#define LoadLibraryEx LoadLibraryExW
#define GetModuleFileName GetModuleFileNameW
#else
#define GetModuleHandle GetModuleHandleA
#define GetModuleHandleEx GetModuleHandleExA
#define LoadLibrary LoadLibraryA
#define LoadLibraryEx LoadLibraryExA
#define GetModuleFileName GetModuleFileNameA
#endif

PORTICO_END_DECLS

#endif
