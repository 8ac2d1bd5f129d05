"""How a server is measured: it says `port N`, load processes set themselves up and say `ready`, a
line lets them run, and each prints its rate, p50, p99 and how much was done."""
import os
import time

import contest
from contest import BENCH, Failed, record


def load_program(name, *arguments):
    return [os.path.join(BENCH, name)] + [str(argument) for argument in arguments]


def finish(loads, seconds):
    """Lets all loads run; the figures of each."""
    for load in loads:
        load.stdin.write("\n")
        load.stdin.flush()
    return [[float(field) for field in contest.line_from(load, seconds + 30).split()]
            for load in loads]


def serve(server_command, env, load_commands, seconds, one_cpu=False, wine=False):
    """One server and its loads; load_commands(port). Rate, p50, p99, CPU microseconds a piece of
    work, what was done, memory that the loads' being ready took, % of the machine that others
    used."""
    loads = []
    server = contest.start(server_command, env, one_cpu)
    try:
        port = contest.line_from(server, 30).split()[1]
        time.sleep(0.05)
        empty = contest.anonymous_bytes(server.pid)
        for command in load_commands(port):
            loads.append(contest.start(command, one_cpu=one_cpu))
        for load in loads:
            if contest.line_from(load, 60) != "ready":
                raise Failed("the load is not ready")
        memory = contest.anonymous_bytes(server.pid) - empty
        pids = [server.pid] + contest.children_of(server.pid)
        pids += contest.wine_servers() if wine else []
        ours = pids + [load.pid for load in loads]
        before = contest.cpu_s(pids)
        others = contest.busy_s() - contest.cpu_s(ours)
        begin = time.monotonic()
        figures = finish(loads, seconds)
        cpu = contest.cpu_s(pids) - before
        others = contest.busy_s() - contest.cpu_s(ours) - others
        took = time.monotonic() - begin
        if server.poll() is not None:
            raise Failed("the server ended")
    finally:
        for process in loads + [server]:
            contest.stop(process)
    done = sum(each[3] for each in figures)
    return {"rate": sum(each[0] for each in figures), "p50": max(each[1] for each in figures),
            "p99": max(each[2] for each in figures), "cpu": cpu * 1e6 / done, "done": done,
            "memory": memory, "took": took, "others": max(0, 100 * others / took / os.cpu_count())}


def record_served(part, case, who, measured, what):
    """What every served part records. `what`: one piece of work, and many."""
    one, many = what
    record(part, case, who, "rate", measured["rate"], f"{many}/s")
    record(part, case, who, "p50", measured["p50"], "us")
    record(part, case, who, "p99", measured["p99"], "us")
    record(part, case, who, "cpu", measured["cpu"], f"us/{one}")
    record(part, case, who, "others", measured["others"], "% of the machine")
