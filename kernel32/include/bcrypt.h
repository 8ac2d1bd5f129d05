/* Random numbers; of the rest of "bcrypt.h" there is nothing. Source: Microsoft, "bcrypt.h". */
#ifndef __BCRYPT_H__
#define __BCRYPT_H__

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

typedef PVOID BCRYPT_HANDLE;
typedef PVOID BCRYPT_ALG_HANDLE;
#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 0x00000001
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x00000002
#define BCRYPT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)

/* Fills the buffer with the system's random bytes. Without a provider's handle (there are none) the
 * flag BCRYPT_USE_SYSTEM_PREFERRED_RNG must be given. STATUS_INVALID_HANDLE,
 * STATUS_INVALID_PARAMETER (NULL buffer, unknown flags). ("BCryptGenRandom function") */
WINBASEAPI NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer,
                                           ULONG cbBuffer, ULONG dwFlags);

PORTICO_END_DECLS

#endif
