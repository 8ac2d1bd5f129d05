/* The older annotations' header: the newer ones include what is needed. */
#ifndef SPECSTRINGS_H
#define SPECSTRINGS_H

#include <sal.h>

#endif
