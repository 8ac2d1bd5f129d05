/* Facts about a connection that the host keeps, in Windows' structure. */
#ifndef PORTICO_TCP_INFO_H
#define PORTICO_TCP_INFO_H

#include "socket.h"

/* TCP_INFO_v0. */
struct windows_tcp_info {
    int32_t state; /* TCPSTATE */
    uint32_t mss;
    uint64_t connection_time_ms;
    uint8_t timestamps_enabled;
    uint32_t rtt_us, min_rtt_us;
    uint32_t bytes_in_flight;
    uint32_t cwnd, send_window, receive_window, receive_buffer;
    uint64_t bytes_out, bytes_in;
    uint32_t bytes_reordered, bytes_retransmitted, fast_retransmits, duplicate_acks_in;
    uint32_t timeouts;
    uint8_t syn_retransmits;
};

NTSTATUS tcp_info_get(struct socket *socket, struct windows_tcp_info *info);

#endif
