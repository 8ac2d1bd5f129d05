#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2317 # support/script.sh; functions that promise calls
# Other ways into the library than portico-cc: names resolved by LD_PRELOAD, and Wine's headers.
# usage: tests/entry.sh BUILD     (SANITIZE: options the library was built with)
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lib=$build/lib/libportico.so
wine_headers=/usr/include/wine/wine/windows
httpd=$here/../tools/examples/httpd.c

# says_its_sum COMMAND...: tests/programs/iocp.c ran to its end.
says_its_sum() {
    said=$("$@") && echo "$said" && [ "$said" = 'sum 500500, code 7, closed 1, again 0, error 6' ]
}

# serves COMMAND...: tools/examples/httpd.c serves files, small and large, and stops on Ctrl-C.
serves() {
    mkdir -p "$work/files" && echo small >"$work/files/small" &&
        head -c 3000000 /dev/urandom >"$work/files/large" || return 1
    port=$(free_port)
    # The shell starts background commands with Ctrl-C ignored.
    timeout --foreground -s KILL 30 env --default-signal=INT "$@" "$port" "$work/files" >"$work/server.log" 2>&1 &
    server=$!
    fetched=0
    until_it_answers "$port"
    for file in small large; do
        curl -s --max-time 20 "http://127.0.0.1:$port/$file" | cmp - "$work/files/$file" ||
            fetched=1
    done
    kill -INT "$server"
    wait "$server"
    stopped=$?
    cat "$work/server.log"
    [ "$fetched" = 0 ] && [ "$stopped" = 0 ]
}

# Until the server of that port takes connections, or has ended.
until_it_answers() {
    while kill -0 "$server" 2>/dev/null && ! curl -s --max-time 5 "http://127.0.0.1:$1/" >/dev/null; do
        sleep 0.05
    done
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# unresolved SOURCE: makes a program in which every kernel32 and Winsock name is left unresolved. The linker
# leaves names open in a shared object only, so the program is one, begun by an empty executable.
unresolved() {
    "$build/bin/portico-cc" -fPIC -c "$1" -o "$work/open.o" &&
        gcc -shared -Wl,-z,lazy "$work/open.o" -o "$work/libopen.so" &&
        gcc -Wl,--no-as-needed -Wl,--unresolved-symbols=ignore-all -L"$work" -Wl,-rpath,"$work" \
            -lopen -o "$work/open" && ! ldd "$work/open" | grep -q portico
}

preload() {
    unresolved "$here/programs/iocp.c" && says_its_sum env LD_PRELOAD="$lib" "$work/open"
}

preload_server() {
    unresolved "$httpd" && serves env LD_PRELOAD="$lib" "$work/open"
}

# Bound to another copy of the library, which is not the one that serves the program.
preload_goes_before_another_copy() {
    mkdir -p "$work/copy" && cp -L "$lib" "$work/copy/libportico.so" &&
        "$build/bin/portico-cc" -c "$here/programs/iocp.c" -o "$work/iocp.o" &&
        gcc "$work/iocp.o" -L"$work/copy" -Wl,-rpath,"$work/copy" -lportico -o "$work/copied" &&
        says_its_sum env LD_PRELOAD="$lib" "$work/copied"
}

linked_server() {
    "$build/bin/portico-cc" -O2 "$httpd" -o "$work/httpd" && serves "$work/httpd"
}

# wine_cc COMPILER SOURCE: Wine's headers, with the System V convention, visible names and the ELF
# names of those Winsock calls that the C library has too.
wine_cc() {
    awk -v mode=names -f "$here/../tools/build/spec.awk" "$here"/../*/*.spec |
        awk '$2 != $3 { print "#pragma redefine_extname " $2 " " $3 }' >"$work/names.h"
    "$1" -include "$work/names.h" -I"$wine_headers" -D_WIN64 -D_WIN32_WINNT=0x0A00 \
        -Dms_abi=sysv_abi -DDECLSPEC_HIDDEN= -fshort-wchar -fms-extensions -w "$2" -o "$work/wine" \
        -L"$build/lib" -Wl,-rpath,"$build/lib" -lportico -lpthread
}

wine_headers_gcc() {
    wine_cc gcc "$here/programs/iocp.c" && says_its_sum "$work/wine"
}

wine_headers_clang() {
    wine_cc clang "$here/programs/iocp.c" && says_its_sum "$work/wine"
}

wine_headers_server() {
    wine_cc gcc "$httpd" && serves "$work/wine"
}

# unless_missing NAME: runs the promise of that name if what it needs is there.
unless_missing() {
    case $1 in
    *server) nm -D "$lib" | grep -q ' CreateFileA' || { skip "$1" 'no files yet' && return; }
        command -v curl >/dev/null || { skip "$1" 'curl is not installed' && return; } ;;
    *clang) command -v clang >/dev/null || { skip "$1" 'clang is not installed' && return; } ;;
    esac
    case $1 in
    wine*) [ -d $wine_headers ] || { skip "$1" 'libwine-dev is not installed' && return; } ;;
    esac
    promise "$1" "$1"
}

for name in linked_server preload preload_server preload_goes_before_another_copy \
    wine_headers_gcc wine_headers_clang wine_headers_server; do
    if [ -n "${SANITIZE:-}" ]; then
        skip $name 'a sanitizer must be loaded before the library'
    else
        unless_missing $name
    fi
done
exit "$test_failed"
