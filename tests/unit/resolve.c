/* Name resolution against a host that the test plays: its getaddrinfo and its interfaces. */
#define WIN32_LEAN_AND_MEAN
#include "portico_test.h"

#include "resolve.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <winerror.h>

enum { RESULTS_MAX = 4 };

static struct {
    const char *addresses[RESULTS_MAX]; /* what every name has; ends with NULL */
    const char *interface;              /* the host's only address */
    char asked[256];                    /* the name that was looked up last */
} host;

static struct addrinfo *host_entry(const char *text)
{
    int six = strchr(text, ':') != NULL;
    struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in6));
    struct sockaddr *address = (struct sockaddr *)(info + 1);
    address->sa_family = six ? AF_INET6 : AF_INET;
    assert_int_equal(inet_pton(address->sa_family, text,
                               six ? (void *)&((struct sockaddr_in6 *)address)->sin6_addr
                                   : (void *)&((struct sockaddr_in *)address)->sin_addr),
                     1);
    info->ai_family = address->sa_family;
    info->ai_addrlen = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    info->ai_addr = address;
    return info;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    struct addrinfo **end = found;
    (void)service;
    snprintf(host.asked, sizeof host.asked, "%s", node ? node : "");
    *found = NULL;
    for (int i = 0; host.addresses[i]; i++) {
        struct addrinfo *info = host_entry(host.addresses[i]);
        if (hints->ai_family && hints->ai_family != info->ai_family) {
            free(info);
            continue;
        }
        *end = info;
        end = &info->ai_next;
    }
    return *found ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *info)
{
    while (info) {
        struct addrinfo *next = info->ai_next;
        free(info);
        info = next;
    }
}

int getifaddrs(struct ifaddrs **list)
{
    struct addrinfo *address = host_entry(host.interface);
    *list = calloc(1, sizeof **list);
    (*list)->ifa_name = (char *)"test0";
    (*list)->ifa_addr = address->ai_addr;
    (*list)->ifa_data = address;
    return 0;
}

void freeifaddrs(struct ifaddrs *list)
{
    free(list->ifa_data);
    free(list);
}

struct seen {
    int four, six;
};

static int count_result(void *context, const struct resolved *resolved)
{
    struct seen *seen = context;
    if (resolved->family == 23) /* Windows' AF_INET6 */
        seen->six++;
    else
        seen->four++;
    return 1;
}

static uint32_t look_up(const char *name, int family, int flags, struct seen *seen)
{
    struct resolve_hints hints = {.flags = flags, .family = family};
    *seen = (struct seen){0, 0};
    return resolve_name(name, NULL, &hints, count_result, seen);
}

/* SOCK-400 */
static void a_host_without_global_ipv6_is_given_no_global_ipv6(void **state)
{
    static const char *const local[] = {"10.0.0.1", "::1", "fe80::1"};
    struct seen seen;
    (void)state;
    memcpy(host.addresses, (const char *[]){"192.0.2.1", "2001:db8::1", NULL},
           3 * sizeof host.addresses[0]);
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        host.interface = local[i];
        assert_int_equal(look_up("both.example", 0, 0, &seen), 0);
        assert_int_equal(seen.four, 1);
        assert_int_equal(seen.six, 0);
        assert_int_equal(look_up("both.example", 23, 0, &seen), WSANO_DATA);
        assert_int_equal(seen.six, 0);
    }
    host.interface = "2001:db8::2";
    assert_int_equal(look_up("both.example", 0, 0, &seen), 0);
    assert_int_equal(seen.four + seen.six, 2);
    assert_int_equal(look_up("both.example", 23, 0, &seen), 0);
    assert_int_equal(seen.six, 1);
}

/* SOCK-400 */
static void addresses_that_need_no_network_stay(void **state)
{
    struct seen seen;
    (void)state;
    host.interface = "10.0.0.1";
    memcpy(host.addresses, (const char *[]){"::1", "127.0.0.1", NULL},
           3 * sizeof host.addresses[0]);
    assert_int_equal(look_up("localhost", 0, 0, &seen), 0);
    assert_int_equal(seen.four + seen.six, 2);
    memcpy(host.addresses, (const char *[]){"2001:db8::1", NULL}, 2 * sizeof host.addresses[0]);
    assert_int_equal(look_up("2001:db8::1", 0, 0, &seen), 0);
    assert_int_equal(look_up("[2001:db8::1]:80", 0, 0, &seen), 0);
    assert_int_equal(seen.six, 1);
    assert_string_equal(host.asked, "2001:db8::1");
}

/* SOCK-402 */
static void an_international_name_is_asked_for_in_punycode(void **state)
{
    static const struct {
        const char *name, *asked;
    } cases[] = {
        {"b\u00fccher.example", "xn--bcher-kva.example"},
        {"B\u00dcCHER.Example", "xn--bcher-kva.example"},
        {"\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah"},
        {"pro\u010dprost\u011bnemluv\u00ed\u010desky", "xn--proprostnemluvesky-uyb24dma41a"},
        {"\U0001F600.la", "xn--e28h.la"},
        {"plain.Example", "plain.Example"},
    };
    enum { AI_DISABLE_IDN_ENCODING = 0x80000 };
    struct seen seen;
    char endless[512];
    (void)state;
    host.interface = "10.0.0.1";
    memcpy(host.addresses, (const char *[]){"192.0.2.1", NULL}, 2 * sizeof host.addresses[0]);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(look_up(cases[i].name, 0, 0, &seen), 0);
        assert_string_equal(host.asked, cases[i].asked);
        assert_int_equal(look_up(cases[i].name, 0, AI_DISABLE_IDN_ENCODING, &seen), 0);
        assert_string_equal(host.asked, cases[i].name);
    }
    assert_int_equal(look_up("b\xfc"
                             "cher.example",
                             0, 0, &seen),
                     WSAHOST_NOT_FOUND);
    memset(endless, 'a', sizeof endless);
    memcpy(endless, "\u00fc", 2);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(look_up(endless, 0, 0, &seen), WSAHOST_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_without_global_ipv6_is_given_no_global_ipv6),
        cmocka_unit_test(addresses_that_need_no_network_stay),
        cmocka_unit_test(an_international_name_is_asked_for_in_punycode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
