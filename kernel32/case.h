/* Upper and lower case of one UTF-16 unit, the same in every locale. */
#ifndef PORTICO_CASE_H
#define PORTICO_CASE_H

#include <stddef.h>
#include <stdint.h>

uint16_t case_upper(uint16_t c);
uint16_t case_lower(uint16_t c);

/* -1, 0 or 1 by the upper-case units; `count` units at most. */
int case_compare(const wchar_t *a, const wchar_t *b, size_t count);

#endif
