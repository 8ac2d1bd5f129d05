/* Names of pipes and mailslots that are no ordinary words, in this process and in another. */
#include "processes.h"

#include <wchar.h>

struct name_case {
    const wchar_t *name; /* what follows the prefix */
    DWORD error;         /* of creating it; 0: it is a name */
};

static const struct name_case cases[] = {
    {L"plain", 0},
    {L"a\\b\\c", 0},
    {L"a/b", 0},
    {L"a\\..\\b", 0},
    {L"a.b.c", 0},
    {L".hidden", 0},
    {L"%00%2F~", 0},
    {L"tab\tand\nline", 0},
    {L"\xD800", 0},
    {L"lone \xDFFF low", 0},
    {L"\xDC80\xDCFF", 0},
    {L"pair \xD83D\xDE00", 0},
    {L"\xFFFF\xFFFE", 0},
    {L"", ERROR_INVALID_NAME},
    {L"..", ERROR_INVALID_NAME},
    {L"..\\..\\etc\\passwd", ERROR_INVALID_NAME},
};

static wchar_t path[600];

static HANDLE create(int mailslot)
{
    return mailslot ? CreateMailslotW(path, 0, 0, NULL)
                    : CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX, 0, 1, 1024, 1024, 0, NULL);
}

static HANDLE open_it(void)
{
    return CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static int opens_it(const char *unused)
{
    (void)unused;
    return open_it() == INVALID_HANDLE_VALUE;
}

static void set_path(int mailslot, const wchar_t *name)
{
    swprintf(path, sizeof path / sizeof path[0], L"%ls",
             mailslot ? L"\\\\.\\mailslot\\" : L"\\\\.\\pipe\\");
    wcscat(path, name);
}

/* The name works as created, and nobody else answers to it. */
static void is_a_name(int mailslot)
{
    HANDLE made = create(mailslot), opened;
    assert_ptr_not_equal(made, INVALID_HANDLE_VALUE);
    if (mailslot) {
        opened = open_it();
        assert_ptr_not_equal(opened, INVALID_HANDLE_VALUE);
        assert_win32(CloseHandle(opened));
    }
    assert_exits_well(other_process(opens_it, ""));
    assert_win32(CloseHandle(made));
    assert_ptr_equal(open_it(), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static void is_no_name(int mailslot, DWORD error)
{
    SetLastError(LAST_ERROR_SENTINEL);
    assert_ptr_equal(create(mailslot), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
    assert_ptr_equal(open_it(), INVALID_HANDLE_VALUE);
}

/* PIPE-004 PIPE-156 */
static void odd_names_work_everywhere_or_nowhere(void **state)
{
    (void)state;
    for (int mailslot = 0; mailslot < 2; mailslot++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            set_path(mailslot, cases[i].name);
            if (cases[i].error)
                is_no_name(mailslot, cases[i].error);
            else
                is_a_name(mailslot);
        }
}

/* No row: two that cannot be written down are still two. */
static void lone_surrogates_are_told_apart(void **state)
{
    HANDLE made;
    (void)state;
    for (int mailslot = 0; mailslot < 2; mailslot++) {
        set_path(mailslot, L"\xD800");
        made = create(mailslot);
        assert_ptr_not_equal(made, INVALID_HANDLE_VALUE);
        set_path(mailslot, L"\xD801");
        assert_ptr_equal(open_it(), INVALID_HANDLE_VALUE);
        assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
        assert_win32(CloseHandle(made));
    }
}

/* PIPE-005 */
static void three_hundred_characters_are_too_many(void **state)
{
    wchar_t name[301] = {0};
    (void)state;
    for (int i = 0; i < 300; i++)
        name[i] = L'x';
    for (int mailslot = 0; mailslot < 2; mailslot++) {
        set_path(mailslot, name);
        is_no_name(mailslot, ERROR_INVALID_NAME);
        path[240] = 0;
        is_a_name(mailslot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_names_work_everywhere_or_nowhere),
        cmocka_unit_test(lone_surrogates_are_told_apart),
        cmocka_unit_test(three_hundred_characters_are_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
