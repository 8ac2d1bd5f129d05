/* Facts about a connection. */
#include "tcp_info.h"

#include "wsastatus.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <time.h>
#include <sys/socket.h>
#include <winerror.h>

/* The host's states from TCP_ESTABLISHED = 1 on, as TCPSTATE. */
static const int32_t tcp__states[] = {0, 4, 2, 3, 5, 6, 10, 0, 7, 8, 1, 9};

NTSTATUS tcp_info_get(struct socket *socket, struct windows_tcp_info *info)
{
    struct tcp_info host = {0};
    struct timespec now;
    socklen_t size = sizeof host;
    if (socket->type != SOCK_STREAM || socket->family == W_AF_UNIX)
        return STATUS_WSA(WSAEOPNOTSUPP);
    if (getsockopt(socket->file.fd, IPPROTO_TCP, TCP_INFO, &host, &size) < 0)
        return status_from_call(errno);
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    *info = (struct windows_tcp_info){
        .state = host.tcpi_state < sizeof tcp__states / sizeof tcp__states[0]
                     ? tcp__states[host.tcpi_state]
                     : 0,
        .mss = host.tcpi_snd_mss,
        .connection_time_ms =
            socket->connected ? (uint64_t)(now.tv_sec - socket->connected_at_s) * 1000 : 0,
        .timestamps_enabled = host.tcpi_options & TCPI_OPT_TIMESTAMPS ? 1 : 0,
        .rtt_us = host.tcpi_rtt,
        .min_rtt_us = host.tcpi_min_rtt,
        .bytes_in_flight = host.tcpi_unacked * host.tcpi_snd_mss,
        .cwnd = host.tcpi_snd_cwnd * host.tcpi_snd_mss,
        .send_window = host.tcpi_snd_wnd,
        .receive_window = host.tcpi_rcv_space,
        .receive_buffer = host.tcpi_rcv_space,
        .bytes_out = host.tcpi_bytes_acked,
        .bytes_in = host.tcpi_bytes_received,
        .bytes_reordered = host.tcpi_reord_seen * host.tcpi_snd_mss,
        .bytes_retransmitted = (uint32_t)host.tcpi_bytes_retrans,
        .fast_retransmits = host.tcpi_total_retrans,
        .duplicate_acks_in = host.tcpi_dsack_dups,
    };
    return STATUS_SUCCESS;
}
