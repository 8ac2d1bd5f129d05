/* The texts of FormatMessage's system messages. */
#ifndef PORTICO_MESSAGES_H
#define PORTICO_MESSAGES_H

#include <stdint.h>

/* The English text of a Win32 or Winsock error, without an end of line; NULL if there is none. */
const char *message_text(uint32_t code);

#endif
