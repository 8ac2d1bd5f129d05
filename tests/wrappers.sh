#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2317 # support/script.sh; functions that promise calls
# portico-cc and portico-c++, in the tree and installed: every way of calling a compiler.
# usage: tests/wrappers.sh BUILD     (SANITIZE: options the library was built with)
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sanitize=${SANITIZE:-}

cat >"$work/main.c" <<'C'
#include <windows.h>
#include <stdio.h>
int helper(void);
int main(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    printf("%d %d %d\n", port != NULL, (int)sizeof(L'x'), helper());
    return !CloseHandle(port);
}
C
cat >"$work/helper.c" <<'C'
#include <windows.h>
int helper(void)
{
    return sizeof(LONG);
}
C
cat >"$work/main.cpp" <<'C'
#include <windows.h>
#include <iostream>
int main()
{
    HANDLE event = CreateEventW(nullptr, TRUE, TRUE, L"name");
    std::cout << (WaitForSingleObject(event, 0) == WAIT_OBJECT_0) << std::endl;
    return !CloseHandle(event);
}
C

cc() {
    # shellcheck disable=SC2086 # options
    "$bin/portico-cc" $sanitize "$@"
}

cxx() {
    # shellcheck disable=SC2086 # options
    "$bin/portico-c++" $sanitize "$@"
}

says() {
    [ "$("$work/program")" = "$1" ]
}

one_step() {
    cc "$work/main.c" "$work/helper.c" -o "$work/program" && says '1 2 4'
}

compile_then_link() {
    cc -c "$work/main.c" -o "$work/main.o" && cc -O2 -c "$work/helper.c" -o "$work/helper.o" &&
        cc "$work/main.o" "$work/helper.o" -o "$work/program" && says '1 2 4'
}

windows_libraries_link() {
    cc "$work/main.c" "$work/helper.c" -o "$work/program" -lkernel32 -lws2_32 -lmswsock &&
        says '1 2 4'
}

preprocess_only() {
    cc -E "$work/main.c" | grep -q CreateIoCompletionPort
}

cplusplus() {
    cxx "$work/main.cpp" -o "$work/program" && says 1
}

another_compiler() {
    PORTICO_CC=clang cc "$work/main.c" "$work/helper.c" -o "$work/program" && says '1 2 4' &&
        PORTICO_CC=clang "$bin/portico-c++" --show "$work/main.cpp" | grep -q '^clang++ '
}

show_prints_the_command() {
    rm -f "$work/shown.o"
    cc --show -c "$work/main.c" -o "$work/shown.o" >"$work/shown" &&
        [ ! -e "$work/shown.o" ] && sh "$work/shown" && [ -s "$work/shown.o" ]
}

odd_arguments_survive() {
    mkdir -p "$work/a folder" && cp "$work/helper.c" "$work/a folder/helper.c" &&
        cc '-DTEXT="two words"' -c "$work/a folder/helper.c" -o "$work/a folder/helper.o" &&
        cc --show '-DTEXT="two words"' -c "$work/a folder/helper.c" -o "$work/a folder/2.o" \
            >"$work/shown" && sh "$work/shown" && [ -s "$work/a folder/2.o" ]
}

errors_come_through() {
    echo 'this is not C' >"$work/bad.c"
    ! cc -c "$work/bad.c" -o "$work/bad.o"
}

asking_the_compiler() {
    cc --version >/dev/null && [ -n "$("$bin/portico-cc" -dumpversion)" ] &&
        [ -n "$("$bin/portico-cc" -print-file-name=libc.so.6)" ]
}

pkg_config_compiles() {
    flags=$(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --define-prefix --cflags --libs portico) &&
        eval gcc "$sanitize" '"$work/main.c"' '"$work/helper.c"' -o '"$work/program"' "$flags" &&
        LD_LIBRARY_PATH=$prefix/lib "$work/program" >/dev/null
}

install_puts_everything() {
    ${MAKE:-make} -s -C "$here/.." install BUILD="$build" DESTDIR="$work/stage" PREFIX=/opt/portico &&
        for file in lib/libportico.so lib/libportico.so.0 lib/libkernel32.so lib/libws2_32.so \
            lib/libmswsock.so include/portico/windows.h bin/portico-cc bin/portico-c++ \
            lib/pkgconfig/portico.pc share/man/man1/portico-cc.1 share/man/man7/libportico.7; do
            [ -e "$prefix/$file" ] || { echo "$file is missing" && return 1; }
        done
}

all_ways() {
    promise "${1}_one_step" one_step
    promise "${1}_compile_then_link" compile_then_link
    promise "${1}_windows_libraries_link" windows_libraries_link
    promise "${1}_preprocess_only" preprocess_only
    promise "${1}_cplusplus" cplusplus
    promise "${1}_show_prints_the_command" show_prints_the_command
    promise "${1}_odd_arguments_survive" odd_arguments_survive
    promise "${1}_errors_come_through" errors_come_through
    promise "${1}_asking_the_compiler" asking_the_compiler
    if ! command -v clang >/dev/null; then
        skip "${1}_another_compiler" 'clang is not installed'
    elif [ -n "$sanitize" ]; then
        skip "${1}_another_compiler" 'the library needs the sanitizer of gcc'
    else
        promise "${1}_another_compiler" another_compiler
    fi
}

bin=$build/bin
all_ways tree
prefix=$work/stage/opt/portico
promise install_puts_everything install_puts_everything
bin=$prefix/bin
all_ways installed
if command -v pkg-config >/dev/null; then
    promise pkg_config_compiles pkg_config_compiles
else
    skip pkg_config_compiles 'pkg-config is not installed'
fi
exit "$test_failed"
