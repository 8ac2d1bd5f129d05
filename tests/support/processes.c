#include "processes.h"

#include <afunix.h>
#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int test_is_child;

/* AddressSanitizer asks it. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return test_is_child;
}

pid_t other_process(int (*role)(const char *name), const char *name)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        test_is_child = 1;
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails does not end its children */
        _exit(role(name));
    }
    return child;
}

void assert_exits_well(pid_t child)
{
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

void kill_process(pid_t child)
{
    int status;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static int find_socket(const char *path, char *found, size_t size)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    char prefix[16];
    int there = 0;
    sprintf(prefix, "%d-", (int)getppid());
    while (directory && (entry = readdir(directory)) != NULL)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            snprintf(found, size, "%.70s/%.32s", path, entry->d_name);
            there = 1;
        }
    if (directory)
        closedir(directory);
    return there;
}

SOCKET connect_to_parent(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static const char *const shared[] = {"/dev/shm", "/tmp"};
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[80];
    WSADATA data;
    SOCKET fd;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        _exit(89);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(path, sizeof path, "%s/portico", runtime ? runtime : "");
    for (int i = 0; !find_socket(path, address.sun_path, sizeof address.sun_path); i++) {
        if (i == 2)
            _exit(90);
        sprintf(path, "%s/portico-%u", shared[i], (unsigned)geteuid());
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        _exit(91);
    return fd;
}

struct test_hello test_hello_of(unsigned kind, unsigned question, const char *name)
{
    struct test_hello hello = {.magic = 0x31435450, .words = {question, 3, 0}, .kind = kind};
    for (; *name; name++)
        hello.text[hello.length++] =
            (unsigned short)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name);
    return hello;
}
