/* UDP request and response on libuv: one loop, one socket, one buffer; what was received is sent
 * back at once with uv_udp_try_send, libuv's shortest way.
 *
 *   uv_udp THREADS SIZE (one thread whatever THREADS says) */
#include "echo_listen.h"
#include <uv.h>

static char *data;
static size_t data_size;

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(data, (unsigned)data_size);
}

static void answer(uv_udp_t *socket, ssize_t got, const uv_buf_t *buffer,
                   const struct sockaddr *peer, unsigned flags)
{
    uv_buf_t reply = uv_buf_init(buffer->base, got > 0 ? (unsigned)got : 0);
    (void)flags;
    if (!peer) /* the socket is empty */
        return;
    if (got < 0 || uv_udp_try_send(socket, &reply, 1, peer) != got) {
        fprintf(stderr, "uv_udp: %zd\n", got);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    int udp_port = 0, fd = echo_open(&udp_port, SOCK_DGRAM | SOCK_NONBLOCK);
    uv_udp_t socket;
    data_size = argc > 2 ? (size_t)atoi(argv[2]) : 64;
    data = malloc(data_size);
    uv_udp_init(uv_default_loop(), &socket);
    if (uv_udp_open(&socket, fd) != 0 || uv_udp_recv_start(&socket, give_buffer, answer) != 0)
        echo_die("uv_udp_recv_start");
    echo_ready(udp_port);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
