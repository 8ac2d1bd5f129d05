# Reads .spec tables and writes the README's table of what is supported: for each library the
# groups that its comments begin, with their functions.
function flush() {
    if (functions != "")
        print "| " dll " | " (group == "" ? "" : group) " | " functions " |"
    functions = ""
}
BEGIN { print "| library | header or area | functions |\n|---|---|---|" }
$1 == "dll" { flush(); dll = $2; group = ""; next }
/^[ \t]*#/ { flush(); group = $0; sub(/^[ \t]*#[ \t]*/, "", group); next }
/^[ \t]*$/ { next }
{
    name = $0
    sub(/[ \t]*\(.*/, "", name)
    functions = functions (functions == "" ? "" : ", ") "`" name "`"
}
END { flush() }
