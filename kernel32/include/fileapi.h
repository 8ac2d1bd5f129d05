/* Files and directories. Source: Microsoft, "fileapi.h".
 *
 * Paths: `\` and `/` separate alike, drive C: is the Linux root, and a path that begins with one
 * separator begins there. Another drive D: is there if the environment variable PORTICO_DRIVE_D
 * names a Linux directory. A name that is missing is looked for in any case (PORTICO_CASE=exact: it
 * is not). A functions take UTF-8. Sharing binds the files of one process. */
#ifndef _APISETFILE_
#define _APISETFILE_

#include <minwinbase.h>
#include <minwindef.h>

PORTICO_BEGIN_DECLS

#define CREATE_NEW 1
#define CREATE_ALWAYS 2
#define OPEN_EXISTING 3
#define OPEN_ALWAYS 4
#define TRUNCATE_EXISTING 5
#define INVALID_FILE_SIZE ((DWORD)0xFFFFFFFF)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES ((DWORD)-1)

/* Opens or creates a file, a directory (with FILE_FLAG_BACKUP_SEMANTICS) or a device.
 * INVALID_HANDLE_VALUE: ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED,
 * ERROR_FILE_EXISTS, ERROR_INVALID_PARAMETER, ERROR_INVALID_NAME, ERROR_SHARING_VIOLATION and
 * others. On success the last error is 0, or ERROR_ALREADY_EXISTS for CREATE_ALWAYS and
 * OPEN_ALWAYS of a file that was there. ("CreateFileW function") */
WINBASEAPI HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                                     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                                     DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                                     HANDLE hTemplateFile);
WINBASEAPI HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                                     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                                     DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
                                     HANDLE hTemplateFile);

/* Reads from, or writes to, a file at its position or at the OVERLAPPED's offset. FALSE with
 * ERROR_IO_PENDING: it goes on. ("ReadFile function", "WriteFile function") */
WINBASEAPI BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                                LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);
WINBASEAPI BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                                 LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped);

/* The same with a completion routine, which runs in the calling thread's alertable waits. FALSE:
 * ERROR_INVALID_PARAMETER (file bound to a port), or the operation's error. ("ReadFileEx
 * function", "WriteFileEx function") */
WINBASEAPI BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
                                  LPOVERLAPPED lpOverlapped,
                                  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                                   LPOVERLAPPED lpOverlapped,
                                   LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);

/* The size in bytes. FALSE: ERROR_INVALID_HANDLE. ("GetFileSizeEx function") */
WINBASEAPI BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize);
WINBASEAPI DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh);

/* Moves the file pointer of a synchronous file. FALSE: ERROR_NEGATIVE_SEEK,
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. ("SetFilePointerEx function") */
WINBASEAPI BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
                                        PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod);
WINBASEAPI DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove,
                                       PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod);

/* Truncates or extends the file at the file pointer. FALSE: ERROR_ACCESS_DENIED,
 * ERROR_INVALID_HANDLE, ERROR_DISK_FULL. ("SetEndOfFile function") */
WINBASEAPI BOOL WINAPI SetEndOfFile(HANDLE hFile);

/* Brings what was written to stable storage (or, on a pipe, to its reader). FALSE:
 * ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE. ("FlushFileBuffers function") */
WINBASEAPI BOOL WINAPI FlushFileBuffers(HANDLE hFile);

/* FILE_TYPE_DISK, _CHAR or _PIPE; FILE_TYPE_UNKNOWN with ERROR_INVALID_HANDLE if it is no file.
 * ("GetFileType function") */
WINBASEAPI DWORD WINAPI GetFileType(HANDLE hFile);

/* What is known about a file. ("BY_HANDLE_FILE_INFORMATION structure") */
typedef struct _BY_HANDLE_FILE_INFORMATION {
    DWORD dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD dwVolumeSerialNumber;
    DWORD nFileSizeHigh;
    DWORD nFileSizeLow;
    DWORD nNumberOfLinks;
    DWORD nFileIndexHigh;
    DWORD nFileIndexLow;
} BY_HANDLE_FILE_INFORMATION, *PBY_HANDLE_FILE_INFORMATION, *LPBY_HANDLE_FILE_INFORMATION;

