"""psql and pgbench on the cluster of this run."""

import glob
import os
import resource
import subprocess
import tempfile
import time

from load import Result

SQL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sql")


class Database:
    """One database of the cluster, by its superuser's conninfo."""

    def __init__(self, programs, socket, name):
        self.programs = programs
        self.conninfo = f"host={socket} port=5432 dbname={name} user=postgres"
        self.environment = {**os.environ, "PGHOST": socket, "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": name}

    def psql(self, sql=None, file=None, **variables):
        """Runs SQL and returns its rows as lists of texts."""
        command = [f"{self.programs}/psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"]
        for name, value in variables.items():
            command += ["-v", f"{name}={value}"]
        command += ["-f", os.path.join(SQL, file)] if file else ["-c", sql]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines() if line]

    def number(self, sql):
        return int(self.psql(sql)[0][0])

    def copy(self, query):
        """Seconds and rows of `\\copy` of a query to nowhere."""
        start = time.perf_counter()
        command = [f"{self.programs}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", f"\\copy ({query}) TO '/dev/null' (FORMAT csv)"]
        subprocess.run(command, env=self.environment, check=True)
        return time.perf_counter() - start

    def pgbench(self, scripts, clients, seconds=None, count=None, rate=None, **variables):
        """One round of scripts, each transaction all of them, as the application's role, with prepared statements; latencies from its log."""
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, "script.sql")
            with open(script, "w", encoding="utf-8") as file:
                for name in scripts.split("+"):
                    with open(os.path.join(SQL, name), encoding="utf-8") as part:
                        file.write(part.read())
            command = [f"{self.programs}/pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-l", "--log-prefix",
                       os.path.join(folder, "log"), "-f", script]
            command += ["-T", str(seconds)] if seconds else ["-t", str(count)]
            command += ["-R", f"{rate:.3f}"] if rate else []
            for name, value in variables.items():
                command += ["-D", f"{name}={value}"]
            environment = {**self.environment, "PGOPTIONS": "-c role=huifang_app"}
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode or "aborted" in done.stderr:
                raise SystemExit(f"pgbench {scripts} failed: {done.stderr.strip()[-600:]}")
            latencies, first, last = [], float("inf"), 0.0
            for path in glob.glob(os.path.join(folder, "log.*")):
                with open(path) as log:
                    for line in log:
                        fields = line.split()
                        latency, at = int(fields[2]) / 1e6, int(fields[4]) + int(fields[5]) / 1e6
                        latencies.append(latency)
                        first, last = min(first, at - latency), max(last, at)
        if not latencies:
            raise SystemExit(f"pgbench {scripts} ended no transaction within a round; take longer rounds")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Result(latencies, max(last - first, 1e-9), cpu)
