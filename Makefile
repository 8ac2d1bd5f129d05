# Portico. `make help` lists the targets.

BUILD ?= build
PREFIX ?= /usr/local
CC = gcc
VERSION = 0.1.0
SOVERSION = 0

ROOMS = handles ioapi kernel32 winsock
OPT ?= -O2 -g
WARN = -Wall -Wextra -Werror
CFLAGS_ALL = -std=gnu17 $(OPT) $(WARN) -fPIC -fshort-wchar -fvisibility=hidden -fno-strict-aliasing \
    -D_GNU_SOURCE $(SANITIZE)
LDLIBS = -luring -lffi -lpthread -ldl

# A room sees its own headers and those of the rooms below it, never those above (make lint).
SEES_handles = handles
SEES_ioapi = handles ioapi
SEES_kernel32 = handles ioapi kernel32
SEES_winsock = handles ioapi winsock
INCLUDES = $(foreach room,$(SEES_$(1)),-I$(room) -I$(room)/include)

SOURCES = $(foreach room,$(ROOMS),$(wildcard $(room)/*.c))
SPECS = $(foreach room,$(ROOMS),$(wildcard $(room)/*.spec))
OBJECTS = $(SOURCES:%.c=$(BUILD)/obj/%.o)
HEADERS = $(foreach room,$(ROOMS),$(shell cd $(room)/include 2>/dev/null && find . -name '*.h'))

LIB = $(BUILD)/lib/libportico.so
LINKS = kernel32 ws2_32 mswsock

.PHONY: all help clean
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

all: $(LIB) headers wrappers

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

# ---- the library ----

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	@$(CC) $(CFLAGS_ALL) $(call INCLUDES,$(firstword $(subst /, ,$*))) -MMD -MP -c $< -o $@

# The export whitelist and the table GetProcAddress looks in both come from the .spec files.
$(BUILD)/gen/portico.map: tools/build/spec.awk $(SPECS)
	@mkdir -p $(@D)
	@awk -v mode=map -f tools/build/spec.awk $(SPECS) > $@

$(BUILD)/gen/exports.c: tools/build/spec.awk $(SPECS)
	@mkdir -p $(@D)
	@awk -v mode=table -f tools/build/spec.awk $(SPECS) > $@

$(BUILD)/obj/exports.o: $(BUILD)/gen/exports.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) -Ikernel32 -c $< -o $@

$(LIB): $(OBJECTS) $(BUILD)/obj/exports.o $(BUILD)/gen/portico.map
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	@$(CC) $(CFLAGS_ALL) -shared -Wl,-soname,libportico.so.$(SOVERSION) \
	    -Wl,--version-script=$(BUILD)/gen/portico.map -Wl,-z,defs \
	    -o $@ $(OBJECTS) $(BUILD)/obj/exports.o $(LDLIBS)
	@ln -sf libportico.so $(@D)/libportico.so.$(SOVERSION)
	@for name in $(LINKS); do ln -sf libportico.so $(@D)/lib$$name.so; done

-include $(OBJECTS:.o=.d)

# ---- what recompiled programs use ----

.PHONY: headers wrappers
headers: $(BUILD)/include/.stamp
$(BUILD)/include/.stamp: $(foreach room,$(ROOMS),$(shell find $(room)/include -name '*.h' 2>/dev/null)) \
    tools/build/spellings.txt
	@rm -rf $(BUILD)/include && mkdir -p $(BUILD)/include/portico
	@for room in $(ROOMS); do [ ! -d $$room/include ] || cp -r $$room/include/. $(BUILD)/include/portico/; done
	@cd $(BUILD)/include/portico && grep -v '^#' $(CURDIR)/tools/build/spellings.txt | \
	    while read other real; do [ ! -f $$real ] || ln -sf $$real $$other; done
	@touch $@

wrappers: $(BUILD)/bin/portico-cc $(BUILD)/bin/portico-c++
$(BUILD)/bin/portico-cc $(BUILD)/bin/portico-c++: tools/build/portico-cc
	@mkdir -p $(@D)
	@install -m 755 $< $@

# ---- tests ----

# tests/unit sees the inside (the library's objects and headers); tests/conformance is compiled as a
# user would compile it. Each program runs on both engines.
ENGINES = uring epoll
UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
CONFORMANCE_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/conformance/*.c))
TEST_SUPPORT = tests/support/portico_test.c tests/support/portico_test.h

$(BUILD)/tests/unit/%: tests/unit/%.c $(TEST_SUPPORT) $(LIB) | headers
	@mkdir -p $(@D)
	@echo '  TEST  $<'
	@$(CC) $(CFLAGS_ALL) $(foreach room,$(ROOMS),-I$(room) -I$(room)/include) -Itests/support \
	    $< tests/support/portico_test.c $(OBJECTS) $(BUILD)/obj/exports.o -o $@ $(LDLIBS) -lcmocka

$(BUILD)/tests/conformance/%: tests/conformance/%.c $(TEST_SUPPORT) $(LIB) | headers wrappers
	@mkdir -p $(@D)
	@echo '  TEST  $<'
	@$(BUILD)/bin/portico-cc -std=gnu17 $(OPT) $(WARN) $(SANITIZE) -Itests/support \
	    $< tests/support/portico_test.c -o $@ -lcmocka

.PHONY: tests test
tests: $(UNIT_TESTS) $(CONFORMANCE_TESTS)

test: all tests ## run all tests on both engines, and compile each header alone
	@tests/run $(BUILD) "$(ENGINES)"
	@tests/headers.sh $(BUILD)

clean: ## remove what was built
	rm -rf $(BUILD)