/* The same by name, less of it. ("WIN32_FILE_ATTRIBUTE_DATA structure") */
typedef struct _WIN32_FILE_ATTRIBUTE_DATA {
    DWORD dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD nFileSizeHigh;
    DWORD nFileSizeLow;
} WIN32_FILE_ATTRIBUTE_DATA, *LPWIN32_FILE_ATTRIBUTE_DATA;

/* More of what CreateFile2 can be told. ("CREATEFILE2_EXTENDED_PARAMETERS structure") */
typedef struct _CREATEFILE2_EXTENDED_PARAMETERS {
    DWORD dwSize;
    DWORD dwFileAttributes;
    DWORD dwFileFlags;
    DWORD dwSecurityQosFlags;
    LPSECURITY_ATTRIBUTES lpSecurityAttributes;
    HANDLE hTemplateFile;
} CREATEFILE2_EXTENDED_PARAMETERS, *PCREATEFILE2_EXTENDED_PARAMETERS,
    *LPCREATEFILE2_EXTENDED_PARAMETERS;

/* As CreateFileW; NULL parameters mean none. ("CreateFile2 function") */
WINBASEAPI HANDLE WINAPI CreateFile2(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                                     DWORD dwCreationDisposition,
                                     LPCREATEFILE2_EXTENDED_PARAMETERS pCreateExParams);

/* Removes a file's name; open handles keep working. FALSE: ERROR_FILE_NOT_FOUND,
 * ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED (a directory, read-only), ERROR_SHARING_VIOLATION.
 * ("DeleteFile function") */
WINBASEAPI BOOL WINAPI DeleteFileA(LPCSTR lpFileName);
WINBASEAPI BOOL WINAPI DeleteFileW(LPCWSTR lpFileName);

/* Makes a directory. FALSE: ERROR_ALREADY_EXISTS, ERROR_PATH_NOT_FOUND, ERROR_INVALID_NAME.
 * ("CreateDirectory function") */
WINBASEAPI BOOL WINAPI CreateDirectoryA(LPCSTR lpPathName,
                                        LPSECURITY_ATTRIBUTES lpSecurityAttributes);
WINBASEAPI BOOL WINAPI CreateDirectoryW(LPCWSTR lpPathName,
                                        LPSECURITY_ATTRIBUTES lpSecurityAttributes);

/* Removes an empty directory. FALSE: ERROR_DIR_NOT_EMPTY, ERROR_DIRECTORY (a file),
 * ERROR_FILE_NOT_FOUND, ERROR_SHARING_VIOLATION (open, or current). ("RemoveDirectory function") */
WINBASEAPI BOOL WINAPI RemoveDirectoryA(LPCSTR lpPathName);
WINBASEAPI BOOL WINAPI RemoveDirectoryW(LPCWSTR lpPathName);

/* FILE_ATTRIBUTE_* of a file or directory; INVALID_FILE_ATTRIBUTES: ERROR_FILE_NOT_FOUND,
 * ERROR_PATH_NOT_FOUND, ERROR_INVALID_NAME. ("GetFileAttributes function") */
WINBASEAPI DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName);
WINBASEAPI DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName);

/* Replaces them. FALSE: as above, ERROR_INVALID_PARAMETER (DIRECTORY for a file).
 * ("SetFileAttributes function") */
WINBASEAPI BOOL WINAPI SetFileAttributesA(LPCSTR lpFileName, DWORD dwFileAttributes);
WINBASEAPI BOOL WINAPI SetFileAttributesW(LPCWSTR lpFileName, DWORD dwFileAttributes);

/* Fills a WIN32_FILE_ATTRIBUTE_DATA. FALSE: as GetFileAttributes, ERROR_INVALID_PARAMETER (unknown
 * level). ("GetFileAttributesEx function") */
WINBASEAPI BOOL WINAPI GetFileAttributesExA(LPCSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                                            LPVOID lpFileInformation);
WINBASEAPI BOOL WINAPI GetFileAttributesExW(LPCWSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                                            LPVOID lpFileInformation);

