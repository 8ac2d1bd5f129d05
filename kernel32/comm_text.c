/* Device-control texts (BuildCommDCB): the two forms of the `mode` command, behind an optional name
 * of a port. "baud=9600 parity=n" names what it sets; "9600,n,8,1,x" goes by place. */
#include "comm_text.h"

#include "comm.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TIMEOUT_ON_MS = 60000, WORD_MAX = 32 };

/* What is parsed so far. */
struct settings {
    DCB dcb;
    COMMTIMEOUTS timeouts;
};

/* A word and what it stands for. */
struct choice {
    const char *word;
    DWORD value;
};

static bool choice__find(const struct choice *choices, const char *word, DWORD *value)
{
    for (; choices->word; choices++)
        if (strcasecmp(choices->word, word) == 0) {
            *value = choices->value;
            return true;
        }
    return false;
}

/* ---- single values ---- */

static bool text__number(const char *word, DWORD *value)
{
    char *end;
    unsigned long long number;
    if (*word < '0' || *word > '9')
        return false;
    number = strtoull(word, &end, 10);
    *value = (DWORD)number;
    return !*end && number <= MAXDWORD;
}

static bool text__baud(const char *word, struct settings *settings)
{
    static const struct choice codes[] = {
        {"11", 110},  {"15", 150},  {"30", 300},  {"60", 600},   {"12", 1200},
        {"24", 2400}, {"48", 4800}, {"96", 9600}, {"19", 19200}, {NULL, 0},
    };
    return choice__find(codes, word, &settings->dcb.BaudRate) ||
           text__number(word, &settings->dcb.BaudRate);
}

static bool text__parity(const char *word, struct settings *settings)
{
    static const struct choice parities[] = {
        {"n", NOPARITY},   {"o", ODDPARITY},   {"e", EVENPARITY},
        {"m", MARKPARITY}, {"s", SPACEPARITY}, {NULL, 0},
    };
    DWORD parity;
    if (!choice__find(parities, word, &parity))
        return false;
    settings->dcb.Parity = (BYTE)parity;
    return true;
}

static bool text__data(const char *word, struct settings *settings)
{
    DWORD bits;
    if (!text__number(word, &bits) || bits < 5 || bits > 8)
        return false;
    settings->dcb.ByteSize = (BYTE)bits;
    return true;
}

static bool text__stop(const char *word, struct settings *settings)
{
    static const struct choice stops[] = {
        {"1", ONESTOPBIT}, {"1.5", ONE5STOPBITS}, {"2", TWOSTOPBITS}, {NULL, 0}};
    DWORD stop;
    if (!choice__find(stops, word, &stop))
        return false;
    settings->dcb.StopBits = (BYTE)stop;
    return true;
}

static const struct choice text__switches[] = {{"off", 0}, {"on", 1}, {NULL, 0}};

static bool text__timeout(const char *word, struct settings *settings)
{
    DWORD on;
    if (!choice__find(text__switches, word, &on))
        return false;
    settings->timeouts = (COMMTIMEOUTS){.WriteTotalTimeoutConstant = on ? TIMEOUT_ON_MS : 0};
    return true;
}

static bool text__xon(const char *word, struct settings *settings)
{
    DWORD on;
    if (!choice__find(text__switches, word, &on))
        return false;
    settings->dcb.fInX = settings->dcb.fOutX = on & 1;
    return true;
}

static bool text__odsr(const char *word, struct settings *settings)
{
    DWORD on;
    if (!choice__find(text__switches, word, &on))
        return false;
    settings->dcb.fOutxDsrFlow = on & 1;
    return true;
}

static bool text__octs(const char *word, struct settings *settings)
{
    DWORD on;
    if (!choice__find(text__switches, word, &on))
        return false;
    settings->dcb.fOutxCtsFlow = on & 1;
    return true;
}

static bool text__idsr(const char *word, struct settings *settings)
{
    DWORD on;
    if (!choice__find(text__switches, word, &on))
        return false;
    settings->dcb.fDsrSensitivity = on & 1;
    return true;
}

static bool text__dtr(const char *word, struct settings *settings)
{
    static const struct choice controls[] = {{"off", DTR_CONTROL_DISABLE},
                                             {"on", DTR_CONTROL_ENABLE},
                                             {"hs", DTR_CONTROL_HANDSHAKE},
                                             {NULL, 0}};
    DWORD control;
    if (!choice__find(controls, word, &control))
        return false;
    settings->dcb.fDtrControl = control & 3;
    return true;
}

