#!/bin/sh
# Each public header must compile alone, in C and C++, with gcc and clang.
# usage: tests/headers.sh BUILD
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
count=0
for header in "$build"/include/portico/*.h; do
    [ -h "$header" ] && continue # another spelling
    name=$(basename "$header")
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        for language in c c++; do
            case $language in c) driver=portico-cc flags="-std=gnu17 -Wstrict-prototypes" ;; *) driver=portico-c++ flags=-std=gnu++17 ;; esac
            [ "$compiler" = gcc ] && PORTICO_CC=gcc || PORTICO_CC=clang
            export PORTICO_CC
            count=$((count + 1))
            echo "#include <$name>" >"$work/one.$language"
            # shellcheck disable=SC2086
            if ! "$build/bin/$driver" $flags -Wall -Wextra -Werror -x $language -fsyntax-only "$work/one.$language" 2>"$work/log"; then
                failed=$((failed + 1))
                echo "$name does not compile alone ($compiler, $language)"
                head -5 "$work/log"
            fi
        done
    done
done
echo "headers: $count compiled alone, $failed failed"
[ "$failed" -eq 0 ]
