"""What the parts of the benchmark share: the contestants' processes, the measures taken from /proc,
and the table of results. A contestant that fails is named in `notes` and left out of its round."""
import collections
import os
import re
import resource
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BENCH_BUILD", "build"))
BENCH = os.path.join(BUILD, "bench")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
WINE = shutil.which("wine64") or next(
    (p for p in ("/usr/lib/wine/wine64", "/usr/bin/wine") if os.access(p, os.X_OK)), None)
PORTICO = {"portico": {"PORTICO_ENGINE": "uring"}, "portico-epoll": {"PORTICO_ENGINE": "epoll"}}
URING = PORTICO["portico"]
WINE_ENV = {"WINEPREFIX": os.path.join(BENCH, "wine"), "WINEDEBUG": "-all", "DISPLAY": ""}

results = collections.defaultdict(list)  # (part, case, contestant, metric) -> a value a round
units = {}  # (part, metric) -> unit
notes = []
running = []


class Failed(Exception):
    pass


def note(text):
    if text not in notes:
        notes.append(text)
        print(f"   ! {text}", file=sys.stderr, flush=True)


def record(part, case, who, metric, value, unit):
    results[part, case, who, metric].append(value)
    units[part, metric] = unit


def median(part, case, who, metric):
    values = results.get((part, case, who, metric))
    return statistics.median(values) if values else None


def program(name):
    """The command of a program under build/bench, None if it was not built."""
    path = os.path.join(BENCH, name)
    if not os.path.exists(path):
        return None
    return [WINE, path] if name.endswith(".exe") else [path]


def available(part, contestants):
    """The contestants whose program is there; the others are named."""
    missing = [who for who, (command, _) in contestants.items() if not command or None in command]
    for who in missing:
        note(f"{part}: {who} skipped: not installed or not built")
    return {who: what for who, what in contestants.items() if who not in missing}


def report_lines(part, case, who, out):
    """Records the `name value unit` lines of a win_*.c program."""
    for line in out.splitlines():
        name, value, unit = line.split()
        record(part, case, who, name, float(value), unit)


def wine_path(path):
    return "Z:" + path.replace("/", "\\")


def start(command, env=None, one_cpu=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE):
    """Starts a process that stop_all ends; on CPU 0 alone if asked, and Wine's server with it."""
    if command[0] == WINE:
        for pid in wine_servers():
            os.sched_setaffinity(pid, [0] if one_cpu else range(os.cpu_count()))
    if one_cpu:
        command = ["taskset", "-c", "0"] + command
    wine = WINE_ENV if WINE in command else {}
    process = subprocess.Popen(command, env={**os.environ, **wine, **(env or {})}, text=True,
                               stdin=subprocess.PIPE, stdout=stdout, stderr=stderr)
    running.append(process)
    return process


def stop(process):
    """Ends a process: asked first, since nginx's master then ends its workers."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
    for stream in filter(None, (process.stdin, process.stdout, process.stderr)):
        stream.close()
    process.wait()
    running.remove(process)


def stop_all():
    for process in list(running):
        stop(process)
    for pid in wine_processes():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def line_from(process, limit_s):
    """The next line the process prints; Failed with its errors if it ends or stays silent."""
    ready, _, _ = select.select([process.stdout], [], [], limit_s)
    line = process.stdout.readline() if ready else ""
    if not line:
        silent = process.poll() is None and not ready
        process.kill()
        error = process.stderr.read().strip().splitlines()
        raise Failed(f"silent for {limit_s:.0f} s" if silent else
                     error[-1] if error else f"ended with {process.wait()}")
    return line.strip()


def output_of(command, limit_s, **how):
    """All that a process prints; Failed if it does not end well in time. Through files: Wine's
    services would keep a pipe open."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = start(command, stdout=out, stderr=errors, **how)
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {limit_s:.0f} s") from None
        finally:
            stop(process)
        out.seek(0)
        errors.seek(0)
        if status != 0:
            raise Failed((errors.read().strip().splitlines() or [f"ended with {status}"])[-1])
        return out.read()


def wine_processes():
    """pid -> name of every process of our prefix: its server, services, programs."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as comm, open(f"/proc/{pid}/environ", "rb") as environ:
                if f"WINEPREFIX={WINE_ENV['WINEPREFIX']}\0".encode() in b"\0" + environ.read():
                    found[int(pid)] = comm.read().strip()
        except OSError:
            pass
    return found


def wine_servers():
    return [pid for pid, name in wine_processes().items() if name.startswith("wineserver")]


def prepare_wine():
    """Makes the prefix and starts a server that stays, so that no run pays for that."""
    server = next((p for p in ("/usr/lib/wine/wineserver64", shutil.which("wineserver"))
                   if p and os.access(p, os.X_OK)), None)
    if not WINE:
        return
    try:
        output_of([WINE, "wineboot", "-i"], 180)
        if server:
            subprocess.run([server, "-p"], env={**os.environ, **WINE_ENV}, check=False)
    except Failed as error:
        note(f"wine: {error}")


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return [int(child) for child in children.read().split()]
    except OSError:
        return []


def cpu_s(pids):
    """CPU seconds that these processes have used."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * TICK_S


def anonymous_bytes(pid):
    """User memory: the anonymous pages of a process."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return int(re.search(r"^Anonymous:\s+(\d+) kB", rollup.read(), re.M)[1]) * 1024


def most_files():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def too_many_files(part, count):
    """Whether this process may not open so many descriptors; raises the limit as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200
    try:
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, OSError):
        note(f"{part}: {count} of them skipped: the limit of open files is {hard}")
        return True
    return False


def busy_s():
    """CPU seconds that all of the machine has used."""
    with open("/proc/stat") as stat:
        fields = [int(f) for f in stat.readline().split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) * TICK_S


def others_percent():
    """How much of the machine others use while this program sleeps."""
    before = busy_s()
    time.sleep(1)
    return 100 * (busy_s() - before) / os.cpu_count()


def interleaved(part, cases, contestants, once, rounds=ROUNDS):
    """Every contestant in turn on every case, `rounds` times. once(case, who) records; False: not a
    case for this one."""
    out = set()
    for round_number in range(rounds):
        for case in cases:
            for who in contestants:
                if (case, who) in out:
                    continue
                begin = time.monotonic()
                try:
                    if once(case, who) is False:
                        out.add((case, who))
                        continue
                except (Failed, OSError, BrokenPipeError) as error:
                    note(f"{part} {case} {who}: left out from round {round_number + 1}: {error}")
                    out.add((case, who))
                print(f"   {part} {round_number + 1}/{rounds} {case} {who} "
                      f"{time.monotonic() - begin:.1f} s", file=sys.stderr, flush=True)
