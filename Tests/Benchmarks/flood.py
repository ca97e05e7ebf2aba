"""What a visitor feels of a flood: so many code requests from a thousand addresses in a closed loop, while inquiries are submitted.

    scripts/with-postgres python3 Tests/Benchmarks/flood.py --executable .build/debug/huifang

Two floods: against the budgets as they are shipped, which refuse most of it, and with the budgets lifted, so that every request
stores a code and sends a message. Commits are forced to disk. The visitors' codes are issued before; their submits arrive as a
Poisson process, and a latency counts from the arrival. Bounded in requests and time; nothing leaves this machine."""

import argparse
import collections
import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time

import load
from database import Database
from operations import Ledger
from service import Gateway, Service

ADDRESSES = 1000
# Codes live for five minutes.
LONGEST = 240


def from_address(number, request):
    """The same request as our proxy passes it on: each address in a network of its own."""
    address = f"{20 + number // 250}.{number % 250}.7.9"
    return request.replace(b"\r\n\r\n", f"\r\nx-forwarded-for: {address}\r\n\r\n".encode(), 1)


def flood(pipe, port, clients, count):
    """Asks for codes as fast as they are answered, whatever the answers are."""
    answers, asked, end = collections.Counter(), 0, time.monotonic() + LONGEST

    def ask(number):
        body = json.dumps({"phone": f"15{number % 10}{number * 7919 % 100_000_000:08d}", "purpose": "inquiry"}).encode()
        answer = yield from_address(number % ADDRESSES, load.request("POST", "/api/v1/verification-codes", body))
        answers[answer.status] += 1

    def make(_):
        nonlocal asked
        asked += 1
        return ask(asked) if time.monotonic() < end else None

    pipe.send("ready")
    pipe.recv()
    result = load.run(port, clients, make, count=count)
    pipe.send((result.count, result.seconds, result.quantile(0.5), result.quantile(0.99), dict(answers)))


class Visitors:
    """People with a code in hand, each at an address of their own."""

    def __init__(self, ledger):
        self.ledger = ledger

    def submit(self, number):
        operation = self.ledger.submit(number)
        return operation and self._from(operation)

    def _from(self, operation):
        answer = yield from_address(ADDRESSES + len(self.ledger.ready), next(operation))
        try:
            operation.send(answer)
        except StopIteration:
            pass


def line(name, result):
    print(f"{name}: {result.count} submits at {result.rate:.1f}/s, p50 {result.quantile(0.5):.1f} ms, "
          f"p99 {result.quantile(0.99):.1f} ms, slowest {result.quantile(1):.1f} ms", flush=True)


def run(options, name, folder, database, gateway, factor):
    service = Service(options.executable, folder, database.conninfo, options.port, gateway.port)
    service.environment.update({"HUIFANG_TRUSTED_PROXIES": "127.0.0.1/32", "HUIFANG_BUDGET_FACTOR": "1000000"})
    service.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", options.port, timeout=10)
        connection.request("GET", "/api/v1/privacy-notice")
        ledger = Ledger(json.loads(connection.getresponse().read())["version"])
        visitors = Visitors(ledger)
        load.run(options.port, 16, ledger.code, count=options.visits + 100)
        ledger.receive(gateway)
        if factor == 1:
            service.stop()
            # The visitors' codes fill no budget, and are none that do not come back.
            database.psql("DELETE FROM send_budgets; DELETE FROM phone_budgets; UPDATE verification_challenges SET withheld = true")
            service.environment.update({"HUIFANG_BUDGET_FACTOR": "1", "HUIFANG_PROOF_OF_WORK": "auto"})
            service.start()
        before = database.number("SELECT count(*) FROM verification_challenges")
        mine, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=flood, args=(theirs, options.port, options.clients, options.requests), daemon=True)
        process.start()
        mine.recv()
        print(f"{name}; load average {os.getloadavg()[0]:.1f}", flush=True)
        line("  without a flood", load.run(options.port, 8, visitors.submit, seconds=10, rate=options.rate))
        mine.send("go")
        result = load.run(options.port, 8, lambda number: None if mine.poll() else visitors.submit(number), seconds=LONGEST, rate=options.rate)
        count, seconds, half, slow, answers = mine.recv()
        process.join()
        line("  in the flood   ", result)
        said = ", ".join(f"{number} × {status}" for status, number in sorted(answers.items()))
        print(f"  the flood: {count} requests in {seconds:.1f} s, {count / seconds:,.0f}/s, p50 {half:.0f} ms, p99 {slow:.0f} ms: {said}; load average {os.getloadavg()[0]:.1f}", flush=True)
        issued = database.number("SELECT count(*) FROM verification_challenges") - before
        inquiries = database.number("SELECT count(*) FROM inquiries")
        expected = [("codes issued in the flood", issued, answers.get(202, 0)), ("inquiries stored", inquiries, len(ledger.inquiries)),
                    ("requests answered", count, options.requests)]
        for what, found, wanted in expected:
            if found != wanted:
                raise SystemExit(f"{what}: {found}, not {wanted}")
        if not result.count:
            raise SystemExit("nobody submitted during the flood")
        return result.quantile(0.99)
    finally:
        service.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--requests", type=int, default=10_000, choices=range(1000, 100_001), metavar="1000–100000")
    parser.add_argument("--clients", type=int, default=64, choices=range(1, 1001), metavar="1–1000", help="connections of the flood (%(default)s)")
    parser.add_argument("--rate", type=float, default=10, help="submits a second (%(default)s)")
    parser.add_argument("--visits", type=int, default=1500, help="codes for visitors (%(default)s)")
    parser.add_argument("--port", type=int, default=18080)
    parser.add_argument("--only", choices=["shipped", "lifted"])
    options = parser.parse_args()
    socket = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    for name in ("fsync", "full_page_writes"):
        Database(options.programs, socket, "postgres").psql(f"ALTER SYSTEM SET {name} = on")
    Database(options.programs, socket, "postgres").psql("SELECT pg_reload_conf()")
    print(f"{options.requests} code requests from {ADDRESSES} addresses on {options.clients} connections, {os.cpu_count()} processors", flush=True)
    slow = []
    for name, factor in [("shipped", 1), ("lifted", 1_000_000)]:
        if options.only not in (None, name):
            continue
        Database(options.programs, socket, "postgres").psql(f"CREATE DATABASE {name}")
        database = Database(options.programs, socket, name)
        gateway = Gateway()
        try:
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr,
                               env={**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": folder})
                slow.append(run(options, f"budgets {name}", folder, database, gateway, factor))
        finally:
            gateway.stop()
    print(f"the visitor's p99 stays under 100 ms: {'yes' if max(slow) < 100 else 'no'}")


main()
