"""Measures the service against pgbench and psql on the same cluster; started by scripts/bench, which makes the cluster.

Both sides alternate within one run, with the same number of connections and the same durability. The service works on one
database, pgbench on a copy of its schema. Afterwards SQL says whether what was acknowledged is there."""

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

import checks
import driver
import load
from database import SQL, Database
from operations import Ledger, adviser_token
from report import Comparison, show
from service import Gateway, Service, cluster_cpu_seconds


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.ours = Database(options.programs, options.socket, "huifang")
        self.theirs = Database(options.programs, options.socket, "bench")
        self.gateway = Gateway()
        self.service = Service(options.executable, options.folder, self.ours.conninfo, options.port, self.gateway.port)
        self.comparisons, self.facts, self.checks = [], {}, []
        self.submitted_by_pgbench = self.coded_by_pgbench = self.messages = self.worked_by_pgbench = 0
        self.base = 0

    # One round of either side, with what each party used.

    def over_http(self, make, **limits):
        service, database = self.service.cpu(), cluster_cpu_seconds(self.options.postmaster)
        result = load.run(self.options.port, self.options.clients, make, **limits)
        count = max(result.count, 1)
        return result, {
            "our_count": result.count, "our_seconds": result.seconds, "our_p50": result.quantile(0.5), "our_p99": result.quantile(0.99),
            "our_client_us": result.client_cpu / count * 1e6, "our_service_us": (self.service.cpu() - service) / count * 1e6,
            "our_database_us": (cluster_cpu_seconds(self.options.postmaster) - database) / count * 1e6, "left_waiting": result.waiting}

    def over_pgbench(self, script, **limits):
        database = cluster_cpu_seconds(self.options.postmaster)
        result = self.theirs.pgbench(script, self.options.clients, **limits)
        count = max(result.count, 1)
        return result, {
            "their_count": result.count, "their_seconds": result.seconds, "their_p50": result.quantile(0.5),
            "their_p99": result.quantile(0.99), "their_client_us": result.client_cpu / count * 1e6,
            "their_database_us": (cluster_cpu_seconds(self.options.postmaster) - database) / count * 1e6}

    def compare(self, comparison, ours, theirs, first):
        """Runs both sides, `first` alternating, and adds the round."""
        sides = {}
        for side in (("ours", "theirs") if first else ("theirs", "ours")):
            sides[side] = ours() if side == "ours" else theirs()
        mine, their = sides["ours"], sides["theirs"]
        comparison.add(mine[0].rate, their[0].rate, **mine[1], **their[1])
        say(f"{comparison.path}: {mine[0].rate:,.0f}/s against {their[0].rate:,.0f}/s")

    def comparison(self, *what, **more):
        self.comparisons.append(Comparison(*what, **more))
        return self.comparisons[-1]

    # The parts of a run.

    def readiness(self):
        """Time from the start of the process to a green /readyz, and memory a little later, with nothing asked of it."""
        times = []
        for _ in range(5):
            times.append(self.service.start())
            time.sleep(0.3)
            self.service.stop()
        times.append(self.service.start())
        time.sleep(3)
        self.facts["start to ready, s (median of 6, spread)"] = f"{statistics.median(times):.2f} ({min(times):.2f}–{max(times):.2f})"
        self.facts["resident memory when idle, MB"] = f"{self.service.resident():.0f}"
        say(f"ready after {times}")

    def code_by_pgbench(self, script="code.sql", **limits):
        result = self.over_pgbench(script, wide=16, narrow=4, addresses=1, **limits)
        self.coded_by_pgbench += result[0].count
        return result

    def submit_by_pgbench(self, each, **limits):
        self.base += 10_000_000
        self.theirs.psql(file="challenges.sql", base=self.base, clients=self.options.clients, each=each)
        result = self.over_pgbench("submit.sql", i=0, base=self.base, **limits)
        self.submitted_by_pgbench += result[0].count
        return result

    def receive(self):
        self.messages += self.ledger.receive(self.gateway)

    def intake(self):
        """Codes and submits: at saturation, then with arrivals at half of pgbench's rate."""
        seconds, rounds = self.options.seconds, self.options.rounds
        self.ledger = Ledger(json.loads(self.get("/api/v1/privacy-notice"))["version"])
        self.over_http(self.ledger.code, seconds=2)
        self.receive()
        self.over_http(self.ledger.submit, seconds=2)
        self.code_by_pgbench(seconds=1)
        self.submit_by_pgbench(1500, seconds=1)
        code = self.comparison("request code and send it, saturated", "pgbench, the same SQL")
        alone = self.comparison("the same", "pgbench, without the message's SQL")
        submit = self.comparison("submit, saturated", "pgbench, the same SQL")
        for number in range(rounds):
            self.compare(code, lambda: self.over_http(self.ledger.code, seconds=seconds),
                         lambda: self.code_by_pgbench("code.sql+message.sql", seconds=seconds), number % 2)
            self.compare(alone, lambda: self.over_http(self.ledger.code, seconds=seconds),
                         lambda: self.code_by_pgbench(seconds=seconds), number % 2)
            self.receive()
            self.compare(submit, lambda: self.over_http(self.ledger.submit, seconds=seconds),
                         lambda: self.submit_by_pgbench(2000, seconds=seconds), number % 2)
        for name, saturated, ours, theirs in (
            # Nobody who asks for a code waits for the message, so pgbench does not either.
            ("request code, half rate", code, self.ledger.code, lambda rate: self.code_by_pgbench(seconds=seconds, rate=rate)),
            ("submit, half rate", submit, self.ledger.submit, lambda rate: self.submit_by_pgbench(2000, seconds=seconds, rate=rate)),
        ):
            rate = saturated.median("theirs") / 2
            comparison = self.comparison(f"{name} ({rate:,.0f}/s)", "pgbench at that rate")
            for number in range(rounds):
                if ours == self.ledger.submit:
                    self.over_http(self.ledger.code, count=int(rate * seconds * 1.2))
                    self.receive()
                self.compare(comparison, lambda: self.over_http(ours, seconds=seconds, rate=rate, seed=number + 1),
                             lambda: theirs(rate), number % 2)
            self.receive()

    def fill(self):
        """Whole inquiries over HTTP until there are as many leads as wanted, and as many in pgbench's database."""
        begun, before = time.perf_counter(), len(self.ledger.inquiries)
        while len(self.ledger.inquiries) < self.options.leads:
            self.over_http(self.ledger.code, count=min(2000, self.options.leads - len(self.ledger.inquiries)))
            self.receive()
            self.over_http(self.ledger.submit)
        filled = len(self.ledger.inquiries) - before
        if filled:
            self.facts["filling: a code and a submit each, leads per s"] = f"{filled / (time.perf_counter() - begun):,.0f} ({filled:,} leads)"
        self.counted_leads = self.theirs.number("SELECT count(*) FROM leads")
        self.theirs.psql(file="leads.sql", count=max(1, len(self.ledger.inquiries) - self.counted_leads))
        for database in (self.ours, self.theirs):
            database.psql("VACUUM ANALYZE")

    def export(self):
        """CSV of every lead over HTTP, masked, against \\copy of the rows as stored."""
        with open(os.path.join(SQL, "stored-rows.sql"), encoding="utf-8") as file:
            query = re.sub(r"\s+", " ", re.sub(r"--.*", "", file.read())).strip()
        comparison = self.comparison(f"export CSV of {len(self.ledger.inquiries):,} leads", "psql \\copy of the stored rows", unit="s")
        self.facts["resident memory before the exports, MB"] = f"{self.service.resident():.0f}"
        with open(f"/proc/{self.service.process.pid}/clear_refs", "w") as file:
            file.write("5")
        for number in range(self.options.rounds + 1):
            begun, cpu = time.perf_counter(), self.service.cpu()
            rows, size = self.exported()
            seconds, used = time.perf_counter() - begun, self.service.cpu() - cpu
            copied = self.ours.copy(query)
            if number:
                comparison.add(seconds, copied, rows=rows, bytes=size, service_cpu_seconds=used)
                say(f"export: {seconds:.2f} s against {copied:.2f} s")
        self.facts["resident memory, most during the exports, MB"] = f"{self.service.resident('VmHWM'):.0f}"
        self.checks.append(("records in the CSV", rows, self.ours.number("SELECT count(*) FROM leads")))

    def exported(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=600)
        connection.request("GET", "/api/v1/leads/export?format=csv&phone=masked", headers={"authorization": f"Bearer {adviser_token(99)}"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"the export answered {answer.status}: {answer.read()[:300]}")
        lines, size = 0, 0
        while chunk := answer.read(1 << 20):
            lines, size = lines + chunk.count(b"\r\n"), size + len(chunk)
        if lines - 1 != int(answer.headers["X-Row-Count"]):
            raise SystemExit("the export is not as long as X-Row-Count says")
        return lines - 1, size

    def work(self):
        """Claim and result, each round beginning with as many open tasks on both sides."""
        count = self.options.tasks // self.options.clients * self.options.clients
        saturated = self.comparison(f"claim, reveal and result, {count} of {len(self.ledger.inquiries):,} tasks open", "pgbench, the same SQL")

        def renew(number):
            for database in (self.ours, self.theirs):
                database.psql(file="queue.sql", open=count + 2 * self.options.clients, round=number)

        def by_pgbench(**limits):
            result = self.over_pgbench("claim.sql", count=count // self.options.clients, **limits)
            self.worked_by_pgbench += result[0].count
            return result

        for number in range(self.options.rounds + 1):
            renew(number)
            comparison = saturated if number else Comparison("claim, reveal and result, warming up", "")
            self.compare(comparison, lambda: self.over_http(self.ledger.work, count=count), by_pgbench, number % 2)
        rate = saturated.median("theirs") / 2
        comparison = self.comparison(f"claim, reveal and result, half rate ({rate:,.0f}/s)", "pgbench at that rate")
        for number in range(self.options.rounds):
            renew(f"half-{number}")
            self.compare(comparison, lambda: self.over_http(self.ledger.work, seconds=count / rate, count=count, rate=rate, seed=number + 1),
                         lambda: by_pgbench(rate=rate), number % 2)

    def driver(self):
        """The driver alone, on a database of its own."""
        database = Database(self.options.programs, self.options.socket, "driver")
        comparisons, facts = driver.measure(self.options.driver, database, self.options.rounds, self.options.seconds, say)
        self.comparisons += comparisons
        self.facts.update(facts)

    def pages(self):
        """Pages against the constant text of /livez, with wrk."""
        if not shutil.which("wrk"):
            self.facts["pages"] = "not measured: wrk is not installed"
            return
        constant = f"http://127.0.0.1:{self.options.port + 1}/livez"
        for path in ("/", "/staff/desk", "/api/v1/callbacks?view=pool&limit=50"):
            comparison = self.comparison(f"GET {path}", "GET /livez, a constant route")
            for number in range(self.options.rounds):
                comparison.add(self.wrk(f"http://127.0.0.1:{self.options.port}{path}"), self.wrk(constant))
            say(f"GET {path}: {comparison.median('ours'):,.0f}/s against {comparison.median('theirs'):,.0f}/s")

    def wrk(self, url):
        token = ["-H", f"Authorization: Bearer {adviser_token(0)}"] if "/staff" in url or "/api" in url else []
        done = subprocess.run(["wrk", "-t1", f"-c{self.options.clients}", "-d2s", *token, url], capture_output=True, text=True)
        if "Non-2xx" in done.stdout or done.returncode:
            raise SystemExit(f"wrk of {url} failed: {done.stdout} {done.stderr}")
        return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.options.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().read()

    def run(self):
        options = self.options
        self.theirs.psql(file="prepare.sql")
        for database in (self.ours, self.theirs):
            database.psql(file="advisers.sql")
        try:
            begun = time.perf_counter()
            self.driver()
            self.readiness()
            self.intake()
            self.fill()
            self.checks += checks.intake(self)
            self.export()
            self.work()
            self.checks += checks.work(self)
            self.pages()
            self.facts["resident memory at the end, MB"] = f"{self.service.resident():.0f}"
            conditions = {
                "rounds": options.rounds, "clients": options.clients, "seconds per round": options.seconds,
                "leads": len(self.ledger.inquiries), "cores": os.cpu_count(), "whole run, s": round(time.perf_counter() - begun),
                "load average": f"{os.getloadavg()[2]:.1f}", "PostgreSQL": self.ours.psql("SHOW server_version")[0][0].split()[0],
                "fsync": self.ours.psql("SHOW fsync")[0][0], "synchronous_commit": self.ours.psql("SHOW synchronous_commit")[0][0]}
            show(conditions, self.comparisons, self.facts, self.checks, options.json)
        finally:
            self.service.stop()
            self.gateway.stop()
        if any(found != expected for _, found, expected in self.checks):
            raise SystemExit("what was acknowledged is not what is there: the run counts for nothing")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, choices=range(3, 21), metavar="3–20", help="of each comparison (%(default)s)")
    parser.add_argument("--seconds", type=int, default=4, choices=range(2, 61), metavar="2–60", help="a round lasts (%(default)s)")
    parser.add_argument("--clients", type=int, default=16, choices=range(1, 65), metavar="1–64", help="connections of either side (%(default)s)")
    parser.add_argument("--leads", type=int, default=20_000, help="at least this many when the export begins, at most 1,000,000 (%(default)s)")
    parser.add_argument("--tasks", type=int, default=400, help="worked off in a round of claims (%(default)s)")
    parser.add_argument("--port", type=int, default=18080, help="of the service; the next one is its operations port (%(default)s)")
    parser.add_argument("--json", help="a file for all figures")
    for name in ("executable", "driver", "programs", "socket", "folder"):
        parser.add_argument("--" + name, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--postmaster", type=int, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.leads = min(options.leads, 1_000_000)
    Bench(options).run()


if __name__ == "__main__":
    main()
