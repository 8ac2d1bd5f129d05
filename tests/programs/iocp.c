/* An ordinary IOCP program: two threads take packets from one port, the main thread posts work and
 * then one stop packet each. Compiled in several ways by the scripts beside this folder. */
#include <windows.h>
#include <stdio.h>

#define WORK 1000
#define THREADS 2

static LONG volatile sum;

static DWORD WINAPI worker(LPVOID port)
{
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED overlapped;
    while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) && key != 0)
        InterlockedExchangeAdd(&sum, (LONG)bytes);
    return 7;
}

int main(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, THREADS);
    HANDLE threads[THREADS];
    DWORD code = 0;
    BOOL closed, again;
    int i;
    for (i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, worker, port, 0, NULL);
    for (i = 1; i <= WORK; i++)
        PostQueuedCompletionStatus(port, (DWORD)i, 1, NULL);
    for (i = 0; i < THREADS; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    if (WaitForMultipleObjects(THREADS, threads, TRUE, 20000) != WAIT_OBJECT_0)
        return 1;
    GetExitCodeThread(threads[0], &code);
    closed = CloseHandle(port);
    again = CloseHandle(port);
    printf("sum %d, code %d, closed %d, again %d, error %d\n", (int)sum, (int)code, (int)closed,
           (int)again, (int)GetLastError());
    return 0;
}
