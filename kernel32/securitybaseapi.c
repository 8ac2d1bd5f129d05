/* Entry points of securitybaseapi.h: descriptors and lists are data that nothing applies. */
#include <securitybaseapi.h>

#include "last_error.h"

#include <string.h>
#include <winerror.h>

enum { ACL_BYTES_MAX = 0xFFFF };

/* Every thread is itself all the time. */
BOOL WINAPI RevertToSelf(VOID)
{
    return TRUE;
}

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision)
{
    if (dwRevision != SECURITY_DESCRIPTOR_REVISION)
        return fail_win32(ERROR_UNKNOWN_REVISION);
    if (!pSecurityDescriptor)
        return fail_win32(ERROR_NOACCESS);
    memset(pSecurityDescriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)pSecurityDescriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return TRUE;
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
    const SECURITY_DESCRIPTOR *descriptor = pSecurityDescriptor;
    return descriptor && descriptor->Revision == SECURITY_DESCRIPTOR_REVISION;
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent,
                                      PACL pDacl, BOOL bDaclDefaulted)
{
    SECURITY_DESCRIPTOR *descriptor = pSecurityDescriptor;
    if (!IsValidSecurityDescriptor(descriptor))
        return fail_win32(ERROR_UNKNOWN_REVISION);
    if (descriptor->Control & SE_SELF_RELATIVE)
        return fail_win32(ERROR_INVALID_SECURITY_DESCR);
    descriptor->Control &= (WORD) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    if (!bDaclPresent)
        return TRUE;
    descriptor->Control |= (WORD)(SE_DACL_PRESENT | (bDaclDefaulted ? SE_DACL_DEFAULTED : 0));
    descriptor->Dacl = pDacl;
    return TRUE;
}

BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
                                      LPBOOL lpbDaclPresent, PACL *pDacl, LPBOOL lpbDaclDefaulted)
{
    const SECURITY_DESCRIPTOR *descriptor = pSecurityDescriptor;
    if (!IsValidSecurityDescriptor(pSecurityDescriptor))
        return fail_win32(ERROR_UNKNOWN_REVISION);
    if (!lpbDaclPresent || !pDacl || !lpbDaclDefaulted)
        return fail_win32(ERROR_NOACCESS);
    *lpbDaclPresent = (descriptor->Control & SE_DACL_PRESENT) != 0;
    if (!*lpbDaclPresent)
        return TRUE;
    *pDacl = descriptor->Dacl;
    *lpbDaclDefaulted = (descriptor->Control & SE_DACL_DEFAULTED) != 0;
    return TRUE;
}

BOOL WINAPI InitializeAcl(PACL pAcl, DWORD nAclLength, DWORD dwAclRevision)
{
    if (nAclLength < sizeof(ACL))
        return fail_win32(ERROR_INSUFFICIENT_BUFFER);
    if (nAclLength > ACL_BYTES_MAX || dwAclRevision < MIN_ACL_REVISION ||
        dwAclRevision > MAX_ACL_REVISION)
        return fail_win32(ERROR_INVALID_PARAMETER);
    if (!pAcl)
        return fail_win32(ERROR_NOACCESS);
    memset(pAcl, 0, sizeof *pAcl);
    pAcl->AclRevision = (BYTE)dwAclRevision;
    pAcl->AclSize = (WORD)(nAclLength & ~3u); /* in whole DWORDs */
    return TRUE;
}
