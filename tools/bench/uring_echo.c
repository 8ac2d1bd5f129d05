/* TCP echo on raw liburing at its best, the limit the others are held against: each thread its own
 * ring (SINGLE_ISSUER, DEFER_TASKRUN) and listener, multishot accept, multishot receive into a ring
 * of provided buffers, sends straight from them; one system call submits and reaps.
 *
 *   uring_echo THREADS SIZE */
#include "echo_listen.h"
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SUBMISSIONS = 4096, COMPLETIONS = 32768, GROUP = 0 };
enum operation { ACCEPTED, RECEIVED, SENT };

struct server {
    struct io_uring ring;
    struct io_uring_buf_ring *pool;
    char *data;
    unsigned buffers; /* a power of two */
    int listener;
};

static size_t data_size;

static char *buffer_at(struct server *s, unsigned id)
{
    return s->data + (size_t)id * data_size;
}

static void give_back(struct server *s, unsigned id)
{
    io_uring_buf_ring_add(s->pool, buffer_at(s, id), (unsigned)data_size, (unsigned short)id,
                          io_uring_buf_ring_mask(s->buffers), 0);
    io_uring_buf_ring_advance(s->pool, 1);
}

/* A free submission entry; what waits is submitted first if there is none. */
static struct io_uring_sqe *entry(struct server *s)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&s->ring);
    if (!sqe) {
        io_uring_submit(&s->ring);
        sqe = io_uring_get_sqe(&s->ring);
    }
    if (!sqe)
        echo_die("io_uring_get_sqe");
    return sqe;
}

static void tag(struct io_uring_sqe *sqe, enum operation operation, int fd, unsigned id)
{
    sqe->user_data = (uint64_t)operation << 48 | (uint64_t)id << 32 | (unsigned)fd;
}

static void start_accept(struct server *s)
{
    struct io_uring_sqe *sqe = entry(s);
    io_uring_prep_multishot_accept(sqe, s->listener, NULL, NULL, 0);
    tag(sqe, ACCEPTED, s->listener, 0);
}

static void start_receive(struct server *s, int fd)
{
    struct io_uring_sqe *sqe = entry(s);
    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
    tag(sqe, RECEIVED, fd, 0);
}

static void start_send(struct server *s, int fd, unsigned id, size_t size)
{
    struct io_uring_sqe *sqe = entry(s);
    io_uring_prep_send(sqe, fd, buffer_at(s, id), size, MSG_WAITALL | MSG_NOSIGNAL);
    tag(sqe, SENT, fd, id);
}

static void received(struct server *s, int fd, struct io_uring_cqe *cqe)
{
    if (cqe->res > 0) {
        start_send(s, fd, cqe->flags >> IORING_CQE_BUFFER_SHIFT, (size_t)cqe->res);
        if (!(cqe->flags & IORING_CQE_F_MORE))
            start_receive(s, fd);
    } else if (cqe->res == -ENOBUFS) {
        start_receive(s, fd);
    } else {
        close(fd);
    }
}

static void completed(struct server *s, struct io_uring_cqe *cqe)
{
    int fd = (int)(uint32_t)cqe->user_data;
    switch ((enum operation)(cqe->user_data >> 48)) {
    case ACCEPTED:
        if (cqe->res >= 0) {
            echo_nodelay(cqe->res);
            start_receive(s, cqe->res);
        }
        if (!(cqe->flags & IORING_CQE_F_MORE))
            start_accept(s);
        break;
    case RECEIVED:
        received(s, fd, cqe);
        break;
    case SENT:
        give_back(s, (unsigned)(cqe->user_data >> 32) & 0xffff);
        break;
    }
}

static void make_pool(struct server *s)
{
    struct io_uring_buf_reg reg = {.bgid = GROUP};
    s->buffers = data_size > 1024 ? 1024 : 16384;
    s->data = malloc(s->buffers * data_size);
    s->pool = mmap(NULL, s->buffers * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                   MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    reg.ring_addr = (uintptr_t)s->pool;
    reg.ring_entries = s->buffers;
    if (!s->data || s->pool == MAP_FAILED || io_uring_register_buf_ring(&s->ring, &reg, 0) != 0)
        echo_die("buffers");
    io_uring_buf_ring_init(s->pool);
    for (unsigned i = 0; i < s->buffers; i++)
        give_back(s, i);
}

static void *serve(void *listener_fd)
{
    struct server s = {.listener = (int)(intptr_t)listener_fd};
    struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                              IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                     .cq_entries = COMPLETIONS};
    if ((errno = -io_uring_queue_init_params(SUBMISSIONS, &s.ring, &params)) != 0)
        echo_die("io_uring_queue_init_params");
    make_pool(&s);
    start_accept(&s);
    for (;;) {
        struct io_uring_cqe *cqe;
        unsigned head, count = 0;
        int result = io_uring_submit_and_wait(&s.ring, 1);
        if (result < 0 && result != -EINTR)
            echo_die("io_uring_submit_and_wait");
        io_uring_for_each_cqe(&s.ring, head, cqe)
        {
            completed(&s, cqe);
            count++;
        }
        io_uring_cq_advance(&s.ring, count);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1, tcp_port = 0;
    pthread_t thread;
    data_size = argc > 2 ? (size_t)atoi(argv[2]) : 64;
    while (threads-- > 0) {
        int listener = echo_open(&tcp_port, SOCK_STREAM);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener) != 0)
            echo_die("pthread_create");
    }
    echo_ready(tcp_port);
    pthread_join(thread, NULL);
}
