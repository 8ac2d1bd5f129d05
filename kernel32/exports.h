/* The table of exports, generated from the .spec files: what GetProcAddress finds. */
#ifndef PORTICO_EXPORTS_H
#define PORTICO_EXPORTS_H

struct export_row {
    const char *dll;
    const char *name;
    void (*address)(void);
};

extern const struct export_row export_rows[];
extern const unsigned export_count;

#endif
