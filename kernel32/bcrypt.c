/* Random numbers (bcrypt.h), from the kernel. */
#include <bcrypt.h>

#include <errno.h>
#include <ntstatus.h>
#include <sys/random.h>

NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer,
                                ULONG dwFlags)
{
    ULONG done = 0;
    if (hAlgorithm || !(dwFlags & BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return STATUS_INVALID_HANDLE;
    if (!pbBuffer ||
        (dwFlags & ~(ULONG)(BCRYPT_USE_SYSTEM_PREFERRED_RNG | BCRYPT_RNG_USE_ENTROPY_IN_BUFFER)))
        return STATUS_INVALID_PARAMETER;
    while (done < cbBuffer) {
        ssize_t got = getrandom(pbBuffer + done, cbBuffer - done, 0);
        if (got < 0 && errno != EINTR)
            return STATUS_UNSUCCESSFUL;
        if (got > 0)
            done += (ULONG)got;
    }
    return STATUS_SUCCESS;
}
