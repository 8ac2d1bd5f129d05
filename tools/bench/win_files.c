/* Overlapped file I/O from one thread through one port, one call an operation: 4 KiB random reads
 * (cached, or past the cache with FILE_FLAG_NO_BUFFERING) or 64 KiB sequential writes, DEPTH in
 * flight. Every 4 KiB block of the file opens with its own number; each read is checked for it.
 *
 *   win_files cached|direct|write FILE DEPTH SECONDS */
#include "win_report.h"
#include <string.h>

enum { BLOCK = 4096, WRITE_SIZE = 65536, DEPTH_MAX = 128 };

struct slot {
    OVERLAPPED overlapped; /* first: a completion's OVERLAPPED is the slot */
    char *data;
};

static HANDLE file, port;
static BOOL writing;
static DWORD size;
static unsigned long long blocks, state = 88172645463325252ull, next_write;

static unsigned long long next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void start(struct slot *s)
{
    unsigned long long offset =
        writing ? next_write++ * WRITE_SIZE % (blocks * BLOCK) : next_random() % blocks * BLOCK;
    BOOL ok;
    memset(&s->overlapped, 0, sizeof s->overlapped);
    s->overlapped.Offset = (DWORD)offset;
    s->overlapped.OffsetHigh = (DWORD)(offset >> 32);
    if (writing) {
        unsigned long long i;
        for (i = 0; i < WRITE_SIZE / BLOCK; i++)
            *(unsigned long long *)(s->data + i * BLOCK) = offset / BLOCK + i;
        ok = WriteFile(file, s->data, size, NULL, &s->overlapped);
    } else {
        ok = ReadFile(file, s->data, size, NULL, &s->overlapped);
    }
    require(ok || GetLastError() == ERROR_IO_PENDING, "ReadFile or WriteFile");
}

static void finish_one(BOOL again)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    struct slot *s;
    unsigned long long block;
    require(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE), "completion");
    s = (struct slot *)overlapped;
    block = ((unsigned long long)overlapped->OffsetHigh << 32 | overlapped->Offset) / BLOCK;
    require(bytes == size && *(unsigned long long *)s->data == block, "the block that was asked");
    if (again)
        start(s);
}

static void open_file(const char *mode, const char *path)
{
    LARGE_INTEGER length;
    DWORD flags = FILE_FLAG_OVERLAPPED;
    if (strcmp(mode, "direct") == 0)
        flags |= FILE_FLAG_NO_BUFFERING;
    file = CreateFileA(path, writing ? GENERIC_WRITE : GENERIC_READ, FILE_SHARE_READ, NULL,
                       OPEN_EXISTING, flags, NULL);
    require(file != INVALID_HANDLE_VALUE && GetFileSizeEx(file, &length), path);
    port = CreateIoCompletionPort(file, NULL, 0, 1);
    require(port != NULL, "CreateIoCompletionPort");
    blocks = (unsigned long long)length.QuadPart / BLOCK;
}

int main(int argc, char **argv)
{
    static struct slot slots[DEPTH_MAX];
    unsigned long long done = 0;
    double seconds, begin, end;
    int depth, i;
    if (argc != 5)
        return 2;
    writing = strcmp(argv[1], "write") == 0;
    size = writing ? WRITE_SIZE : BLOCK;
    depth = atoi(argv[3]);
    seconds = atof(argv[4]);
    require(depth > 0 && depth <= DEPTH_MAX, "depth");
    open_file(argv[1], argv[2]);
    for (i = 0; i < depth; i++) {
        slots[i].data = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        require(slots[i].data != NULL, "VirtualAlloc");
    }
    begin = end = now_s();
    for (i = 0; i < depth; i++)
        start(&slots[i]);
    for (; end - begin < seconds; end = now_s())
        for (i = 0; i < 64; i++, done++)
            finish_one(TRUE);
    for (i = 0; i < depth; i++)
        finish_one(FALSE);
    report("operations", (double)done / (end - begin), "/s");
    return 0;
}
