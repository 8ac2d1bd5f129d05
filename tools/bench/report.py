"""Targets, and the forms of the results: the table, TSV, SVG plots through gnuplot, report.html."""
import html
import os
import shutil
import subprocess

import contest
from contest import BENCH, median

E64, ONE64 = "64 B x 64", "64 B x 64, one CPU"
LIMIT = "uring-1"


def ratio(part, case, metric, who, other):
    a, b = median(part, case, who, metric), median(part, case, other, metric)
    return a / b if a is not None and b else None


def less(measured, part):
    return measured - part if measured is not None else None


def best(part, case, names):
    rates = [median(part, case, name, "rate") for name in names]
    return max((rate for rate in rates if rate), default=None)


def against_best(part, case, others, ours=("portico",)):
    """Our rate over the best of these peers'."""
    peers, mine = best(part, case, others), best(part, case, ours)
    return mine / peers if mine and peers else None


def pipe_targets():
    rows = []
    for mode in ("byte", "message"):
        for case in (mode, f"{mode}, one CPU"):
            rows.append((f"pipes {case}: / blocking socketpair",
                         ratio("pipes", case, "rate", "portico", "socketpair"), ">=", 0.9))
        rows.append((f"pipes {mode}, both ends at one port: / Wine",
                     ratio("pipes", f"{mode}, shared port", "rate", "portico", "wine"), ">=", 50))
    return rows


def winsock_targets():
    """Each side with one or two threads, as it does better."""
    rows = []
    for part in ("udp", "connect"):
        for case in keys(1, part):
            for peer in ("uv", "asio"):
                rows.append((f"{part} {case}: / {peer}", against_best(
                    part, case, [f"{peer}-1", f"{peer}-2"], ["portico", "portico-1"]), ">=", 1))
    rows += [("TransmitFile of 1 MiB: / sendfile loop",
              ratio("transmit", "1024 KiB x 16", "rate", "portico", "sendfile"), ">=", 0.95),
             ("TransmitFile of 4 KiB over HTTP: / nginx, one worker",
              ratio("transmit", "4 KiB x 64", "rate", "portico", "nginx"), ">=", 1)]
    for case in keys(1, "many"):
        rows.append((f"connections, {case}: bytes each, 2 KiB of them the program's",
                     median("many", case, "portico", "memory"), "<=", 4096))
    return rows


def targets():
    """(text, measured or None, '>=' or '<=', wanted): one row a promise."""
    echo = lambda case, metric, other, who="portico": ratio("echo", case, metric, who, other)
    rows = []
    for case in (E64, ONE64):
        rows += [
            (f"echo {case}: / best two-thread peer", against_best(
                "echo", case, ["uv-2", "asio-2", "epoll-2", "uring-2"]), ">=", 1),
            (f"echo {case}: / libuv, one or two threads", against_best(
                "echo", case, ["uv-1", "uv-2"]),
             ">=", 1),
            (f"echo {case}: / the limit", echo(case, "rate", LIMIT), ">=", 0.9),
            (f"echo {case}: server CPU / the limit's", echo(case, "cpu", LIMIT), "<=", 1.4)]
    for case in ("64 B x 1", "64 B x 9500"):
        rows.append((f"echo {case}: / Asio, one or two threads",
                     against_best("echo", case, ["asio-1", "asio-2"]), ">=", 1))
    rows += [
        (f"echo {E64}: / Wine", echo(E64, "rate", "wine"), ">=", 25),
        ("post+get, one thread, ns", median("post", "unpinned", "portico", "one_thread"), "<=", 60),
        ("post+get, one CPU: Wine's time / portico's",
         ratio("post", "one CPU", "one_thread", "wine", "portico"), ">=", 500),
        ("cached reads, depth 32: / raw liburing",
         ratio("files", "cached 32", "operations", "portico", "uring"), ">=", 0.9),
        ("cached reads, depth 32: / Wine",
         ratio("files", "cached 32", "operations", "portico", "wine"), ">=", 12),
        ("O_DIRECT reads, depth 32: / fio",
         ratio("files", "direct 32", "operations", "portico", "fio"), ">=", 0.9),
        ("SetEvent+WaitForSingleObject, ns",
         median("handles", "unpinned", "portico", "set_wait"), "<=", 40),
        ("handle lookup with a reference, ns",
         median("handles", "unpinned", "portico", "lookup"), "<=", 15),
        ("idle connection, one receive pending, bytes but the program's 2 KiB buffer",
         less(median("echo", "64 B x 9500", "portico", "memory"), 2048), "<=", 1024),
        ("HTTP 4 KiB: / nginx", ratio("http", "4 KiB x 64", "rate", "portico", "nginx"), ">=", 1),
        ("HTTP 1 MiB: / nginx",
         ratio("http", "1024 KiB x 16", "rate", "portico", "nginx"), ">=", 0.95)]
    for case in ("64 B x 1", E64, "64 B x 1000", "64 B x 9500", ONE64, "16384 B x 64"):
        rows.append((f"echo {case}: epoll engine / uring engine",
                     echo(case, "rate", "portico", "portico-epoll"), ">=", 0.9))
    return rows + pipe_targets() + winsock_targets()


