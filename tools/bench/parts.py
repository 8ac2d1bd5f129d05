"""The parts that are not Winsock's alone: for each its cases, its contestants and how one run is
made."""
import os
import re
import shutil
import socket
import time
import urllib.request

import contest
from contest import (BENCH, PORTICO, SECONDS, URING, Failed, available, program, record,
                     report_lines)
from serving import load_program, record_served, serve

FULL = os.environ.get("BENCH_FULL") == "1"


# ---- post, handles: one program measures itself ----

def self_measured(part, name, cases):
    contestants = available(part, {who: (program(name), env) for who, env in PORTICO.items()} |
                            {"wine": (program(f"{name}.exe"), {})})

    def once(case, who):
        command, env = contestants[who]
        report_lines(part, case, who, contest.output_of(
            command + [str(SECONDS / 2)], 60 + 20 * SECONDS, env=env, one_cpu=case == "one CPU"))
    contest.interleaved(part, cases, contestants, once)


def post():
    self_measured("post", "win_post", ["unpinned", "one CPU"])


def handles():
    self_measured("handles", "win_handles", ["unpinned"])


# ---- echo ----

def echo_contestants():
    two = {f"{who}": (program("win_echo"), env, 2, []) for who, env in PORTICO.items()}
    two["portico-skip"] = (program("win_echo"), URING, 2, ["skip"])
    two["wine"] = (program("win_echo.exe"), {}, 2, [])
    for threads in (1, 2):
        for peer in ("uv", "asio", "epoll", "uring"):
            two[f"{peer}-{threads}"] = (program(f"{peer}_echo"), {}, threads, [])
    names = available("echo", {who: (what[0], None) for who, what in two.items()})
    return {who: two[who] for who in names}


def echo_cases():
    """(bytes, connections, one CPU). By default those the targets speak of and a few more."""
    if FULL:
        return [(size, n, one) for size in (64, 16384) for n in (1, 64, 1000, 9500)
                for one in (False, True)]
    return [(64, 1, False), (64, 64, False), (64, 1000, False), (64, 9500, False),
            (64, 1, True), (64, 64, True), (64, 9500, True),
            (16384, 1, False), (16384, 64, False), (16384, 64, True)]


def echo_case_name(case):
    return f"{case[0]} B x {case[1]}" + (", one CPU" if case[2] else "")


def echo_once(what, who, case):
    command, env, threads, options = what
    size, connections, one_cpu = case
    name = echo_case_name(case)
    measured = serve(command + [str(threads), str(size)] + options, env, lambda port: [
        load_program("load", port, connections, size, SECONDS)], SECONDS, one_cpu, who == "wine")
    record_served("echo", name, who, measured, ("trip", "round trips"))
    record("echo", name, who, "memory", measured["memory"] / connections, "bytes/connection")


def echo():
    contestants = echo_contestants()
    cases = {echo_case_name(case): case for case in echo_cases()
             if not contest.too_many_files("echo", case[1])}

    def once(name, who):
        case = cases[name]
        if who == "wine" and (case[0] != 64 or case[1] > 64):
            return False
        return echo_once(contestants[who], who, case)
    contest.interleaved("echo", list(cases), contestants, once)


# ---- pipes ----

INSTANCES = 10000


