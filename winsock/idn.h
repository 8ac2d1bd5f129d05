/* International names: what the domain name system is asked for instead of them. */
#ifndef PORTICO_IDN_H
#define PORTICO_IDN_H

#include <stdbool.h>
#include <stddef.h>

bool idn_is_ascii(const char *text);

/* Each label of a UTF-8 name that is not ASCII in lower case and Punycode ("xn--..."). False: it is
 * no name, or does not fit. */
bool idn_encode(const char *name, char *out, size_t size);

#endif