def verdict(value, sense, wanted):
    if value is None:
        return "not measured"
    return "reached" if (value >= wanted if sense == ">=" else value <= wanted) else "MISSED"


def number(value):
    return "-" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def keys(index, *start):
    """The different values at a place of the results' keys that begin so, in order."""
    return list(dict.fromkeys(key[index] for key in contest.results if key[:index] == start))


def tables():
    """(title, head, rows) of each part and metric: a row a case, a column a contestant."""
    for part in keys(0):
        rows = [key for key in contest.results if key[0] == part]
        for metric in dict.fromkeys(key[3] for key in rows):
            cases = list(dict.fromkeys(key[1] for key in rows if key[3] == metric))
            names = list(dict.fromkeys(key[2] for key in rows if key[3] == metric))
            yield (f"{part}: {metric}, {contest.units[part, metric]}", [""] + names,
                   [[case] + [median(part, case, who, metric) for who in names] for case in cases])


def print_tables():
    for title, head, rows in tables():
        print(f"\n== {title}")
        first = max(len(row[0]) for row in rows) + 1
        print(" " * first + "".join(f"{name:>15}" for name in head[1:]))
        for row in rows:
            print(f"{row[0]:{first}}" + "".join(f"{number(value):>15}" for value in row[1:]))
    print("\n== targets (medians of this run)")
    for text, value, sense, wanted in targets():
        if value is not None:
            print(f"{verdict(value, sense, wanted):9} {text}: {number(value)} "
                  f"({sense} {number(wanted)})")
    for text in contest.notes:
        print(f"note: {text}")


def write_tsv():
    with open(os.path.join(BENCH, "results.tsv"), "w") as out:
        out.write("part\tcase\tcontestant\tmetric\tunit\tmedian\tminimum\tmaximum\trounds\n")
        for (part, case, who, metric), values in contest.results.items():
            out.write(f"{part}\t{case}\t{who}\t{metric}\t{contest.units[part, metric]}\t"
                      f"{median(part, case, who, metric):.6g}\t{min(values):.6g}\t"
                      f"{max(values):.6g}\t{len(values)}\n")
    with open(os.path.join(BENCH, "targets.tsv"), "w") as out:
        out.write("target\tmeasured\tsense\twanted\tverdict\n")
        for text, value, sense, wanted in targets():
            shown = "" if value is None else f"{value:.6g}"
            out.write(f"{text}\t{shown}\t{sense}\t{wanted}\t{verdict(value, sense, wanted)}\n")


PLOT = """set terminal svg size 900,420 noenhanced font 'sans,11'
set output '{svg}'
set title '{title}'
set style data histograms
set style fill solid 0.8 border -1
set datafile separator '\\t'
set datafile missing '-'
set key outside right
set xtics rotate by -20
set yrange [0:*]
plot for [i=2:{columns}] '{data}' using i:xtic(1) title columnheader(i)
"""


def draw_plots():
    """One SVG for each table; their names."""
    if not shutil.which("gnuplot"):
        contest.note("plots skipped: gnuplot is not installed")
        return []
    drawn = []
    for title, head, rows in tables():
        name = "".join(c if c.isalnum() else "-" for c in title.split(",")[0])
        data, svg = (os.path.join(BENCH, f"{name}.{end}") for end in ("dat", "svg"))
        with open(data, "w") as out:
            for row in [head] + rows:
                out.write("\t".join("-" if v is None else str(v) for v in row) + "\n")
        script = PLOT.format(svg=svg, title=title, data=data, columns=len(head))
        if subprocess.run(["gnuplot"], input=script, text=True, check=False).returncode == 0:
            drawn.append(os.path.basename(svg))
    return drawn


def html_table(head, rows):
    cell = lambda value: f"<td>{html.escape(value if isinstance(value, str) else number(value))}"
    return ("<table><tr>" + "".join(f"<th>{html.escape(name)}" for name in head) + "\n" +
            "\n".join("<tr>" + "".join(cell(value) for value in row) for row in rows) + "</table>")


def write_html(about, drawn):
    rows = [[text, value, f"{sense} {wanted}", verdict(value, sense, wanted)]
            for text, value, sense, wanted in targets()]
    with open(os.path.join(BENCH, "report.html"), "w") as out:
        out.write("<!doctype html><meta charset=utf-8><title>Portico: benchmarks</title>\n<style>"
                  "body{font:14px sans-serif;margin:2em}td,th{padding:2px 8px;text-align:right}"
                  "td:first-child,th:first-child{text-align:left}</style>\n<h1>Benchmarks</h1>\n")
        out.write("".join(f"<p>{html.escape(line)}\n" for line in about))
        out.write("<h2>Targets</h2>" + html_table(["", "measured", "wanted", ""], rows))
        for title, head, body in tables():
            out.write(f"<h2>{html.escape(title)}</h2>" + html_table(head, body))
        out.write("".join(f"<p><img src='{name}'>\n" for name in drawn))
        out.write("".join(f"<p>Note: {html.escape(text)}\n" for text in contest.notes))
