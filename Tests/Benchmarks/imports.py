"""How long a large file of leads takes, whether visitors notice, and how long taking it back takes.

    scripts/with-postgres python3 Tests/Benchmarks/imports.py --executable .build/release/huifang

Inquiries arrive at a steady rate: alone, then while the file is handed in, tried and comes in. They are entries of the staff, which the
statement of a visitor's inquiry stores. Target: all rows in a minute, the p99 of an inquiry within 1.2 times. Rounds by turns in one service."""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import load
from database import Database
from operations import adviser_token
from service import Service

CONSENT = {"consent": {"basis": "written", "evidence": "bench"}}


def call(port, method, path, body=None, kind="application/json"):
    """An administrator's request, its answer as JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Bearer {adviser_token(99)}"}
    if body is not None:
        headers["Content-Type"] = kind
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path} was answered {answer.status}: {text[:300]}")
    return json.loads(text) if text else None


def timed(what, work):
    begun = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - begun
    print(f"  {what}: {seconds:.1f} s", flush=True)
    return result, seconds


class Inquiries:
    """Inquiries at a steady rate, each with a number of its own."""

    def __init__(self, port, rate):
        self.port, self.rate, self.number = port, rate, 0

    def make(self, _):
        self.number += 1
        return self._one(self.number)

    def _one(self, number):
        body = json.dumps({"name": "王芳", "phone": f"138{number:08d}", **CONSENT}).encode()
        answer = yield load.request("POST", "/api/v1/leads", body, adviser_token(99))
        answer.expect(201)

    def run(self, seconds):
        result = load.run(self.port, 8, self.make, seconds=seconds, rate=self.rate, seed=self.number + 1)
        return result.quantile(0.5), result.quantile(0.99)


def bring_in(service, database, rows, first):
    """Hands a file in and waits until it is in; returns the batch and the seconds of its coming in."""
    text = "姓名,手机,来源,备注\r\n" + "".join(f"王小明,139{first + k:08d},展会,想问积分\r\n" for k in range(rows))
    draft, _ = timed("handed in", lambda: call(service.port, "POST", "/api/v1/import-files", text.encode(), "text/csv"))
    path = f"/api/v1/imports/{draft['id']}"
    tried, _ = timed("tried", lambda: call(service.port, "POST", path + "/try", b"{}"))
    if tried["new"] != rows:
        raise SystemExit(f"of {rows} rows {tried['new']} are new")
    call(service.port, "POST", path + "/start", json.dumps(CONSENT).encode())

    def wait():
        while call(service.port, "GET", path)["state"] in ("queued", "running"):
            time.sleep(0.2)

    _, seconds = timed("came in", wait)
    done = call(service.port, "GET", path)
    stored = database.number(f"SELECT count(*) FROM lead_import_inquiries WHERE import_id = '{draft['id']}'")
    if done["state"] != "done" or done["new"] != rows or stored != rows:
        raise SystemExit(f"{done}, {stored} traced")
    return path, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=20, help="inquiries a second (%(default)s)")
    parser.add_argument("--port", type=int, default=18510)
    options = parser.parse_args()
    socket = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    Database(options.programs, socket, "postgres").psql("CREATE DATABASE imports")
    database = Database(options.programs, socket, "imports")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr,
                       env={**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": folder})
        service = Service(options.executable, folder, database.conninfo, options.port, 9)
        try:
            service.start()
            database.psql(file="advisers.sql")
            inquiries = Inquiries(service.port, options.rate)
            inquiries.run(5)
            ratios, times = [], []
            for number in range(options.rounds):
                database.psql("UPDATE staff_sessions SET step_up_at = now()")
                alone = inquiries.run(15)
                box = {}
                thread = threading.Thread(target=lambda: box.update(zip(
                    ("path", "seconds"), bring_in(service, database, options.rows, number * options.rows))))
                thread.start()
                beside = inquiries.run(15)
                thread.join()
                if "path" not in box:
                    raise SystemExit("the import failed")
                times.append(box["seconds"])
                ratios.append(beside[1] / alone[1])
                print(f"round {number + 1}: inquiries p50/p99 {alone[0]:.1f}/{alone[1]:.1f} ms alone, {beside[0]:.1f}/{beside[1]:.1f} ms beside: "
                      f"{ratios[-1]:.2f} times; memory {service.resident():.0f} MB, at most {service.resident('VmHWM'):.0f} MB", flush=True)
                database.psql("UPDATE staff_sessions SET step_up_at = now()")
                timed("taken back", lambda: call(service.port, "POST", box["path"] + "/undo"))
            print(f"{options.rows:,} rows in {statistics.median(times):.1f} s ({min(times):.1f}–{max(times):.1f}); "
                  f"p99 {statistics.median(ratios):.2f} times ({min(ratios):.2f}–{max(ratios):.2f})")
        finally:
            service.stop()


if __name__ == "__main__":
    main()
