# Reads .spec tables and writes, by -v mode=:
#   map    a linker version script: the whitelist of exports
#   table  C source of the table that GetProcAddress looks in
#   names  "dll name elf-name" lines, for tests and lists
#
# A .spec file begins with `dll NAME`. Each further line is
#   NAME(types...) -> result [= ELF_NAME]
# where a type is one of: int32 uint32 int64 uint64 ptr str wstr handle void, or `...`.

/^[ \t]*(#|$)/ { next }
$1 == "dll" { dll = $2; next }
{
    name = $0
    sub(/[ \t]*\(.*/, "", name)
    elf = name
    if (match($0, /= *[A-Za-z0-9_]+ *$/)) {
        elf = substr($0, RSTART + 1)
        gsub(/[ \t]/, "", elf)
    }
    count++
    dlls[count] = dll
    names[count] = name
    elfs[count] = elf
}
END {
    if (mode == "map") {
        print "PORTICO_0 {\nglobal:"
        for (i = 1; i <= count; i++)
            if (!seen[elfs[i]]++)
                print "    " elfs[i] ";"
        print "local:\n    *;\n};"
    } else if (mode == "table") {
        print "/* Generated from the .spec files. */\n#include \"exports.h\"\n"
        for (i = 1; i <= count; i++)
            if (!seen[elfs[i]]++)
                print "extern void portico_export_" elfs[i] "(void) __asm__(\"" elfs[i] "\");"
        print "\nconst struct export_row export_rows[] = {"
        for (i = 1; i <= count; i++)
            print "    {\"" dlls[i] "\", \"" names[i] "\", portico_export_" elfs[i] "},"
        print "};\n\nconst unsigned export_count = " count ";"
    } else {
        for (i = 1; i <= count; i++)
            print dlls[i], names[i], elfs[i]
    }
}
