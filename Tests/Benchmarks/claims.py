"""Whether a claim takes as long with a million closed and ten thousand open tasks as with a hundred open ones alone.

    scripts/with-postgres python3 Tests/Benchmarks/claims.py --executable .build/release/huifang

Two databases and two services side by side; one adviser claims and gives back in turns, over HTTP. Only claims are timed. Open
tasks come through the API, so that they are sealed as always; closed ones are written by SQL and never read."""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import load
from database import Database
from operations import adviser_token
from service import Service

ENTRY = {"consent": {"basis": "call_in", "evidence": "bench"}}

def fill(service, database, opened, closed):
    """So many open tasks through the API, and so many closed ones."""
    database.psql(file="prepare.sql")
    database.psql(file="advisers.sql")
    for first in range(0, closed, 100_000):
        database.psql(f"""
            WITH lead AS (
                INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                SELECT gen_random_uuid(), bench_hash('closed-' || k), 1, bench_sealed(14), bench_hash('four-' || k % 10000),
                       now() - interval '1 year' + k * interval '20 seconds'
                FROM generate_series({first + 1}, {min(first + 100_000, closed)}) k RETURNING id, created_at
            ), inquiry AS (
                INSERT INTO inquiries (id, lead_id, name_sealed, name_index, source, accepted_at, due_at, provisional, met_at)
                SELECT gen_random_uuid(), id, bench_sealed(9), bench_hash('name'), '{{}}', created_at, created_at + interval '1 day', false,
                       created_at + interval '1 hour' FROM lead
                RETURNING id, lead_id, accepted_at, due_at, met_at
            )
            INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional, met_at,
                                        next_attempt_at, closed_at, closed_reason)
            SELECT gen_random_uuid(), lead_id, id, 'closed', accepted_at, accepted_at, due_at, false, met_at, accepted_at, met_at, 'converted'
            FROM inquiry""")
    number = [0]

    def enter(_):
        number[0] += 1
        return one(number[0]) if number[0] <= opened else None

    def one(k):
        body = json.dumps({"name": "王芳", "phone": f"138{k:08d}", **ENTRY}).encode()
        answer = yield load.request("POST", "/api/v1/leads", body, adviser_token(99))
        answer.expect(201)

    load.run(service.port, 8, enter)
    # As after a night: nothing is fresh any more, and the oldest were promised first.
    database.psql("""UPDATE callback_tasks SET accepted_at = accepted_at - interval '20 hours', newest_inquiry_at = newest_inquiry_at - interval '20 hours',
                     next_attempt_at = next_attempt_at - interval '20 hours' WHERE state = 'open'""")
    database.psql("VACUUM ANALYZE")
    counts = [database.number(f"SELECT count(*) FROM callback_tasks WHERE state = '{state}'") for state in ("open", "closed")]
    if counts != [opened, closed]:
        raise SystemExit(f"{counts} tasks, not {[opened, closed]}")


def claims(port, count):
    """Milliseconds of so many claims, each given back."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {adviser_token(1)}"}
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.request("POST", "/api/v1/callbacks/claim", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise SystemExit(f"a claim was answered {answer.status}")
        connection.request("POST", f"/api/v1/callbacks/{json.loads(body)['id']}/release", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise SystemExit(f"a release was answered {answer.status}")
    return sorted(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--closed", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=300, help="claims a round and side (%(default)s)")
    parser.add_argument("--port", type=int, default=18490)
    options = parser.parse_args()
    socket = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    server = Database(options.programs, socket, "postgres")
    services = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for side, (name, opened, closed) in enumerate([("small", 100, 0), ("large", options.open, options.closed)]):
                server.psql(f"CREATE DATABASE {name}")
                database = Database(options.programs, socket, name)
                home = os.path.join(folder, name)
                os.mkdir(home)
                subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr,
                               env={**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": home})
                service = Service(options.executable, home, database.conninfo, options.port + 2 * side, 9)
                service.start()
                services.append(service)
                begun = time.monotonic()
                fill(service, database, opened, closed)
                print(f"{name}: {opened:,} open and {closed:,} closed tasks, filled in {time.monotonic() - begun:.0f} s", flush=True)
            for service in services:
                claims(service.port, 50)
            ratios = []
            for number in range(options.rounds):
                sides = list(enumerate(services))
                times = {side: claims(service.port, options.count) for side, service in (sides if number % 2 else sides[::-1])}
                half = [statistics.median(times[side]) for side in (0, 1)]
                slow = [times[side][int(0.99 * options.count)] for side in (0, 1)]
                ratios.append(half[1] / half[0])
                print(f"round {number + 1}: p50 {half[0]:.2f} and {half[1]:.2f} ms, p99 {slow[0]:.1f} and {slow[1]:.1f} ms, "
                      f"ratio {ratios[-1]:.2f}; load average {os.getloadavg()[0]:.1f}", flush=True)
            ratio = statistics.median(ratios)
            print(f"median ratio {ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f}); within 1.3: {'yes' if ratio <= 1.3 else 'no'}")
        finally:
            for service in services:
                service.stop()


main()
