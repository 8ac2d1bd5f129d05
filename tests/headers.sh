#!/bin/sh
# shellcheck disable=SC1091,SC2154,SC2317 # support/script.sh; functions that promise calls
# Each public header must compile alone, in C and C++, with gcc and clang.
# usage: tests/headers.sh BUILD
build=$1
. "$(dirname "$0")/support/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compiles_alone HEADER
compiles_alone() {
    echo "#include <$1>" >"$work/one.c"
    cp "$work/one.c" "$work/one.cpp"
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        PORTICO_CC=$compiler "$build/bin/portico-cc" -std=gnu17 -Wstrict-prototypes -Wall -Wextra \
            -Werror -fsyntax-only "$work/one.c" || return 1
        PORTICO_CC=$compiler "$build/bin/portico-c++" -std=gnu++17 -Wall -Wextra -Werror \
            -fsyntax-only "$work/one.cpp" || return 1
    done
}

for header in "$build"/include/portico/*.h; do
    [ -h "$header" ] && continue # another spelling
    name=$(basename "$header")
    promise "$(echo "$name" | tr . _)" compiles_alone "$name"
done
exit "$test_failed"
