"""How soon two hundred open consoles are told of a change, and what that costs.

    scripts/with-postgres python3 Tests/Benchmarks/consoles.py --executable .build/release/huifang

Every console is a person of its own with one event stream. Tasks change by SQL, at a fixed rate and no task twice within a few
seconds, so that the service's processor time is the streams' alone. A latency counts from before the change is sent to the
database until a console's socket has the event that names the task."""

import argparse
import json
import multiprocessing
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time

import load
from database import Database
from operations import adviser_token
from service import Service, cluster_cpu_seconds

TASK = re.compile(rb'"id":"([0-9a-f-]{36})"')


def change(pipe, command, environment, tasks, rate, seconds):
    """Changes one task after the other; tells when each was."""
    psql = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, bufsize=1)
    times, begun = [], time.monotonic()
    for number in range(int(rate * seconds)):
        rest = begun + number / rate - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        task = tasks[number % len(tasks)]
        times.append((task, time.monotonic()))
        psql.stdin.write(f"UPDATE callback_tasks SET next_attempt_at = next_attempt_at + interval '1 microsecond' WHERE id = '{task}';\n")
    psql.stdin.close()
    psql.wait()
    pipe.send(times)


def listen(port, consoles):
    """Streams that are open, each with what a browser would send."""
    selector = selectors.DefaultSelector()
    for number in range(consoles):
        stream = socket.create_connection(("127.0.0.1", port), timeout=10)
        stream.sendall(load.request("GET", "/api/v1/events", token=adviser_token(1000 + number)))
        head = b""
        while b"\r\n\r\n" not in head:
            head += stream.recv(65536)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"a stream was answered {head[:80]}")
        stream.setblocking(False)
        selector.register(stream, selectors.EVENT_READ, number)
    return selector


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50, help="changes a second (%(default)s)")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--port", type=int, default=18490)
    options = parser.parse_args()
    place = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    Database(options.programs, place, "postgres").psql("CREATE DATABASE consoles")
    database = Database(options.programs, place, "consoles")
    with open(os.path.join(place, "cluster", "postmaster.pid")) as file:
        postmaster = int(file.readline())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr,
                       env={**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": folder})
        service = Service(options.executable, folder, database.conninfo, options.port, 9)
        service.start()
        try:
            database.psql(file="advisers.sql")
            database.psql(f"""
                INSERT INTO staff (id, username, display_name, role, password_hash, must_change_password, created_at)
                SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'bench-' || n, 'bench-' || n, 'adviser', 'none', false, now()
                FROM generate_series(1000, {999 + options.consoles}) n;
                INSERT INTO staff_sessions (id, token_hash, staff_id, created_at, last_seen_at, expires_at, step_up_at)
                SELECT gen_random_uuid(), sha256(convert_to(rpad('bench-' || n || '-', 43, '0'), 'UTF8')),
                       ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, now(), now(), now() + interval '12 hours', now()
                FROM generate_series(1000, {999 + options.consoles}) n""")
            left = iter(range(options.tasks))

            def enter(_):
                number = next(left, None)
                return None if number is None else one(number)

            def one(number):
                body = json.dumps({"name": "王芳", "phone": f"138{number:08d}", "consent": {"basis": "call_in", "evidence": "bench"}}).encode()
                answer = yield load.request("POST", "/api/v1/leads", body, adviser_token(99))
                answer.expect(201)

            load.run(options.port, 8, enter)
            tasks = [row[0] for row in database.psql("SELECT id FROM callback_tasks ORDER BY id")]
            before = service.resident()
            selector = listen(options.port, options.consoles)
            time.sleep(3)
            command = [f"{options.programs}/psql", "-X", "-q"]
            mine, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(
                target=change, args=(theirs, command, database.environment, tasks, options.rate, options.seconds), daemon=True)
            seen, rest, most = [], {}, 0.0
            cpu, cluster, begun = service.cpu(), cluster_cpu_seconds(postmaster), time.monotonic()
            process.start()
            done = None
            while done is None or time.monotonic() < done + 3:
                for key, _ in selector.select(0.2):
                    data = key.fileobj.recv(1 << 20)
                    if not data:
                        raise SystemExit("a stream ended")
                    now = time.monotonic()
                    whole, _, rest[key.data] = (rest.get(key.data, b"") + data).rpartition(b"\n")
                    seen.append((key.data, now, whole))
                if done is None and mine.poll():
                    times, done = mine.recv(), time.monotonic()
                    used = (service.cpu() - cpu, cluster_cpu_seconds(postmaster) - cluster, done - begun)
                    most = service.resident("VmHWM")
            process.join()
            changed = {}
            for task, at in times:
                changed.setdefault(task.encode(), []).append(at)
            first = {}
            for console, now, whole in seen:
                for task in TASK.findall(whole):
                    # The newest change before the event is the one it tells.
                    at = max((at for at in changed.get(task, ()) if at <= now), default=None)
                    if at is not None:
                        first.setdefault((console, task, at), now - at)
            latencies = sorted(first.values())
            expected = options.consoles * len(times)
            share = lambda part: latencies[min(len(latencies) - 1, int(part * len(latencies)))]
            print(f"{options.consoles} consoles, {len(times)} changes at {options.rate:.0f}/s: {len(latencies):,} of {expected:,} seen, p50 {share(0.5):.2f} s, "
                  f"p99 {share(0.99):.2f} s, slowest {share(1):.2f} s")
            print(f"service {used[0] / used[2] * 100:.1f} % of one core, PostgreSQL {used[1] / used[2] * 100:.1f} %, changes included; resident at most "
                  f"{most:.0f} MB, {before:.0f} MB before; load average {os.getloadavg()[0]:.1f}")
            if len(latencies) != expected:
                raise SystemExit("not every console was told of every change")
        finally:
            service.stop()


main()
