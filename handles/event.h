/* Events. */
#ifndef PORTICO_EVENT_H
#define PORTICO_EVENT_H

#include "object.h"

struct event {
    struct object object;
    bool manual_reset;
};

extern const struct object_ops event_ops;

/* One reference; NULL: no memory. */
struct event *event_create(bool manual_reset, bool signaled);
void event_set(struct event *event);
void event_reset(struct event *event);
void event_pulse(struct event *event);

/* For callers that hold the object only as such. */
static inline struct event *event_of(struct object *object)
{
    return list_entry(object, struct event, object);
}

#endif
