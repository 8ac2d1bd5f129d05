# shellcheck shell=sh
# For the scripts tests/*.sh: results in cmocka's words, which tests/run counts.

test_failed=0

# promise NAME COMMAND...: the command succeeds; if not, what it said is shown.
promise() {
    test_name=$1
    shift
    if test_output=$("$@" 2>&1); then
        echo "[       OK ] $test_name"
    else
        echo "$test_output" | tail -n 20
        echo "[  FAILED  ] $test_name"
        test_failed=1
    fi
}

# skip NAME REASON
skip() {
    echo "$2"
    echo "[  SKIPPED ] $1"
}