def create_instances(command, env):
    """So many pipe instances in one process: how long, and its memory for each."""
    process = contest.start(command + ["instances", str(INSTANCES)], env)
    try:
        if contest.line_from(process, 30) != "ready":
            raise Failed("not ready")
        empty = contest.anonymous_bytes(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        created = contest.line_from(process, 60).split()
        return float(created[1]), contest.anonymous_bytes(process.pid) - empty
    finally:
        contest.stop(process)


def pipes():
    contestants = available("pipes", {
        **{who: (program("win_pipes"), env) for who, env in PORTICO.items()},
        "wine": (program("win_pipes.exe"), {}), "socketpair": (program("pair_pipes"), {})})
    cases = [mode + how for mode in ("byte", "message") for how in ("", ", one CPU", ", shared port")]
    instances = f"{INSTANCES} instances"

    def once(case, who):
        command, env = contestants[who]
        if case != instances:
            mode, _, how = case.partition(", ")
            shared = ["shared"] if how == "shared port" and who != "socketpair" else []
            report_lines("pipes", case, who, contest.output_of(
                command + [mode, str(SECONDS / 2)] + shared, 30 + SECONDS, env=env,
                one_cpu=how == "one CPU"))
        elif who in PORTICO:
            created_ms, memory = create_instances(command, env)
            record("pipes", case, who, "created", created_ms, "ms")
            record("pipes", case, who, "memory", memory / INSTANCES, "bytes/instance")
        else:
            return False
    if contest.too_many_files("pipes", INSTANCES):
        instances = None
    contest.interleaved("pipes", cases + [instances] if instances else cases, contestants, once)


# ---- files ----

FILE_BLOCKS = 65536  # of 4 KiB: 256 MiB


def make_file(path):
    """Every block opens with its number."""
    if os.path.exists(path) and os.path.getsize(path) == FILE_BLOCKS * 4096:
        return
    filler = os.urandom(4088)
    with open(path, "wb") as file:
        for block in range(FILE_BLOCKS):
            file.write(block.to_bytes(8, "little") + filler)
        os.fsync(file.fileno())


def fio_rate(mode, path, depth):
    """fio with io_uring, one submission a call; no latency bookkeeping."""
    out = contest.output_of(
        ["fio", "--name=peer", f"--filename={path}", "--size=256m", "--ioengine=io_uring",
         f"--iodepth={depth}", "--iodepth_batch_submit=1", f"--direct={int(mode == 'direct')}",
         f"--rw={'write' if mode == 'write' else 'randread'}", "--norandommap",
         f"--bs={'64k' if mode == 'write' else '4k'}", "--time_based", f"--runtime={int(SECONDS * 1000)}ms",
         "--invalidate=0", "--fallocate=none", "--overwrite=1", "--randrepeat=0",
         "--gtod_reduce=1", "--thread", "--minimal"], SECONDS + 30)
    fields = out.strip().splitlines()[-1].split(";")
    return float(fields[48 if mode == "write" else 7])


def files():
    to_read, to_write = (os.path.join(BENCH, name) for name in ("blocks.bin", "written.bin"))
    for path in (to_read, to_write):  # fio writes what it likes: never into the file that is read
        make_file(path)
    with open(to_read, "rb") as file:
        while file.read(1 << 20):
            pass
    contestants = available("files", {
        **{who: (program("win_files"), env) for who, env in PORTICO.items()},
        "wine": (program("win_files.exe"), {}), "uring": (program("uring_files"), {}),
        "fio": ([shutil.which("fio")], {})})
    cases = [f"{mode} {depth}" for mode in ("cached", "direct") for depth in (1, 32, 128)]
    cases.append("write 32")

    def once(case, who):
        mode, depth = case.split()
        if who == "wine" and mode == "direct":  # Wine reads through the cache all the same
            return False
        command, env = contestants[who]
        path = to_write if mode == "write" else to_read
        if who == "fio":
            record("files", case, who, "operations", fio_rate(mode, path, depth), "/s")
            return
        name = contest.wine_path(path) if who == "wine" else path
        report_lines("files", case, who, contest.output_of(
            command + [mode, name, depth, str(SECONDS)], SECONDS + 30, env=env))
    contest.interleaved("files", cases, contestants, once)


# ---- http ----

def http_files():
    folder = os.path.join(BENCH, "www")
    os.makedirs(folder, exist_ok=True)
    for size in (4096, 1 << 20):
        path = os.path.join(folder, f"{size}.bin")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(os.urandom(size))
    return folder


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


NGINX = """{user} daemon off; master_process on; worker_processes {workers}; pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {www}; }} }}
"""


def nginx_command(www, port, workers):
    folder = os.path.join(BENCH, "nginx")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "conf"), "w") as conf:
        conf.write(NGINX.format(user="user root;" if os.geteuid() == 0 else "", workers=workers,
                                folder=folder, port=port, www=www))
    return [shutil.which("nginx"), "-p", folder, "-c", os.path.join(folder, "conf")]


def http_command(who, www, port):
    if who == "nginx":
        return nginx_command(www, port, 2)
    folder = contest.wine_path(www) if who == "wine" else www
    return program("httpd.exe" if who == "wine" else "httpd") + [str(port), folder, "2"]


def await_http(server, url, want):
    """Waits until the server answers, with the right bytes."""
    for _ in range(200):
        if server.poll() is not None:
            raise Failed("the server ended: " + server.stderr.read().strip()[-200:])
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                if reply.read() != want:
                    raise Failed("the reply differs from the file")
            return
        except OSError:
            time.sleep(0.05)
    raise Failed("no answer")


def http_once(contestants, who, size, connections, www):
    port = free_port()
    url = f"http://127.0.0.1:{port}/{size}.bin"
    with open(os.path.join(www, f"{size}.bin"), "rb") as file:
        want = file.read()
    server = contest.start(http_command(who, www, port), contestants[who][1])
    try:
        await_http(server, url, want)
        pids = [server.pid] + contest.children_of(server.pid)
        pids += contest.wine_servers() if who == "wine" else []
        before = contest.cpu_s(pids)
        out = contest.output_of(["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(SECONDS))}s",
                                 "--latency", url], SECONDS + 30)
        cpu = contest.cpu_s(pids) - before
    finally:
        contest.stop(server)
    if re.search(r"Socket errors|Non-2xx", out):
        raise Failed(re.search(r".*(Socket errors|Non-2xx).*", out)[0].strip())
    case = http_case_name(size, connections)
    record("http", case, who, "rate", float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
           "requests/s")
    record("http", case, who, "cpu", cpu * 1e6 / int(re.search(r"(\d+) requests in", out)[1]),
           "us/request")


def http_case_name(size, connections):
    return f"{size >> 10} KiB x {connections}"


def http():
    www = http_files()
    os.chmod(www, 0o755)
    if not shutil.which("wrk"):
        contest.note("http: skipped: wrk is not installed")
        return
    contestants = available("http", {
        **{who: (program("httpd"), env) for who, env in PORTICO.items()},
        "wine": (program("httpd.exe"), {}), "nginx": ([shutil.which("nginx")], {})})
    cases = {http_case_name(*case): case for case in ((4096, 64), (1 << 20, 16))}
    contest.interleaved("http", list(cases), contestants, lambda name, who: http_once(
        contestants, who, *cases[name], www))


PARTS = {"post": post, "echo": echo, "files": files, "handles": handles, "http": http, "pipes": pipes}
