#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2317 # support/script.sh; functions that promise calls
# Programs written for Windows, recompiled by both compilers and run on both engines.
# usage: tests/programs.sh BUILD     (SANITIZE: options the library was built with)
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sanitize=${SANITIZE:-}

# compiled COMPILER SOURCE OPTIONS...
compiled() {
    compiler=$1
    source=$2
    shift 2
    # shellcheck disable=SC2086 # options
    PORTICO_CC=$compiler "$build/bin/portico-c++" -std=c++17 -O1 $sanitize "$@" "$source" \
        -o "$work/program"
}

runs() {
    PORTICO_ENGINE=$1 timeout 60 "$work/program"
}

# program NAME COMPILER OPTIONS...
program() {
    name=$1_$2
    source=$here/programs/$1.cpp
    compiler=$2
    shift 2
    promise "${name}_compiles" compiled "$compiler" "$source" "$@"
    for engine in uring epoll; do
        promise "${name}_on_$engine" runs "$engine"
    done
}

compilers=gcc
if [ -z "$sanitize" ] && command -v clang >/dev/null; then
    compilers='gcc clang'
fi
for compiler in $compilers; do
    for name in asio_tcp asio_udp; do
        if [ -e /usr/include/asio.hpp ]; then
            program "$name" "$compiler" -DASIO_STANDALONE
        else
            skip "${name}_$compiler" 'libasio-dev is not installed'
        fi
    done
done
exit "$test_failed"
