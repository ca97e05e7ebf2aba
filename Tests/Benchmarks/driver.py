"""Measures the driver alone against pgbench on the same cluster: the same statements, prepared, on as many connections.

Started by scripts/bench, which makes the cluster; `scripts/bench driver` runs nothing else."""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

from database import Database
from report import Comparison, show

ROWS = 100_000
STATEMENTS = {
    "select": "SELECT 1;\n",
    "key": f"\\set id random(1, {ROWS})\nSELECT aid, abalance FROM pgbench_accounts WHERE aid = :id;\n",
    "transaction": f"\\set id random(1, {ROWS})\nBEGIN;\nSELECT aid, abalance FROM pgbench_accounts WHERE aid = :id;\nCOMMIT;\n",
}
NAMES = {"select": "SELECT 1", "key": "read by primary key", "transaction": "the same in BEGIN and COMMIT"}
# What is run, and whether a task keeps its connection or asks the pool for one each time.
PATHS = [("select", "connection"), ("key", "connection"), ("transaction", "pool"), ("key", "pool")]


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ours(executable, database, statement, door, connections, seconds):
    """Statements per second of the driver, and its CPU for each in microseconds."""
    command = [executable, database.conninfo, statement, door, str(connections), str(seconds), str(ROWS)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()[-600:]}")
    found = json.loads(done.stdout)
    return found["count"] / found["seconds"], found["cpu_seconds"] / found["count"] * 1e6


def theirs(database, statement, connections, seconds):
    """The same of pgbench, with a thread for each core; opening its connections does not count."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(STATEMENTS[statement])
        script.flush()
        threads = min(connections, os.cpu_count())
        command = [f"{database.programs}/pgbench", "-n", "-M", "prepared", "-c", str(connections), "-j", str(threads), "-T",
                   str(seconds), "-f", script.name]
        before = cpu_of_children()
        done = subprocess.run(command, env=database.environment, capture_output=True, text=True)
        cpu = cpu_of_children() - before
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not rate:
        raise SystemExit(f"pgbench failed: {done.stderr.strip()[-600:]}")
    count = int(re.search(r"actually processed: (\d+)", done.stdout).group(1))
    return float(rate.group(1)), cpu / count * 1e6


def measure(executable, database, rounds, seconds, say):
    """Comparisons, and CPU as facts; sides alternate and swap places every round."""
    command = [f"{database.programs}/pgbench", "-i", "-q", "-s", str(ROWS // 100_000)]
    subprocess.run(command, env=database.environment, check=True, capture_output=True)
    comparisons, facts = [], {}
    for statement, door in PATHS:
        for connections in (4, 8, 16):
            lent = "each from the pool" if door == "pool" else "connections kept"
            path = f"driver: {NAMES[statement]}, {connections} connections, {lent}"
            comparison = Comparison(path, f"pgbench, {connections} connections")
            for number in range(rounds):
                sides = {}
                for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                    sides[side] = (ours(executable, database, statement, door, connections, seconds) if side == "ours"
                                   else theirs(database, statement, connections, seconds))
                (rate, cpu), (their_rate, their_cpu) = sides["ours"], sides["theirs"]
                comparison.add(rate, their_rate, our_cpu=cpu, their_cpu=their_cpu)
            say(f"{path}: {comparison.median('ours'):,.0f}/s against {comparison.median('theirs'):,.0f}/s")
            comparisons.append(comparison)
            facts[f"{path}: CPU each, µs, ours : theirs"] = (
                f"{comparison.median('our_cpu'):.1f} : {comparison.median('their_cpu'):.1f}")
    return comparisons, facts


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench driver", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, choices=range(3, 21), metavar="3–20", help="of each comparison (%(default)s)")
    parser.add_argument("--seconds", type=int, default=2, choices=range(1, 61), metavar="1–60", help="a round lasts (%(default)s)")
    parser.add_argument("--json", help="a file for all figures")
    for name in ("driver", "programs", "socket"):
        parser.add_argument("--" + name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    database = Database(options.programs, options.socket, "driver")

    def say(text):
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    comparisons, facts = measure(options.driver, database, options.rounds, options.seconds, say)
    conditions = {
        "rounds": options.rounds, "seconds per round": options.seconds, "cores": os.cpu_count(),
        "load average": f"{os.getloadavg()[1]:.1f}", "PostgreSQL": database.psql("SHOW server_version")[0][0].split()[0]}
    show(conditions, comparisons, facts, [], options.json)


if __name__ == "__main__":
    main()
