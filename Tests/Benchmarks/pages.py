"""The landing page and the queue's page of fifty tasks, each against a constant route of about its size.

    scripts/with-postgres python3 Tests/Benchmarks/pages.py --executable .build/release/huifang

The constant is the static file whose size is nearest: it comes from memory, through the same middleware. `wrk` asks for
both by turns, 16 connections, one thread; it must be installed."""

import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request

import load
from database import Database
from operations import adviser_token
from service import Service, cluster_cpu_seconds

LIST = "/api/v1/callbacks?view=pool&limit=50"
ASSETS = os.path.join(os.path.dirname(__file__), "../../Sources/LeadService/Resources/assets")


def get(port, path):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {adviser_token(0)}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def rate(port, path, seconds):
    done = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", "-H", f"Authorization: Bearer {adviser_token(0)}", f"http://127.0.0.1:{port}{path}"],
                          capture_output=True, text=True)
    if "Non-2xx" in done.stdout or done.returncode:
        raise SystemExit(f"wrk of {path} failed: {done.stdout} {done.stderr}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", done.stdout).group(1))


def compare(service, postmaster, path, target, options):
    """The rate of a path against that of the file whose size is nearest, by turns."""
    size = len(get(options.port, path))
    sizes = {name: os.path.getsize(name) for name in glob.glob(f"{ASSETS}/*.js") + glob.glob(f"{ASSETS}/*.css")}
    nearest = "/assets/" + os.path.basename(min(sizes, key=lambda name: abs(sizes[name] - size)))
    print(f"{path}: {size:,} bytes; {nearest}: {len(get(options.port, nearest)):,} bytes", flush=True)
    for each in (path, nearest):
        rate(options.port, each, 1)
    ratios = []
    for number in range(options.rounds):
        rates = {each: rate(options.port, each, options.seconds) for each in ((path, nearest) if number % 2 else (nearest, path))}
        ratios.append(rates[path] / rates[nearest])
        print(f"round {number + 1}: {rates[path]:,.0f}/s and {rates[nearest]:,.0f}/s, ratio {ratios[-1]:.3f}; load average {os.getloadavg()[0]:.1f}", flush=True)
    cpu, cluster = service.cpu(), cluster_cpu_seconds(postmaster)
    asked = rate(options.port, path, options.seconds) * options.seconds
    print(f"{path} costs {(service.cpu() - cpu) / asked * 1e6:,.0f} µs of the service and {(cluster_cpu_seconds(postmaster) - cluster) / asked * 1e6:,.0f} µs of PostgreSQL")
    print(f"median ratio {statistics.median(ratios):.3f} ({min(ratios):.3f}–{max(ratios):.3f}); at least {target}: "
          f"{'yes' if statistics.median(ratios) >= target else 'no'}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--port", type=int, default=18520)
    options = parser.parse_args()
    place = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    Database(options.programs, place, "postgres").psql("CREATE DATABASE queue_page")
    database = Database(options.programs, place, "queue_page")
    with open(os.path.join(place, "cluster", "postmaster.pid")) as file:
        postmaster = int(file.readline())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr,
                       env={**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": folder})
        service = Service(options.executable, folder, database.conninfo, options.port, 9)
        service.start()
        try:
            database.psql(file="advisers.sql")
            left = iter(range(options.tasks))

            def enter(_):
                number = next(left, None)
                return None if number is None else one(number)

            def one(number):
                body = json.dumps({"name": "王芳", "phone": f"138{number:08d}", "consent": {"basis": "call_in", "evidence": "bench"}}).encode()
                answer = yield load.request("POST", "/api/v1/leads", body, adviser_token(99))
                answer.expect(201)

            load.run(options.port, 8, enter)
            database.psql("VACUUM ANALYZE")
            listed = get(options.port, LIST)
            if len(json.loads(listed)["items"]) != 50:
                raise SystemExit("the list has not fifty tasks")
            for path, target in (("/", 0.9), (LIST, 0.5)):
                compare(service, postmaster, path, target, options)
        finally:
            service.stop()


main()
