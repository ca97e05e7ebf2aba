"""The load generator: keep-alive connections on one thread, closed loop for throughput, open loop for latency.

An operation is a generator that yields requests as bytes, is sent each answer, and ends when it is done; it may send several
requests. Its latency is that of all of them. An answer that is not of the expected status ends the run."""

import collections
import math
import random
import selectors
import socket
import time


class Refused(Exception):
    """An answer that a measured run must not have."""


class Answer:
    """Status and body of one answer."""

    def __init__(self, status, body):
        self.status = status
        self.body = body

    def expect(self, status):
        if self.status != status:
            raise Refused(f"answered {self.status} instead of {status}: {self.body[:300].decode('utf-8', 'replace')}")
        return self


def request(method, path, body=b"", token=None):
    """A whole HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "user-agent: bench", "accept: */*"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    elif method != "GET":
        lines.append("content-length: 0")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection:
    """One keep-alive connection and the operation on it."""

    def __init__(self, number, port):
        self.number = number
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.operation = None
        self.started = 0.0
        self.received = b""

    def begin(self, operation, started):
        self.operation = operation
        self.started = started
        self.socket.sendall(next(operation))

    def read(self):
        """The answer, when it is whole."""
        data = self.socket.recv(262144)
        if not data:
            raise Refused("the service closed a connection")
        self.received += data
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = 0
        for line in head.lower().split(b"\r\n")[1:]:
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if len(rest) < length:
            return None
        self.received = rest[length:]
        return Answer(int(head[9:12]), rest[:length])

    def advance(self):
        """Goes on with the operation; true when it has ended."""
        answer = self.read()
        if answer is None:
            return False
        try:
            self.socket.sendall(self.operation.send(answer))
            return False
        except StopIteration:
            self.operation = None
            return True


class Result:
    """What one round came to."""

    def __init__(self, latencies, seconds, client_cpu, waiting=0):
        self.latencies = sorted(latencies)
        self.count = len(latencies)
        self.seconds = seconds
        self.client_cpu = client_cpu
        self.waiting = waiting

    @property
    def rate(self):
        return self.count / self.seconds if self.seconds else 0.0

    def quantile(self, share):
        """In milliseconds."""
        if not self.latencies:
            return math.nan
        return self.latencies[min(self.count - 1, int(share * self.count))] * 1000


def run(port, clients, make, seconds=None, count=None, rate=None, seed=1):
    """Runs operations, `make(connection number)` each, on `clients` connections.

    Without `rate`, each connection begins the next one when the last has ended, until `seconds` or `count` are used up, or
    `make` returns nothing. With it they arrive as a Poisson process of that rate, and a latency counts from the arrival,
    waiting for a free connection included; what waits when a further half of the time is over is left."""
    selector = selectors.DefaultSelector()
    connections = [Connection(number, port) for number in range(clients)]
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    latencies, begun, random_source = [], 0, random.Random(seed)
    idle, waiting = collections.deque(connections), collections.deque()
    cpu, start = time.process_time(), time.perf_counter()
    end = start + seconds if seconds else math.inf
    arrival = start + (random_source.expovariate(rate) if rate else 0)
    last, exhausted = start, False

    def begin(connection, started):
        nonlocal begun, exhausted
        operation = make(connection.number)
        if operation is None:
            exhausted = True
            return False
        begun += 1
        connection.begin(operation, started)
        return True

    def more(now):
        return not exhausted and now < end and (count is None or begun < count)

    busy = 0
    while True:
        now = time.perf_counter()
        if rate:
            while arrival <= now and arrival < end:
                waiting.append(arrival)
                arrival += random_source.expovariate(rate)
            while waiting and idle and not exhausted and now < end + (seconds or 0) / 2:
                busy += begin(idle.popleft(), waiting.popleft())
            pending = arrival < end and not exhausted or waiting and not exhausted and now < end + seconds / 2
        else:
            while idle and more(now):
                busy += begin(idle.popleft(), time.perf_counter())
            pending = False
        if not busy and not pending:
            break
        timeout = max(0.0, min(arrival - now, 1.0)) if rate and arrival < end else 1.0
        for key, _ in selector.select(timeout):
            connection = key.data
            if connection.advance():
                last = time.perf_counter()
                latencies.append(last - connection.started)
                busy -= 1
                if not rate and more(last):
                    busy += begin(connection, last)
                else:
                    idle.append(connection)
    used = time.process_time() - cpu
    for connection in connections:
        connection.socket.close()
    return Result(latencies, last - start, used, len(waiting))
