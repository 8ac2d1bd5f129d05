/* The kinds of file a child process can inherit. */
#include "inherit.h"

static const struct inherit_kind *inherit__kinds[INHERIT_KINDS];

void inherit_serve(enum inherit_number number, const struct inherit_kind *kind)
{
    inherit__kinds[number] = kind;
}

const struct inherit_kind *inherit_kind(uint32_t number)
{
    return number < INHERIT_KINDS ? inherit__kinds[number] : NULL;
}

const struct inherit_kind *inherit_kind_of(const struct file *file, uint32_t *number)
{
    for (*number = 0; *number < INHERIT_KINDS; ++*number) {
        const struct inherit_kind *kind = inherit__kinds[*number];
        if (kind && kind->ops == file->ops && file->fd >= 0)
            return kind;
    }
    return NULL;
}
