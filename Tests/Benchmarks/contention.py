"""Whether the budgets that everybody shares hold sends up: pgbench runs the service's statement with each shared window in one
row and with it split into slots, in turn, on a throwaway cluster that forces every commit to disk.

    scripts/with-postgres python3 Tests/Benchmarks/contention.py --executable .build/debug/huifang
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

from database import Database


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True, help="any build of huifang: it only migrates")
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    socket = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    for name in ("fsync", "full_page_writes"):
        Database(options.programs, socket, "postgres").psql(f"ALTER SYSTEM SET {name} = on")
    Database(options.programs, socket, "postgres").psql("SELECT pg_reload_conf()")
    Database(options.programs, socket, "postgres").psql("CREATE DATABASE bench")
    database = Database(options.programs, socket, "bench")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr,
                       env={**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": folder})
    database.psql(file="prepare.sql")
    ways = {"one row a window": 1, "16 slots": 16}
    rates, slow = {name: [] for name in ways}, {name: [] for name in ways}
    for number in range(options.rounds + 1):
        for name in sorted(ways, reverse=number % 2):
            result = database.pgbench("code.sql", options.clients, seconds=options.seconds, wide=ways[name], narrow=4, addresses=5000)
            if number:
                rates[name].append(result.rate)
                slow[name].append(result.quantile(0.99))
    counted = database.number("SELECT coalesce(sum(used), 0) FROM send_budgets WHERE bucket = bench_hash('all-day')")
    issued = database.number("SELECT count(*) FROM verification_challenges")
    ratios = [after / before for before, after in zip(*rates.values())]
    for name in ways:
        print(f"{name}: {statistics.median(rates[name]):,.0f} codes/s, p99 {statistics.median(slow[name]):.0f} ms")
    print(f"{options.clients} clients, ratio of rates: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")
    print(f"issued {issued}, counted for the day {counted}")
    if issued != counted:
        raise SystemExit("the day's count is not what was issued")


main()
