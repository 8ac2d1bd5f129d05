/* The IP helper functions that servers use. Source: Microsoft, "iphlpapi.h". */
#ifndef __IPHLPAPI_H__
#define __IPHLPAPI_H__

#include <iptypes.h>
#include <winsock2.h>

PORTICO_BEGIN_DECLS

/* The adapters of the host with their addresses of a family (AF_UNSPEC: both), each pointing to the
 * next, all inside the buffer of *SizePointer bytes. What the host keeps no account of (DNS
 * servers, gateways, DHCP, link speed) is absent. Returns the error: ERROR_BUFFER_OVERFLOW
 * (*SizePointer is what is needed), ERROR_NO_DATA, ERROR_INVALID_PARAMETER,
 * ERROR_ADDRESS_NOT_ASSOCIATED.
 * ("GetAdaptersAddresses function") */
WINSOCK_API_LINKAGE ULONG WINAPI GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID Reserved,
                                                      PIP_ADAPTER_ADDRESSES AdapterAddresses,
                                                      PULONG SizePointer);

PORTICO_END_DECLS

#endif
