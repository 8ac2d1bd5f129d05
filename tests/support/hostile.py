#!/usr/bin/env python3
"""Clients that a server must survive. usage: hostile.py WHAT PORT FOLDER"""

import concurrent.futures
import contextlib
import os
import pathlib
import socket
import struct
import sys
import threading

DEADLINE_S = 30
LARGE = 64 * 1024 * 1024


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)


def reset(client):
    """Closes so that the peer sees a reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def read_all(client):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while True:
            part = client.recv(1 << 16)
            if not part:
                break
            data += part
    return data


def request(name, keep=False):
    close = "" if keep else "Connection: close\r\n"
    return f"GET /{name} HTTP/1.1\r\nHost: x\r\n{close}\r\n".encode()


def read_response(client):
    """(status, promised length, body): the body is what came before the end, or the length."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(1 << 16)
        assert part, f"the connection ended within the head: {data!r}"
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    length = int(headers["content-length"])
    with contextlib.suppress(ConnectionResetError):
        while len(body) < length:
            part = client.recv(1 << 20)
            if not part:
                break
            body += part
    return int(lines[0].split()[1]), length, body


def fetch(port, name):
    with connect(port) as client:
        client.sendall(request(name))
        return read_response(client)


def still_serves(port, folder):
    for name in ("small", "middle"):
        status, _, body = fetch(port, name)
        assert status == 200 and body == (folder / name).read_bytes(), f"{name}: {status}"


def malformed(port, folder):
    refused = {
        b"\r\n\r\n": 400,
        b"GET\r\n\r\n": 400,
        b"/small HTTP/1.1\r\n\r\n": 400,
        b"GET /small\r\n\r\n": 400,
        b"GET /small FTP/1.1\r\n\r\n": 400,
        b"GET small HTTP/1.1\r\n\r\n": 400,
        b"GET /%zz HTTP/1.1\r\n\r\n": 400,
        b"GET /%00 HTTP/1.1\r\n\r\n": 400,
        b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n\r\n": 400,
        b"GET /../../etc/passwd HTTP/1.1\r\n\r\n": 400,
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n": 400,
        b"BREW /small HTTP/1.1\r\n\r\n": 405,
        b"GET /" + b"a" * 20480 + b" HTTP/1.1\r\n\r\n": 431,
        b"x" * 20480: 431,
        b"GET /no-such-file HTTP/1.1\r\n\r\n": 404,
        b"GET / HTTP/1.1\r\n\r\n": 404,
    }
    for text, status in refused.items():
        with connect(port) as client:
            with contextlib.suppress(ConnectionError):
                client.sendall(text)
            answer = b""
            with contextlib.suppress(ConnectionError):
                answer = client.recv(1 << 16)
            # A refusal may be lost to the reset that unread bytes cause.
            assert not answer or answer.split()[1] == str(status).encode(), f"{text[:40]}: {answer}"
            assert answer or len(text) > 8192, f"{text[:40]!r}: no answer"
    for text in (
        os.urandom(4096) + b"\r\n\r\n",
        b"\0" * 100 + b"\r\n\r\n",
        b"GET /small\0 HTTP/1.1\r\n\r\n",
        b"\0\r\n\r\n" * 500,
        b"GET /small HTTP/1.1\n\n",
        b"GET /small HT",
        b"",
    ):
        with connect(port) as client:
            with contextlib.suppress(ConnectionError):
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                read_all(client)


def one_byte_at_a_time(port, folder):
    with connect(port) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("small"):
            client.sendall(bytes([byte]))
        assert read_response(client)[2] == (folder / "small").read_bytes()


def pipelined(port, folder):
    with connect(port) as client:
        client.sendall(request("small", keep=True) * 20 + request("small"))
        answer = read_all(client)
        assert answer.count((folder / "small").read_bytes()) == 21, len(answer)


def idle_neighbours(port, folder):
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(port)) for _ in range(50)]
        for client in idle[::2]:
            client.sendall(b"GET /sm")
        still_serves(port, folder)
        idle[0].sendall(b"all HTTP/1.1\r\n\r\n")
        assert read_response(idle[0])[2] == (folder / "small").read_bytes()


def slow_readers(port, folder):
    """They ask for the large file and take a little of it; others are served meanwhile."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(port)) for _ in range(8)]
        for client in slow:
            client.sendall(request("large"))
            assert client.recv(100)
        still_serves(port, folder)


def resets(port, folder):
    for taken in (0, 1, 1000, 1 << 20, LARGE // 2):
        for name in ("large", "small"):
            client = connect(port)
            client.sendall(request(name))
            while taken > 0 and name == "large":
                taken -= len(client.recv(min(taken, 1 << 20)))
            reset(client)
    for text in (b"", b"GET /", request("small", keep=True) * 50):
        client = connect(port)
        client.sendall(text)
        reset(client)


def changing(port, folder, name, change):
    """Asks for a file that `change` is done to when the answer has begun."""
    path = folder / name
    path.write_bytes(b"a" * LARGE)
    with connect(port) as client:
        client.sendall(request(name, keep=True))
        first = client.recv(20, socket.MSG_PEEK)
        assert first.startswith(b"HTTP/1.1 200"), first
        change(path)
        status, length, body = read_response(client)
    path.unlink(missing_ok=True)
    return length, len(body)


def grow(path):
    with path.open("ab") as file:
        file.write(b"b" * LARGE)


def vanishing(port, folder):
    length, came = changing(port, folder, "vanishing", pathlib.Path.unlink)
    assert came == length == LARGE, (length, came)


def growing(port, folder):
    length, came = changing(port, folder, "growing", grow)
    assert came == length == LARGE, (length, came)


def shrinking(port, folder):
    length, came = changing(port, folder, "shrinking", lambda path: os.truncate(path, LARGE // 2))
    assert length == LARGE and LARGE // 2 <= came < LARGE, (length, came)
    length, came = changing(port, folder, "shrinking", lambda path: os.truncate(path, 0))
    assert length == LARGE and came < LARGE, (length, came)


def flickering(port, folder):
    """Files that come, go and change their size all the time, small and large."""
    path = folder / "flickering"
    done = threading.Event()

    def flicker():
        turn = 0
        while not done.is_set():
            turn += 1
            path.write_bytes(b"f" * (turn * 7919 % 200000))
            if turn % 3 == 0:
                path.unlink()

    writer = threading.Thread(target=flicker)
    writer.start()
    try:
        for _ in range(300):
            with connect(port) as client:
                client.sendall(request("flickering"))
                answer = read_all(client)
            head, _, body = answer.partition(b"\r\n\r\n")
            if head:
                length = int(head.split(b"Content-Length: ")[1].split()[0])
                assert len(body) <= length, (length, len(body))
    finally:
        done.set()
        writer.join()


def crowd(port, folder):
    want = (folder / "middle").read_bytes()
    everybody = threading.Barrier(200)

    def member(_):
        with connect(port) as client:
            everybody.wait(DEADLINE_S)
            client.sendall(request("middle", keep=True))
            one = read_response(client)[2]
            client.sendall(request("middle"))
            return one == want and read_response(client)[2] == want

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        assert all(pool.map(member, range(200)))


def hold_transfers(port, folder):
    """Begins transfers, says so, and keeps them open until the input ends."""
    clients = [connect(port) for _ in range(20)]
    for client in clients:
        client.sendall(request("large"))
        assert client.recv(100)
    print("held", flush=True)
    sys.stdin.read()


def main(what, port, folder):
    folder = pathlib.Path(folder)
    globals()[what](int(port), folder)
    if what != "hold_transfers":
        still_serves(int(port), folder)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
