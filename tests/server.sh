#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2317 # support/script.sh; functions that promise calls
# The example server under fire, on each engine: whatever its clients and its files do, it goes on
# serving, and Ctrl-C stops it.
# usage: tests/server.sh BUILD     (SANITIZE: options the library was built with)
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/script.sh"
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

mkdir "$work/files"
echo small >"$work/files/small"
head -c 200000 /dev/urandom >"$work/files/middle"
head -c 67108864 /dev/zero >"$work/files/large"

# shellcheck disable=SC2086 # options
"$build/bin/portico-cc" -O2 -g -Wall -Wextra -Werror ${SANITIZE:-} "$here/../tools/examples/httpd.c" \
    -o "$work/httpd" || exit 1

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start ENGINE: until it says that it serves.
start() {
    port=$(free_port)
    # The shell starts background commands with Ctrl-C ignored; 4 threads, so that they race.
    # What a server that stops at once has not freed is no leak: sanitizers need not look.
    PORTICO_ENGINE=$1 ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" \
        env --default-signal=INT "$work/httpd" "$port" "$work/files" 4 \
        >"$work/server.log" 2>&1 &
    server=$!
    until grep -q serving "$work/server.log"; do
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.02
    done
}

# hostile WHAT: the clients had what they must get, and the server is the one that was started.
hostile() {
    if timeout 40 python3 "$here/support/hostile.py" "$1" "$port" "$work/files" &&
        kill -0 "$server"; then
        return 0
    fi
    cat "$work/server.log"
    return 1
}

# Stops it; its exit code must be 0 and its last word "stopped".
stops() {
    kill -INT "$server" && wait "$server"
    code=$?
    cat "$work/server.log"
    [ $code = 0 ] && [ "$(tail -n 1 "$work/server.log")" = stopped ]
}

# Ctrl-C while clients are in the middle of large files.
stops_amid_transfers() {
    mkfifo "$work/hold"
    python3 "$here/support/hostile.py" hold_transfers "$port" "$work/files" \
        <"$work/hold" >"$work/held" 2>&1 &
    clients=$!
    exec 9>"$work/hold"
    until grep -q held "$work/held"; do
        kill -0 "$clients" 2>/dev/null || return 1
        sleep 0.02
    done
    stops
    stopped=$?
    exec 9>&-
    wait "$clients"
    rm "$work/hold"
    return $stopped
}

case ${SANITIZE:-} in
*thread*)
    # ThreadSanitizer holds a signal back while its thread sleeps in a call it does not know.
    skip server_under_fire 'Ctrl-C does not arrive under ThreadSanitizer'
    exit 0
    ;;
esac
if ! command -v python3 >/dev/null; then
    skip server_under_fire 'python3 is not installed'
    exit 0
fi
for engine in uring epoll; do
    start $engine || { cat "$work/server.log" && exit 1; }
    for what in malformed one_byte_at_a_time pipelined idle_neighbours slow_readers resets \
        vanishing growing shrinking flickering crowd; do
        promise "${engine}_server_survives_$what" hostile $what
    done
    stops_amid_transfers >"$work/said" 2>&1
    promise "${engine}_server_stops_amid_transfers" test $? = 0
    server=
done
exit "$test_failed"
