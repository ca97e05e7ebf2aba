"""The service under measurement, and the gateway's other end that hands out the codes."""

import asyncio
import base64
import http.client
import json
import multiprocessing
import os
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
SECRET = "whsec_" + base64.b64encode(b"bench bench bench bench bench!!!").decode()


def cpu_seconds(pid, with_children=False):
    """CPU time a process has used; with the children it has waited for."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return (ticks + (int(fields[13]) + int(fields[14]) if with_children else 0)) / TICKS


def cluster_cpu_seconds(postmaster):
    """CPU time of a postmaster and all its processes, those that have ended included."""
    total = cpu_seconds(postmaster, with_children=True)
    with open(f"/proc/{postmaster}/task/{postmaster}/children") as children:
        for child in children.read().split():
            try:
                total += cpu_seconds(child)
            except FileNotFoundError:
                pass
    return total


class Gateway:
    """Answers every message at once and keeps the codes, in a process of its own."""

    def __init__(self):
        mine, theirs = multiprocessing.Pipe()
        self.pipe = mine
        self.process = multiprocessing.Process(target=self._serve, args=(theirs,), daemon=True)
        self.process.start()
        self.port = mine.recv()

    def codes(self, expected, patience=60):
        """The codes by phone, once as many as expected have come since the last call; and how many messages came in all."""
        end = time.monotonic() + patience
        codes, messages = {}, 0
        while True:
            self.pipe.send("take")
            more, count = self.pipe.recv()
            codes.update(more)
            messages += count
            if len(codes) >= expected:
                return codes, messages
            if time.monotonic() > end:
                raise SystemExit(f"the gateway got {len(codes)} of {expected} codes within {patience} s")
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.join()

    @staticmethod
    def _serve(pipe):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        codes, count = {}, [0]

        async def answer(reader, writer):
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                    message = json.loads(await reader.readexactly(length)) if length else None
                    if message:
                        codes[message["phone"]] = message["parameters"]["code"]
                        count[0] += 1
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        async def serve():
            server = await asyncio.start_server(answer, "127.0.0.1", 0)
            pipe.send(server.sockets[0].getsockname()[1])

            def take():
                pipe.recv()
                pipe.send((dict(codes), count[0]))
                codes.clear()
                count[0] = 0

            asyncio.get_running_loop().add_reader(pipe.fileno(), take)
            await server.serve_forever()

        asyncio.run(serve())


class Service:
    """One process of the release build, both roles in it."""

    def __init__(self, executable, folder, conninfo, port, gateway_port):
        self.port = port
        self.environment = {
            **os.environ, "HUIFANG_DATABASE_URL": conninfo, "HUIFANG_DATA_DIR": folder, "HUIFANG_HTTP_PORT": str(port),
            "HUIFANG_OPS_PORT": str(port + 1), "HUIFANG_BUDGET_FACTOR": "1000000", "HUIFANG_CALLING_HOURS": "always",
            "HUIFANG_PROOF_OF_WORK": "off", "HUIFANG_SMS_GATEWAY": "webhook", "HUIFANG_SMS_WEBHOOK_SECRET": SECRET,
            "HUIFANG_SMS_WEBHOOK_URL": f"http://127.0.0.1:{gateway_port}/"}
        self.executable = executable
        self.log = os.path.join(folder, "service.log")
        self.process = None

    def start(self):
        """Starts it and returns the seconds until `/readyz` was green."""
        begun = time.perf_counter()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.executable, "serve"], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        while self.process.poll() is None and time.perf_counter() - begun < 30:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port + 1, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return time.perf_counter() - begun
            except (ConnectionError, TimeoutError, http.client.HTTPException):
                pass
            time.sleep(0.002)
        raise SystemExit(f"the service did not get ready; its log is {self.log}")

    def resident(self, field="VmRSS"):
        """Resident memory in MB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field + ":"))

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(45)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
