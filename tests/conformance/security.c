/* Security descriptors and access lists, as programs that make named pipes fill them in. */
#include "pipes.h"

/* "InitializeSecurityDescriptor function", "SetSecurityDescriptorDacl function" */
static void a_descriptor_holds_the_list_it_was_given(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    ACL list, *got = &list;
    BOOL present = 77, defaulted = 77;
    (void)state;
    assert_int_equal(SECURITY_DESCRIPTOR_MIN_LENGTH, 40);
    assert_fails(ERROR_UNKNOWN_REVISION, InitializeSecurityDescriptor(&descriptor, 2));
    assert_fails(ERROR_NOACCESS, InitializeSecurityDescriptor(NULL, SECURITY_DESCRIPTOR_REVISION));
    memset(&descriptor, 0x55, sizeof descriptor);
    assert_false(IsValidSecurityDescriptor(&descriptor));
    assert_fails(ERROR_UNKNOWN_REVISION, SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    assert_win32(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(IsValidSecurityDescriptor(&descriptor));
    assert_win32(GetSecurityDescriptorDacl(&descriptor, &present, &got, &defaulted));
    assert_false(present);
    assert_ptr_equal(got, &list); /* untouched without a list */
    assert_int_equal(defaulted, 77);
    assert_win32(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, TRUE));
    assert_win32(GetSecurityDescriptorDacl(&descriptor, &present, &got, &defaulted));
    assert_true(present);
    assert_null(got);
    assert_true(defaulted);
    assert_win32(SetSecurityDescriptorDacl(&descriptor, TRUE, &list, FALSE));
    assert_win32(GetSecurityDescriptorDacl(&descriptor, &present, &got, &defaulted));
    assert_ptr_equal(got, &list);
    assert_false(defaulted);
    assert_win32(SetSecurityDescriptorDacl(&descriptor, FALSE, NULL, FALSE));
    assert_win32(GetSecurityDescriptorDacl(&descriptor, &present, &got, &defaulted));
    assert_false(present);
    descriptor.Control |= SE_SELF_RELATIVE;
    assert_fails(ERROR_INVALID_SECURITY_DESCR,
                 SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
}

/* "InitializeAcl function" */
static void a_list_begins_empty(void **state)
{
    union {
        ACL list;
        char room[30];
    } u;
    (void)state;
    memset(&u, 0x55, sizeof u);
    assert_fails(ERROR_INSUFFICIENT_BUFFER, InitializeAcl(&u.list, sizeof u.list - 1, 2));
    assert_fails(ERROR_INVALID_PARAMETER, InitializeAcl(&u.list, sizeof u, 1));
    assert_fails(ERROR_INVALID_PARAMETER, InitializeAcl(&u.list, sizeof u, 5));
    assert_fails(ERROR_INVALID_PARAMETER, InitializeAcl(&u.list, 0x10000, ACL_REVISION));
    assert_fails(ERROR_NOACCESS, InitializeAcl(NULL, sizeof u, ACL_REVISION));
    assert_int_equal(u.list.AclRevision, 0x55);
    assert_win32(InitializeAcl(&u.list, 30, ACL_REVISION));
    assert_int_equal(u.list.AclRevision, ACL_REVISION);
    assert_int_equal(u.list.AclSize, 28);
    assert_int_equal(u.list.AceCount, 0);
}

/* A pipe whose maker lets everybody in works as any other. */
static void a_pipe_can_be_made_with_a_descriptor(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    const char *name = pipe_unique_name();
    HANDLE server, client;
    DWORD moved;
    char byte;
    (void)state;
    assert_win32(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_win32(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 64, 64, 0, &attributes);
    assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
    client = pipe_client(name, 0);
    assert_win32(WriteFile(client, "x", 1, &moved, NULL));
    assert_win32(ReadFile(server, &byte, 1, &moved, NULL));
    assert_int_equal(byte, 'x');
    assert_win32(CloseHandle(client));
    assert_win32(CloseHandle(server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_holds_the_list_it_was_given),
        cmocka_unit_test(a_list_begins_empty),
        cmocka_unit_test(a_pipe_can_be_made_with_a_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
