#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2317 # support/script.sh; functions that promise calls
# Which engine runs: the probe's choice, its reason, the override, and a refused io_uring.
# usage: tests/engine.sh BUILD
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$build/tests/conformance/files_io
export PORTICO_VERBOSE=1

# says PATTERN COMMAND...: its standard error has a line like that, once.
says() {
    pattern=$1
    shift
    "$@" 2>"$work/said" >"$work/out"
    status=$?
    cat "$work/said"
    [ "$(grep -c "^portico: engine $pattern" "$work/said")" = 1 ] && return "$status"
    return 1
}

gcc -O2 -Wall "$here/programs/refuse_uring.c" -o "$work/refuse_uring" || exit 1
uring_works=no
"$program" 2>&1 >/dev/null | grep -q '^portico: engine uring' && uring_works=yes

if [ $uring_works = yes ]; then
    promise uring_is_chosen_where_it_works says 'uring (io_uring works here)' "$program"
    promise seccomp_that_refuses_it_is_named_and_the_other_engine_serves \
        says 'epoll (io_uring is forbidden here .*)' "$work/refuse_uring" "$program"
else
    skip uring_is_chosen_where_it_works "io_uring does not work here"
fi
promise epoll_can_be_asked_for says 'epoll (PORTICO_ENGINE=epoll)' env PORTICO_ENGINE=epoll "$program"
promise a_wish_that_cannot_be_had_is_said_and_not_fatal \
    says 'epoll (io_uring is forbidden here .*)' \
    env PORTICO_ENGINE=uring "$work/refuse_uring" "$program"
exit "$test_failed"
