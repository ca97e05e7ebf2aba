"""`D` on the desk through a telephone system, in Chromium, with the system's other end here.

It takes only calls that are signed with the secret the service gave (Standard Webhooks) about now, and reports what becomes of them,
signed as well. The service needs its address in the setting `telephone_system`."""

import argparse
import base64
import hashlib
import hmac
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import staff
import visitors
from browser import Page, Tally


class TelephoneSystem:
    """Keeps the calls of requests in order, and how many others there were."""

    def __init__(self, port, secret, reports):
        self.reports = reports
        self.secret, self.calls, self.refused, self.requests = base64.b64decode(secret.removeprefix("whsec_")), [], [], []
        system = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers["content-length"]))
                self.send_response(system.answer(self.path, headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def sign(self, identifier, stamp, body):
        return "v1," + base64.b64encode(hmac.new(self.secret, f"{identifier}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()

    def judge(self, path, headers, body):
        """202 for a call that is signed with the secret about now, 401 for one that is not, 422 for another shape."""
        identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - time.time()) > 300:
            return 401
        if not hmac.compare_digest(self.sign(identifier, stamp, body), headers.get("webhook-signature", "")):
            return 401
        call = json.loads(body)
        return 202 if path == "/calls" and set(call) == {"call_id", "adviser", "phone"} and call["call_id"] == identifier else 422

    def answer(self, path, headers, body):
        status = self.judge(path, headers, body)
        if status == 202:
            self.requests.append((path, headers, body))
            self.calls.append(json.loads(body))
        else:
            self.refused.append((status, path))
        return status

    def report(self, call, status, **more):
        """Says what became of a call; gives the service's status."""
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        body, stamp = json.dumps({"call_id": call["call_id"], "status": status, "at": at, **more}).encode(), str(int(time.time()))
        headers = {"Content-Type": "application/json", "webhook-id": f"r-{status}", "webhook-timestamp": stamp,
                   "webhook-signature": self.sign(f"r-{status}", stamp, body)}
        request = urllib.request.Request(self.reports, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


def tell(page, tally, system):
    """N, R, D: the system dials, and the card says how long it took."""
    page.wait("the queue", lambda: page.visible("#rows .row"))
    page.keys("n")
    page.wait("the card", lambda: page.all("#card .parts") and page.visible("#dial-first"))
    page.keys("r")
    page.see("#dial")
    number = staff.shown_number(page)
    page.settle()
    page.shot("telephone-ready")
    tally.check("the key of the system's button is D, the link has none", "D" in page.text("#dial-first") and "D" not in page.text("#dial"))
    tally.check("R leads to the system's button", page.js("return document.activeElement.id") == "dial-first")
    page.keys("d")
    page.wait("the call", lambda: system.calls)
    page.wait_text("#message", "已交给电话系统")
    tally.check("the call clock runs", page.js("return document.querySelector('#call-time').dataset.runs") == "true")
    page.read_logs()
    tally.check("no link is followed", not any(url.startswith("tel:") for _, url in page.requests))
    call = system.calls[0]
    tally.check("the system is asked for the number that is shown", call["phone"] == f"+86{number}", "another number")
    # A second press while it rings is the same call.
    page.keys("d")
    page.wait_text("#message", "上一次呼叫还没有结束")
    tally.check("reports are taken", [system.report(call, one) for one in ("ringing", "answered")] == [200, 200])
    page.wait_text("#card .number", "通话中")
    tally.check("the end is taken", system.report(call, "ended", duration_seconds=83) == 200)
    page.wait_text("#card .number", "1 分 23 秒")
    tally.check("the card says how long it took", True)
    page.shot("telephone-ended")
    tally.check("exactly one signed request came, and no other", (len(system.calls), system.refused) == (1, []), (len(system.calls), system.refused))


def stay_strict(tally, system):
    """A request that was taken was signed as it must be: others are refused."""
    path, headers, body = system.requests[-1]
    tally.check("the system refuses another body", system.judge(path, headers, body.replace(b"+86", b"+87")) == 401)
    tally.check("the system refuses an old one", system.judge(path, {**headers, "webhook-timestamp": "1"}, body) == 401)
    tally.check("the system refuses an unsigned one", system.judge(path, {**headers, "webhook-signature": ""}, body) == 401)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--port", required=True, type=int, help="where the service looks for the telephone system")
    parser.add_argument("--huifang", required=True, help="the executable, in the environment of the service")
    parser.add_argument("--password", required=True, help="the administrator's")
    parser.add_argument("--shots", help="folder for pictures")
    options = parser.parse_args()
    base, tally = options.base.rstrip("/"), Tally()
    secret, reports = subprocess.run([options.huifang, "telephone", "secret"], check=True, capture_output=True, text=True).stdout.split()
    system = TelephoneSystem(options.port, secret, reports)
    with Page(base, 1440, options.shots) as page:
        with tally.chapter("1440 D through a telephone system", page, options.shots):
            visitors.inquire_by_api(base, "电话女士", visitors.made_up_phone())
            staff.choose_password(page, tally, *staff.fresh_adviser(options.huifang))
            tell(page, tally, system)
            stay_strict(tally, system)
        staff.clean(page, tally)
    tally.finish()


if __name__ == "__main__":
    main()