static bool text__rts(const char *word, struct settings *settings)
{
    static const struct choice controls[] = {{"off", RTS_CONTROL_DISABLE},
                                             {"on", RTS_CONTROL_ENABLE},
                                             {"hs", RTS_CONTROL_HANDSHAKE},
                                             {"tg", RTS_CONTROL_TOGGLE},
                                             {NULL, 0}};
    DWORD control;
    if (!choice__find(controls, word, &control))
        return false;
    settings->dcb.fRtsControl = control & 3;
    return true;
}

/* ---- the form with names ---- */

static const struct {
    const char *name;
    bool (*parse)(const char *word, struct settings *settings);
} text__names[] = {
    {"baud=", text__baud},  {"parity=", text__parity}, {"data=", text__data}, {"stop=", text__stop},
    {"to=", text__timeout}, {"xon=", text__xon},       {"odsr=", text__odsr}, {"octs=", text__octs},
    {"dtr=", text__dtr},    {"rts=", text__rts},       {"idsr=", text__idsr},
};

static bool text__named(const char *word, struct settings *settings)
{
    for (size_t i = 0; i < sizeof text__names / sizeof text__names[0]; i++) {
        size_t length = strlen(text__names[i].name);
        if (strncasecmp(word, text__names[i].name, length) == 0)
            return text__names[i].parse(word + length, settings);
    }
    return false;
}

/* Copies what stands before any of `ends` to `word`; returns what follows it, NULL if it is too
 * long. */
static const char *text__word(const char *text, const char *ends, char word[WORD_MAX])
{
    size_t length = strcspn(text, ends);
    if (length >= WORD_MAX)
        return NULL;
    memcpy(word, text, length);
    word[length] = '\0';
    return text + length;
}

static bool text__parse_names(const char *text, struct settings *settings)
{
    char word[WORD_MAX];
    settings->dcb.StopBits = ONESTOPBIT; /* unless the text says otherwise */
    while (*text) {
        text = text__word(text, " ", word);
        if (!text || !text__named(word, settings))
            return false;
        text += strspn(text, " ");
    }
    return true;
}

/* ---- the form by place ---- */

/* The last word decides on all flow control. */
static bool text__flow(const char *word, struct settings *settings)
{
    bool xon = strcasecmp(word, "x") == 0, lines = strcasecmp(word, "p") == 0;
    DCB *dcb = &settings->dcb;
    dcb->fInX = dcb->fOutX = xon;
    dcb->fOutxCtsFlow = dcb->fOutxDsrFlow = lines;
    dcb->fDtrControl = lines ? DTR_CONTROL_HANDSHAKE : DTR_CONTROL_ENABLE;
    dcb->fRtsControl = lines ? RTS_CONTROL_HANDSHAKE : RTS_CONTROL_ENABLE;
    return xon || lines || !*word;
}

static bool text__parse_places(const char *text, struct settings *settings)
{
    static bool (*const places[])(const char *, struct settings *) = {
        text__baud, text__parity, text__data, text__stop, text__flow};
    const size_t count = sizeof places / sizeof places[0];
    char word[WORD_MAX];
    text__flow("", settings);
    for (size_t i = 0; i < count; i++) {
        text = text__word(text, " ,", word);
        if (!text || !*word || !places[i](word, settings))
            return false;
        text += strspn(text, " ");
        if (!*text)
            return true;
        if (*text != ',')
            return false;
        text++;
        text += strspn(text, " ");
    }
    return false;
}

/* ---- the whole ---- */

/* What follows the name of a port; NULL: there is no such port. */
static const char *text__skip_port(const char *text)
{
    char word[WORD_MAX];
    const char *rest = text__word(text, " :", word), *colon;
    char *path;
    if (strncasecmp(text, "COM", 3) != 0)
        return text;
    colon = rest ? rest + strspn(rest, " ") : NULL;
    if (!colon || *colon != ':' || comm_path(comm_number(word), &path) != STATUS_SUCCESS)
        return NULL;
    free(path);
    return colon + 1 + strspn(colon + 1, " ");
}

NTSTATUS comm_text_parse(const char *text, DCB *dcb, COMMTIMEOUTS *timeouts)
{
    struct settings settings = {.dcb = *dcb};
    bool valid;
    if (timeouts)
        settings.timeouts = *timeouts;
    text = text__skip_port(text);
    if (!text || !*text)
        return STATUS_INVALID_PARAMETER;
    valid = strchr(text, '=') ? text__parse_names(text, &settings)
                              : text__parse_places(text, &settings);
    if (!valid)
        return STATUS_INVALID_PARAMETER;
    *dcb = settings.dcb;
    if (timeouts)
        *timeouts = settings.timeouts;
    return STATUS_SUCCESS;
}
