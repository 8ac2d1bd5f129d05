/* Security. Source: Microsoft, "securitybaseapi.h". */
#ifndef _APISECUREBASE_
#define _APISECUREBASE_

#include <minwindef.h>
#include <winnt.h>

PORTICO_BEGIN_DECLS

/* TRUE: no thread ever acts for somebody else. ("RevertToSelf function") */
WINBASEAPI BOOL WINAPI RevertToSelf(VOID);

/* Security descriptors and access lists as data. Nothing applies them: what a process makes can be
 * reached by the processes of its user, as the host has it. */

/* An empty descriptor in the absolute form. dwRevision: SECURITY_DESCRIPTOR_REVISION;
 * ERROR_UNKNOWN_REVISION, ERROR_NOACCESS. ("InitializeSecurityDescriptor function") */
WINBASEAPI BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor,
                                                    DWORD dwRevision);

/* Is it a descriptor of a known revision? The last error stays.
 * ("IsValidSecurityDescriptor function") */
WINBASEAPI BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor);

/* Refers to the list, which is not copied; NULL: everybody may do everything. Without
 * bDaclPresent there is none. ERROR_UNKNOWN_REVISION, ERROR_INVALID_SECURITY_DESCR (the
 * self-relative form). ("SetSecurityDescriptorDacl function") */
WINBASEAPI BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
                                                 BOOL bDaclPresent, PACL pDacl,
                                                 BOOL bDaclDefaulted);

/* Without a list only *lpbDaclPresent is set. ERROR_UNKNOWN_REVISION, ERROR_NOACCESS.
 * ("GetSecurityDescriptorDacl function") */
WINBASEAPI BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
                                                 LPBOOL lpbDaclPresent, PACL *pDacl,
                                                 LPBOOL lpbDaclDefaulted);

/* An empty list in nAclLength bytes. ERROR_INSUFFICIENT_BUFFER: too few for its head;
 * ERROR_INVALID_PARAMETER: more than 65,535, or a revision that there is not;
 * ERROR_NOACCESS. ("InitializeAcl function") */
WINBASEAPI BOOL WINAPI InitializeAcl(PACL pAcl, DWORD nAclLength, DWORD dwAclRevision);

PORTICO_END_DECLS

#endif