/* The times of an open file; any pointer may be NULL. FALSE: ERROR_INVALID_HANDLE.
 * ("GetFileTime function") */
WINBASEAPI BOOL WINAPI GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime,
                                   LPFILETIME lpLastAccessTime, LPFILETIME lpLastWriteTime);

/* Sets them; NULL, 0 and all ones leave one alone. The creation time cannot be set here: Linux
 * keeps its own. FALSE: ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE. ("SetFileTime function") */
WINBASEAPI BOOL WINAPI SetFileTime(HANDLE hFile, const FILETIME *lpCreationTime,
                                   const FILETIME *lpLastAccessTime,
                                   const FILETIME *lpLastWriteTime);

/* FALSE: ERROR_INVALID_HANDLE, ERROR_INVALID_FUNCTION (not a disk file).
 * ("GetFileInformationByHandle function") */
WINBASEAPI BOOL WINAPI GetFileInformationByHandle(HANDLE hFile,
                                                  LPBY_HANDLE_FILE_INFORMATION lpFileInformation);

/* The absolute form of a path, of `nBufferLength` characters at most; nothing is looked up.
 * *lpFilePart: its last component, NULL if it ends in a separator. Returns the length, or the size
 * that would do (NUL included) if the buffer is too small; 0: ERROR_INVALID_NAME.
 * ("GetFullPathName function") */
WINBASEAPI DWORD WINAPI GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength, LPSTR lpBuffer,
                                         LPSTR *lpFilePart);
WINBASEAPI DWORD WINAPI GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength, LPWSTR lpBuffer,
                                         LPWSTR *lpFilePart);

/* The directory for temporary files (TMP, TEMP, TMPDIR, else /tmp), ending in a separator. Returns
 * as above. ("GetTempPath function") */
WINBASEAPI DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer);
WINBASEAPI DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer);

/* Forms a name in a buffer of MAX_PATH characters from at most three letters and a number; for 0 it
 * finds a free number and creates the file. Returns the number; 0: ERROR_DIRECTORY (no such
 * directory), ERROR_BUFFER_OVERFLOW (path too long). ("GetTempFileName function") */
WINBASEAPI UINT WINAPI GetTempFileNameA(LPCSTR lpPathName, LPCSTR lpPrefixString, UINT uUnique,
                                        LPSTR lpTempFileName);
WINBASEAPI UINT WINAPI GetTempFileNameW(LPCWSTR lpPathName, LPCWSTR lpPrefixString, UINT uUnique,
                                        LPWSTR lpTempFileName);

/* The path under which an open file goes now. Returns the length, or the size that would do (NUL
 * included) if the buffer is too small; 0: ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (unknown
 * flags), ERROR_PATH_NOT_FOUND (VOLUME_NAME_GUID and VOLUME_NAME_NT: there are no such names;
 * or the file was deleted). ("GetFinalPathNameByHandle function") */
#define VOLUME_NAME_DOS 0x0
#define VOLUME_NAME_GUID 0x1
#define VOLUME_NAME_NT 0x2
#define VOLUME_NAME_NONE 0x4
#define FILE_NAME_NORMALIZED 0x0
#define FILE_NAME_OPENED 0x8
WINBASEAPI DWORD WINAPI GetFinalPathNameByHandleA(HANDLE hFile, LPSTR lpszFilePath,
                                                  DWORD cchFilePath, DWORD dwFlags);
WINBASEAPI DWORD WINAPI GetFinalPathNameByHandleW(HANDLE hFile, LPWSTR lpszFilePath,
                                                  DWORD cchFilePath, DWORD dwFlags);

/* Begins a walk over the names of a directory that match a pattern in the last component, and gives
 * the first. Names come sorted. INVALID_HANDLE_VALUE: ERROR_FILE_NOT_FOUND (none matches),
 * ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY (the directory is a file), ERROR_INVALID_PARAMETER.
 * ("FindFirstFile function", "FindFirstFileEx function") */
