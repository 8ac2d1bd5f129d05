/* Which device COMn is. The environment variable PORTICO_COMn names one. Without it COM1 is
 * /dev/ttyS0 and so on, as far as these are there, and the numbers that are left go to the USB
 * adapters, /dev/ttyUSB* before /dev/ttyACM*. */
#include "comm.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { DEVICE_PATH_BYTES = 300 };

/* paths[n] is COMn's, NULL: it has none. */
struct comm_map {
    char *paths[COMM_NUMBER_MAX + 1];
};

uint32_t comm_number(const char *name)
{
    char *end;
    unsigned long number;
    if (strncasecmp(name, "COM", 3) != 0 || name[3] < '1' || name[3] > '9')
        return 0;
    number = strtoul(name + 3, &end, 10);
    return *end || number > COMM_NUMBER_MAX ? 0 : (uint32_t)number;
}

static void map__add_chosen(struct comm_map *map, uint32_t number)
{
    char variable[32];
    const char *path;
    snprintf(variable, sizeof variable, "PORTICO_COM%u", number);
    path = getenv(variable);
    if (path && *path)
        map->paths[number] = strdup(path);
}

static void map__add_serial(struct comm_map *map, uint32_t number)
{
    char path[32];
    snprintf(path, sizeof path, "/dev/ttyS%u", number - 1);
    if (!map->paths[number] && access(path, F_OK) == 0)
        map->paths[number] = strdup(path);
}

static int map__is_usb(const struct dirent *entry)
{
    return strncmp(entry->d_name, "ttyUSB", 6) == 0;
}

static int map__is_acm(const struct dirent *entry)
{
    return strncmp(entry->d_name, "ttyACM", 6) == 0;
}

/* A device that the user has given a number gets no second one. */
static bool map__has(const struct comm_map *map, const char *path)
{
    for (uint32_t number = 1; number <= COMM_NUMBER_MAX; number++)
        if (map->paths[number] && strcmp(map->paths[number], path) == 0)
            return true;
    return false;
}

/* Gives the adapters the numbers from *number on that are free. */
static void map__add_adapters(struct comm_map *map, int (*filter)(const struct dirent *),
                              uint32_t *number)
{
    struct dirent **entries;
    int count = scandir("/dev", &entries, filter, versionsort);
    for (int i = 0; i < count; i++) {
        char path[DEVICE_PATH_BYTES];
        snprintf(path, sizeof path, "/dev/%s", entries[i]->d_name);
        free(entries[i]);
        while (*number <= COMM_NUMBER_MAX && map->paths[*number])
            ++*number;
        if (*number <= COMM_NUMBER_MAX && !map__has(map, path))
            map->paths[*number] = strdup(path);
    }
    if (count >= 0)
        free(entries);
}

static void map__make(struct comm_map *map)
{
    uint32_t next = 1;
    memset(map, 0, sizeof *map);
    for (uint32_t number = 1; number <= COMM_NUMBER_MAX; number++)
        map__add_chosen(map, number);
    for (uint32_t number = 1; number <= COMM_NUMBER_MAX; number++)
        map__add_serial(map, number);
    map__add_adapters(map, map__is_usb, &next);
    map__add_adapters(map, map__is_acm, &next);
}

static void map__free(struct comm_map *map)
{
    for (uint32_t number = 1; number <= COMM_NUMBER_MAX; number++)
        free(map->paths[number]);
}

NTSTATUS comm_path(uint32_t number, char **path)
{
    struct comm_map map;
    if (number == 0 || number > COMM_NUMBER_MAX)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    map__make(&map);
    *path = map.paths[number];
    map.paths[number] = NULL;
    map__free(&map);
    return *path ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

uint32_t comm_numbers(uint32_t numbers[COMM_NUMBER_MAX])
{
    struct comm_map map;
    uint32_t count = 0;
    map__make(&map);
    for (uint32_t number = 1; number <= COMM_NUMBER_MAX; number++)
        if (map.paths[number])
            numbers[count++] = number;
    map__free(&map);
    return count;
}
