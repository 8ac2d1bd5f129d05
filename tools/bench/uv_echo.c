/* TCP echo on libuv: a loop and a listener a thread, one buffer a loop; what was read is sent back
 * at once with uv_try_write, libuv's shortest way. A short write ends the program (see
 * epoll_echo.c). SIZE 0: connections are closed as soon as they are accepted.
 *
 *   uv_echo THREADS SIZE */
#include "echo_listen.h"
#include <uv.h>

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    char *data;
};

static size_t data_size;

static void ended(uv_handle_t *handle)
{
    free(handle);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct server *s = handle->loop->data;
    (void)suggested;
    *buffer = uv_buf_init(s->data, (unsigned)data_size);
}

static void echo(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    uv_buf_t reply = uv_buf_init(buffer->base, got > 0 ? (unsigned)got : 0);
    int sent;
    if (got == 0)
        return;
    if (got < 0) {
        uv_close((uv_handle_t *)stream, ended);
        return;
    }
    sent = uv_try_write(stream, &reply, 1);
    if (sent != got && sent != UV_EPIPE && sent != UV_ECONNRESET) {
        fprintf(stderr, "uv_echo: uv_try_write: %d\n", sent);
        exit(1);
    }
}

static void accepted(uv_stream_t *listener, int status)
{
    uv_tcp_t *client = malloc(sizeof *client);
    if (status < 0 || !client || uv_tcp_init(listener->loop, client) != 0 ||
        uv_accept(listener, (uv_stream_t *)client) != 0) {
        fprintf(stderr, "uv_echo: accept: %d\n", status);
        exit(1);
    }
    if (data_size == 0) {
        uv_close((uv_handle_t *)client, ended);
        return;
    }
    uv_tcp_nodelay(client, 1);
    uv_read_start((uv_stream_t *)client, give_buffer, echo);
}

static void serve(void *server)
{
    struct server *s = server;
    uv_run(&s->loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2, tcp_port = 0;
    uv_thread_t thread;
    data_size = argc > 2 ? (size_t)atoi(argv[2]) : 64;
    while (threads-- > 0) {
        struct server *s = calloc(1, sizeof *s);
        int fd = echo_open(&tcp_port, SOCK_STREAM | SOCK_NONBLOCK);
        s->data = malloc(data_size);
        uv_loop_init(&s->loop);
        s->loop.data = s;
        uv_tcp_init(&s->loop, &s->listener);
        if (uv_tcp_open(&s->listener, fd) != 0 ||
            uv_listen((uv_stream_t *)&s->listener, 4096, accepted) != 0 ||
            uv_thread_create(&thread, serve, s) != 0)
            echo_die("uv_listen");
    }
    echo_ready(tcp_port);
    uv_thread_join(&thread);
}