WINBASEAPI HANDLE WINAPI FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData);
WINBASEAPI HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData);
WINBASEAPI HANDLE WINAPI FindFirstFileExA(LPCSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
                                          LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp,
                                          LPVOID lpSearchFilter, DWORD dwAdditionalFlags);
WINBASEAPI HANDLE WINAPI FindFirstFileExW(LPCWSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
                                          LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp,
                                          LPVOID lpSearchFilter, DWORD dwAdditionalFlags);

/* The next one. FALSE: ERROR_NO_MORE_FILES, ERROR_INVALID_HANDLE. ("FindNextFile function") */
WINBASEAPI BOOL WINAPI FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData);
WINBASEAPI BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData);

/* Ends the walk; CloseHandle does not. FALSE: ERROR_INVALID_HANDLE. ("FindClose function") */
WINBASEAPI BOOL WINAPI FindClose(HANDLE hFindFile);

/* A handle that becomes signaled when something changes in a directory (bWatchSubtree: or below it)
 * that the filter, FILE_NOTIFY_CHANGE_*, asks for. INVALID_HANDLE_VALUE: ERROR_FILE_NOT_FOUND,
 * ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY (it is a file), ERROR_INVALID_PARAMETER (filter),
 * ERROR_NO_SYSTEM_RESOURCES, ERROR_TOO_MANY_OPEN_FILES (a limit of the system's on watches).
 * ("FindFirstChangeNotificationW function") */
WINBASEAPI HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR lpPathName, BOOL bWatchSubtree,
                                                      DWORD dwNotifyFilter);
WINBASEAPI HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR lpPathName, BOOL bWatchSubtree,
                                                      DWORD dwNotifyFilter);

/* Lets the handle become signaled again by the next change, or at once by one since the last.
 * FALSE: ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (no directory). ("FindNextChangeNotification
 * function") */
WINBASEAPI BOOL WINAPI FindNextChangeNotification(HANDLE hChangeHandle);

/* Ends the watch. FALSE: ERROR_INVALID_HANDLE. ("FindCloseChangeNotification function") */
WINBASEAPI BOOL WINAPI FindCloseChangeNotification(HANDLE hChangeHandle);

#ifdef UNICODE
#define CreateFile CreateFileW
#define DeleteFile DeleteFileW
#define CreateDirectory CreateDirectoryW
#define RemoveDirectory RemoveDirectoryW
#define GetFileAttributes GetFileAttributesW
#define SetFileAttributes SetFileAttributesW
#define GetFileAttributesEx GetFileAttributesExW
#define GetFullPathName GetFullPathNameW
#define GetTempPath GetTempPathW
#define GetTempFileName GetTempFileNameW
#define GetFinalPathNameByHandle GetFinalPathNameByHandleW
#define FindFirstFile FindFirstFileW
#define FindFirstChangeNotification FindFirstChangeNotificationW
#define FindFirstFileEx FindFirstFileExW
#define FindNextFile FindNextFileW
#else
#define CreateFile CreateFileA
#define DeleteFile DeleteFileA
#define CreateDirectory CreateDirectoryA
#define RemoveDirectory RemoveDirectoryA
#define GetFileAttributes GetFileAttributesA
#define SetFileAttributes SetFileAttributesA
#define GetFileAttributesEx GetFileAttributesExA
#define GetFullPathName GetFullPathNameA
#define GetTempPath GetTempPathA
#define GetTempFileName GetTempFileNameA
#define GetFinalPathNameByHandle GetFinalPathNameByHandleA
#define FindFirstFile FindFirstFileA
#define FindFirstChangeNotification FindFirstChangeNotificationA
#define FindFirstFileEx FindFirstFileExA
#define FindNextFile FindNextFileA
#endif

/* See QueryDosDeviceA in winbase.h. */
WINBASEAPI DWORD WINAPI QueryDosDeviceW(LPCWSTR lpDeviceName, LPWSTR lpTargetPath, DWORD ucchMax);
#ifdef UNICODE
#define QueryDosDevice QueryDosDeviceW
#endif

PORTICO_END_DECLS

#endif
