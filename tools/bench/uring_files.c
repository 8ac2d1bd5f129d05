/* The same file work as win_files.c on raw liburing: SINGLE_ISSUER and DEFER_TASKRUN, registered
 * file, everything reaped at once is submitted again with one system call.
 *
 *   uring_files cached|direct|write FILE DEPTH SECONDS */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, WRITE_SIZE = 65536, DEPTH_MAX = 128 };

struct slot {
    uint64_t offset;
    char *data;
};

static struct io_uring ring;
static int writing;
static unsigned size;
static uint64_t blocks, state = 88172645463325252u, next_write;

static void require(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void prepare(struct slot *s)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    require(sqe != NULL, "io_uring_get_sqe");
    if (writing) {
        s->offset = next_write++ * WRITE_SIZE % (blocks * BLOCK);
        for (uint64_t i = 0; i < WRITE_SIZE / BLOCK; i++)
            *(uint64_t *)(s->data + i * BLOCK) = s->offset / BLOCK + i;
        io_uring_prep_write(sqe, 0, s->data, size, s->offset);
    } else {
        s->offset = next_random() % blocks * BLOCK;
        io_uring_prep_read(sqe, 0, s->data, size, s->offset);
    }
    sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data(sqe, s);
}

/* Takes what is complete, at least one; how many. */
static unsigned reap(int again)
{
    struct io_uring_cqe *cqe;
    unsigned head, count = 0;
    int result = io_uring_submit_and_wait(&ring, 1);
    require(result >= 0 || result == -EINTR, "io_uring_submit_and_wait");
    io_uring_for_each_cqe(&ring, head, cqe)
    {
        struct slot *s = io_uring_cqe_get_data(cqe);
        require(cqe->res == (int)size && *(uint64_t *)s->data == s->offset / BLOCK,
                "the block that was asked");
        if (again)
            prepare(s);
        count++;
    }
    io_uring_cq_advance(&ring, count);
    return count;
}

int main(int argc, char **argv)
{
    static struct slot slots[DEPTH_MAX];
    int fd, depth;
    if (argc != 5)
        return 2;
    writing = strcmp(argv[1], "write") == 0;
    size = writing ? WRITE_SIZE : BLOCK;
    depth = atoi(argv[3]);
    require(depth > 0 && depth <= DEPTH_MAX, "depth");
    fd = open(argv[2],
              (writing ? O_WRONLY : O_RDONLY) | (strcmp(argv[1], "direct") == 0 ? O_DIRECT : 0));
    require(fd >= 0, argv[2]);
    blocks = (uint64_t)lseek(fd, 0, SEEK_END) / BLOCK;
    require(io_uring_queue_init(256, &ring,
                                IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) == 0 &&
                io_uring_register_files(&ring, &fd, 1) == 0,
            "io_uring");
    double begin = now_s(), end = begin, seconds = atof(argv[4]);
    uint64_t done = 0;
    for (int i = 0; i < depth; i++) {
        require(posix_memalign((void **)&slots[i].data, BLOCK, size) == 0, "memory");
        prepare(&slots[i]);
    }
    for (; end - begin < seconds; end = now_s())
        for (int i = 0; i < 16; i++)
            done += reap(1);
    for (unsigned left = (unsigned)depth; left > 0;) {
        left -= reap(0);
    }
    printf("operations %.6g /s\n", (double)done / (end - begin));
}
