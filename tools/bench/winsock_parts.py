"""The parts that are Winsock's: datagrams, connections that come and go, files that are sent, and as
many connections as one process holds."""
import os
import shutil

import contest
import parts
from contest import PORTICO, SECONDS, URING, available, program, record
from serving import load_program, record_served, serve

SHORT = SECONDS / 2


def served(part, cases, contestants, loads, what):
    """Every contestant on every case (name -> (clients, one CPU)); loads(port, clients)."""
    def once(case, who):
        clients, one_cpu = cases[case]
        command, env = contestants[who]
        measured = serve(command, env, lambda port: loads(port, clients), SHORT, one_cpu,
                         who == "wine")
        record_served(part, case, who, measured, what)
    contest.interleaved(part, list(cases), available(part, contestants), once)


def with_threads(name, threads, *arguments):
    command = program(name)
    return command and command + [str(threads), *arguments]


def win32(name, *arguments):
    """`portico` has two threads, as the others have that no number follows."""
    found = {who: (with_threads(name, 2, *arguments), env) for who, env in PORTICO.items()}
    found["portico-1"] = (with_threads(name, 1, *arguments), URING)
    found["wine"] = (with_threads(f"{name}.exe", 2, *arguments), {})
    return found


def udp():
    peers = [("uv", 1), ("asio", 1), ("asio", 2), ("epoll", 1)]
    served("udp", {"64 B x 1": (1, False), "64 B x 64": (64, False), "64 B x 64, one CPU": (64, True)},
           win32("win_udp", "64") |
           {f"{peer}-{n}": (with_threads(f"{peer}_udp", n, "64"), {}) for peer, n in peers},
           lambda port, clients: [load_program("load", port, clients, 64, SHORT, "udp")],
           ("trip", "round trips"))


def connect():
    served("connect", {"x 64": (64, False), "x 64, one CPU": (64, True)},
           win32("win_accept") |
           {f"{peer}-{n}": (with_threads(f"{peer}_echo", n, "0"), {})
            for peer in ("uv", "asio") for n in (1, 2)},
           lambda port, clients: [load_program("load_connect", port, clients, SHORT)],
           ("connection", "connections"))


def nginx_server(www):
    """nginx with one worker, which tells its port as the others do."""
    port = parts.free_port()
    nginx = parts.nginx_command(www, port, 1)
    return nginx and ["sh", "-c", f"echo port {port}; exec \"$@\"", "sh", *nginx]


def transmit():
    www = parts.http_files()
    for size, clients in ((1 << 20, 16), (4096, 64)):
        path = os.path.join(www, f"{size}.bin")
        contestants = {who: (with_threads("win_transmit", 1, path), env)
                       for who, env in PORTICO.items()}
        contestants["wine"] = (with_threads("win_transmit.exe", 1, contest.wine_path(path)), {})
        contestants["sendfile"] = (with_threads("epoll_sendfile", 1, path), {})
        contestants["nginx"] = (nginx_server(www) if shutil.which("nginx") else None, {})
        served("transmit", {f"{size >> 10} KiB x {clients}": (clients, False)}, contestants,
               lambda port, n, path=path: [load_program("load_file", port, n, SHORT, path)],
               ("answer", "answers"))


# ---- many ----

MANY = 50000
MANY_PER_LOAD = 12500


def hold(command, env, connections):
    """The loads come from an address each: one has too few ports."""
    count = -(-connections // MANY_PER_LOAD)
    return serve(command, env, lambda port: [
        load_program("load", port, connections // count, 64, 0, f"127.0.0.{i + 2}")
        for i in range(count)], 60)


def many():
    """Each connection has a receive pending; then one echo on each, all at once. Where the limit of
    open files forbids so many, as many as it allows."""
    refused = contest.too_many_files("many", MANY)
    connections = contest.most_files() - 300 if refused else MANY
    contest.too_many_files("many", connections)
    contestants = {who: (with_threads("win_echo", 2, "64"), env) for who, env in PORTICO.items()}
    contestants |= {f"{peer}-2": (with_threads(f"{peer}_echo", 2, "64"), {})
                    for peer in ("uv", "asio", "epoll")}

    def once(case, who):
        measured = hold(*contestants[who], connections)
        record("many", case, who, "memory", measured["memory"] / connections, "bytes/connection")
        record("many", case, who, "round", measured["took"] * 1e3, "ms for an echo on each")
        record("many", case, who, "cpu", measured["cpu"], "us/echo")
    contest.interleaved("many", [f"{connections} held"], available("many", contestants), once, rounds=1)


PARTS = {"udp": udp, "connect": connect, "transmit": transmit, "many": many}
