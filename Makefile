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

LIB = $(BUILD)/lib/libportico.so
LINKS = kernel32 ws2_32 mswsock iphlpapi

.PHONY: all help clean deps-build
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

all: $(LIB) headers wrappers

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

# ---- the library ----

# Its two libraries are installed first if their headers are not there.
deps-build:
	@printf '#include <%s>\n' liburing.h ffi.h | $(CC) -E - >/dev/null 2>&1 || \
	    ! command -v apt-get >/dev/null || tools/build/deps build

$(OBJECTS): | deps-build

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
$(BUILD)/include/.stamp: tools/build/spellings.txt \
    $(foreach dir,$(wildcard $(ROOMS:%=%/include)),$(shell find $(dir) -name "*.h"))
	@rm -rf $(BUILD)/include && mkdir -p $(BUILD)/include/portico
	@for dir in $(wildcard $(ROOMS:%=%/include)); do cp -r $$dir/. $(BUILD)/include/portico/; done
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
FAULT_TESTS = $(BUILD)/tests/fault/engine_faults
CONFORMANCE_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/conformance/*.c tests/stress/*.c))
TEST_SUPPORT = $(wildcard tests/support/*.[ch])

$(BUILD)/tests/unit/%: tests/unit/%.c $(TEST_SUPPORT) $(LIB) | headers
	@mkdir -p $(@D)
	@echo '  TEST  $<'
	@$(CC) $(CFLAGS_ALL) $(foreach room,$(ROOMS),-I$(room) -I$(room)/include) -Itests/support \
	    $< $(filter %.c,$(TEST_SUPPORT)) $(OBJECTS) $(BUILD)/obj/exports.o -o $@ $(LDLIBS) -lcmocka

# The linker puts a wrapper before each function that tests/fault can make fail.
FAULTY = malloc calloc strdup free epoll_create1 epoll_ctl epoll_wait host_epoll_pwait eventfd \
    ppoll socket accept4 connect bind listen host_recvfrom recvmsg host_sendto sendmsg sendfile \
    host_preadv2 host_pwritev2 write pthread_create io_uring_queue_init io_uring_submit_and_wait
$(FAULT_TESTS): tests/fault/engine_faults.c tests/fault/faults.c tests/fault/faults.h \
    $(TEST_SUPPORT) $(LIB) | headers
	@mkdir -p $(@D)
	@echo '  TEST  $<'
	@$(CC) $(CFLAGS_ALL) $(foreach room,$(ROOMS),-I$(room) -I$(room)/include) -Itests/support \
	    $(FAULTY:%=-Wl,--wrap=%) $(filter %.c,$^) $(OBJECTS) $(BUILD)/obj/exports.o -o $@ \
	    $(LDLIBS) -lcmocka

$(CONFORMANCE_TESTS): $(BUILD)/%: %.c $(TEST_SUPPORT) $(LIB) | headers wrappers
	@mkdir -p $(@D)
	@echo '  TEST  $<'
	@$(BUILD)/bin/portico-cc -std=gnu17 $(OPT) $(WARN) $(SANITIZE) -Itests/support \
	    $< $(filter %.c,$(TEST_SUPPORT)) -o $@ -lcmocka

.PHONY: tests test
tests: $(UNIT_TESTS) $(CONFORMANCE_TESTS) $(FAULT_TESTS)

# What is missing is installed first; a system without apt brings its own.
.PHONY: deps deps-ci deps-test deps-demo deps-bench
deps: deps-ci ## install every package that build, tests and lint use
deps-ci deps-test deps-demo deps-bench: deps-%:
	@! command -v apt-get >/dev/null || tools/build/deps $*

test: ## run all tests on both engines
	@$(MAKE) --no-print-directory deps-test
	@$(MAKE) --no-print-directory all tests
	@$(MAKE) --no-print-directory run-tests

.PHONY: run-tests
run-tests:
	@SANITIZE='$(SANITIZE)' tests/run $(BUILD) "$(ENGINES)"

.PHONY: stress
stress: tests ## the long form of the race tests: STRESS_OPS actions (20,000,000: more than 10^7 operations)
	@TEST_TIMEOUT=7200 STRESS_OPS=$(or $(STRESS_OPS),20000000) tests/run $(BUILD) "$(ENGINES)" $(BUILD)/tests/stress/*

# The suite under a sanitizer, in a build folder of its own.
SANITIZER_OPTIONS = ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=1 \
    LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/lsan.supp:print_suppressions=0 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1:atexit_sleep_ms=0:die_after_fork=0
.PHONY: asan ubsan tsan
asan: SANITIZE_WITH = -fsanitize=address
asan: ## the suite under AddressSanitizer
ubsan: SANITIZE_WITH = -fsanitize=undefined -fno-sanitize-recover=all
ubsan: ## the suite under UndefinedBehaviorSanitizer
tsan: SANITIZE_WITH = -fsanitize=thread
tsan: ## the suite under ThreadSanitizer
asan ubsan tsan:
	@$(SANITIZER_OPTIONS) $(MAKE) --no-print-directory BUILD=build-$@ OPT='-O1 -g -fno-omit-frame-pointer -Wno-error=format-truncation' SANITIZE='$(SANITIZE_WITH)' test

.PHONY: conformance
conformance: ## checklist rows with a passing test; LIST=ports lists those without
	@tests/coverage $(BUILD) "$(ENGINES)" $(LIST)

.PHONY: lint format
lint: all ## layering, format, clang-tidy, exports, headers against mingw-w64's; CHECK=name for one
	@tools/lint/run $(BUILD) $(CHECK)

format: ## clang-format everything it may touch
	@git ls-files '*.c' '*.h' | grep -v -e /include/ntstatus.h -e /include/winerror.h | \
	    xargs clang-format -i

.PHONY: demo
demo: ## compile the example server, serve real files, check and load it
	@$(MAKE) --no-print-directory deps-demo all
	@tools/demo/run $(BUILD)

# ---- benchmarks ----

# The native peers need their libraries, the Win32 programs for Wine need mingw; what does not compile
# is left out, and the runner names it.
BENCH_WIN32 = win_post win_echo win_files win_handles win_pipes win_udp win_accept win_transmit
BENCH_NATIVE = load load_connect load_file epoll_echo epoll_udp epoll_sendfile uring_echo uring_files \
    uv_echo uv_udp pair_pipes
BENCH_ASIO = asio_echo asio_udp
BENCH_PROGRAMS = $(BENCH_WIN32) $(BENCH_NATIVE) $(BENCH_ASIO) httpd $(BENCH_WIN32:%=%.exe) httpd.exe
BENCH_BUILT = $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
BENCH_HEADERS = $(wildcard tools/bench/*.h)
BENCH_C = -std=gnu17 -O2 -g $(WARN)
BENCH_LIBS_uring_echo = -luring
BENCH_LIBS_uring_files = -luring
BENCH_LIBS_uv_echo = -luv
BENCH_LIBS_uv_udp = -luv
or_without = || echo '  without $(@F): it does not compile here'

.PHONY: bench bench-deps bench-programs
bench-deps: deps-bench ## install the peers of `make bench`

bench: ## measure against every peer; ONLY=post|echo|…|many BENCH_ROUNDS=3 BENCH_SECONDS=1
	@$(MAKE) --no-print-directory all bench-programs
	@BENCH_BUILD=$(BUILD) tools/bench/run $(ONLY)

bench-programs: $(BENCH_BUILT)

$(BENCH_WIN32:%=$(BUILD)/bench/%): $(BUILD)/bench/%: tools/bench/%.c $(BENCH_HEADERS) $(LIB) | headers wrappers
	@mkdir -p $(@D)
	@$(BUILD)/bin/portico-cc $(BENCH_C) $< -o $@

$(BUILD)/bench/httpd: tools/examples/httpd.c $(LIB) | headers wrappers
	@mkdir -p $(@D)
	@$(BUILD)/bin/portico-cc $(BENCH_C) $< -o $@

$(BENCH_WIN32:%=$(BUILD)/bench/%.exe): $(BUILD)/bench/%.exe: tools/bench/%.c $(BENCH_HEADERS)
	@mkdir -p $(@D)
	@x86_64-w64-mingw32-gcc $(BENCH_C) $< -o $@ -lws2_32 -lmswsock 2>$@.log $(or_without)

$(BUILD)/bench/httpd.exe: tools/examples/httpd.c
	@mkdir -p $(@D)
	@x86_64-w64-mingw32-gcc $(BENCH_C) $< -o $@ -lws2_32 -lmswsock 2>$@.log $(or_without)

$(BENCH_NATIVE:%=$(BUILD)/bench/%): $(BUILD)/bench/%: tools/bench/%.c $(BENCH_HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(BENCH_C) -D_GNU_SOURCE $< -o $@ $(BENCH_LIBS_$*) -lpthread 2>$@.log $(or_without)

$(BENCH_ASIO:%=$(BUILD)/bench/%): $(BUILD)/bench/%: tools/bench/%.cpp
	@mkdir -p $(@D)
	@g++ -O2 -g $(WARN) $< -o $@ -lpthread 2>$@.log $(or_without)

# ---- installing ----

DESTDIR =
INSTALLED = $(DESTDIR)$(PREFIX)
.PHONY: install
install: all ## PREFIX=/usr/local DESTDIR=: library, headers, portico.pc, wrappers, man pages
	@install -d $(INSTALLED)/lib/pkgconfig $(INSTALLED)/include $(INSTALLED)/bin \
	    $(INSTALLED)/share/man/man1 $(INSTALLED)/share/man/man7
	@install -m 755 $(LIB) $(INSTALLED)/lib/libportico.so.$(VERSION)
	@ln -sf libportico.so.$(VERSION) $(INSTALLED)/lib/libportico.so.$(SOVERSION)
	@ln -sf libportico.so.$(SOVERSION) $(INSTALLED)/lib/libportico.so
	@for name in $(LINKS); do ln -sf libportico.so $(INSTALLED)/lib/lib$$name.so; done
	@rm -rf $(INSTALLED)/include/portico
	@cp -rL $(BUILD)/include/portico $(INSTALLED)/include/portico
	@install -m 755 tools/build/portico-cc $(INSTALLED)/bin/portico-cc
	@install -m 755 tools/build/portico-cc $(INSTALLED)/bin/portico-c++
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' tools/build/portico.pc.in \
	    > $(INSTALLED)/lib/pkgconfig/portico.pc
	@install -m 644 tools/man/portico-cc.1 $(INSTALLED)/share/man/man1/
	@ln -sf portico-cc.1 $(INSTALLED)/share/man/man1/portico-c++.1
	@install -m 644 tools/man/libportico.7 $(INSTALLED)/share/man/man7/

.PHONY: readme
readme: ## put the table of supported functions into README.md
	@awk -f tools/build/supported.awk $(SPECS) > $(BUILD)/supported.md
	@sed -i -e '/^<!-- supported/,/^<!-- end/{/^<!-- supported/!{/^<!-- end/!d}}' \
	    -e '/^<!-- supported/r $(BUILD)/supported.md' README.md

clean: ## remove what was built
	rm -rf $(BUILD)
