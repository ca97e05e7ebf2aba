"""From an advertisement over somebody's article to the promise, in Chromium, with the code carried by Aliyun's interface.

The gateway's other end is here: it takes only requests that are signed as Aliyun's third version says (ACS3-HMAC-SHA256), in time
and with a nonce of their own, and sends a delivery report as Aliyun does. The service needs `HUIFANG_SMS_GATEWAY=aliyun` with
this end as its endpoint; the variables of the account are read from the same environment.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import embedding
import hosts
import visitors
from browser import PATIENCE, Page, Tally

SHANGHAI = timezone(timedelta(hours=8))


def account(name):
    return os.environ[f"HUIFANG_SMS_ALIYUN_{name}"]


class Aliyun:
    """Checks every request as the vendor does, keeps the messages of those in order, and the faults of the others."""

    def __init__(self, port):
        self.requests, self.taken, self.faults, self.nonces = [], [], [], set()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers["content-length"]))
                answer = json.dumps(vendor.answer(self.path, headers, body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json;charset=utf-8")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, headers, body):
        fault = self.fault(path, headers, body)
        if fault:
            self.faults.append(fault)
            return {"Code": fault, "Message": "refused", "RequestId": "r"}
        self.requests.append((path, headers, body))
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        message = {**fields, "BizId": f"9006{len(self.taken)}^0"}
        self.taken.append(message)
        return {"Code": "OK", "Message": "OK", "BizId": message["BizId"], "RequestId": "r"}

    def fault(self, path, headers, body):
        """The vendor's code for what is wrong with a request, if anything is."""
        try:
            sent = datetime.strptime(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            return "InvalidTimeStamp.Format"
        if abs((datetime.now(timezone.utc) - sent).total_seconds()) > 900:
            return "InvalidTimeStamp.Expired"
        parts = re.fullmatch(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not parts:
            return "IncompleteSignature"
        identifier, names, signature = parts.groups()
        if identifier != account("ACCESS_KEY_ID"):
            return "InvalidAccessKeyId.NotFound"
        needed = sorted(name for name in headers if name.startswith("x-acs-") or name in ("host", "content-type"))
        digest = hashlib.sha256(body).hexdigest()
        if names.split(";") != needed or headers.get("x-acs-content-sha256") != digest or headers.get("x-acs-version") != "2017-05-25":
            return "SignatureDoesNotMatch"
        if headers.get("x-acs-action") != "SendSms":
            return "InvalidAction"
        lines = "".join(f"{name}:{headers[name].strip()}\n" for name in needed)
        canonical = f"POST\n{path}\n\n{lines}\n{names}\n{digest}"
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        right = hmac.new(account("ACCESS_KEY_SECRET").encode(), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, signature):
            return "SignatureDoesNotMatch"
        nonce = headers.get("x-acs-signature-nonce", "")
        if len(nonce) < 16 or nonce in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(nonce)
        return None

    def message(self, phone):
        """The newest message to a number, once it has come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for message in reversed(self.taken):
                if message["PhoneNumbers"] == "+86" + phone:
                    return message
            time.sleep(0.05)
        raise AssertionError(f"no message came; faults: {self.faults}")

    def report(self, base, message):
        """Tells the service that the telephone has the message; gives the service's answer."""
        now = datetime.now(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        body = json.dumps([{
            "phone_number": message["PhoneNumbers"][3:], "send_time": now, "report_time": now, "success": True, "err_code": "DELIVERED",
            "err_msg": "用户接收成功", "sms_size": "1", "biz_id": message["BizId"], "out_id": message["OutId"]}]).encode()
        address = f"{base}/hooks/sms/aliyun/{os.environ['HUIFANG_SMS_HOOK_TOKEN']}"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json;charset=utf-8"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def tell(page, tally, host, staff, vendor):
    """One visitor's way."""
    width, phone, campaign = page.width, visitors.made_up_phone(), f"aliyun{page.width}"
    page.driver.get(f"http://127.0.0.1:{host.port}/elsewhere?to=/article&campaign={campaign}")
    page.click("a")
    embedding.inside(page)
    embedding.shoot(page, "aliyun-article")
    embedding.inside(page)
    visitors.fill_contact(page, "王女士", phone)
    before = len(vendor.taken)
    page.click("#send")
    page.wait_text("#sent", visitors.masked(phone))
    message = vendor.message(phone)
    tally.check(f"{width}: Aliyun took one signed message and refused none", (len(vendor.taken) - before, vendor.faults) == (1, []), vendor.faults)
    named = (message["SignName"], message["TemplateCode"])
    tally.check(f"{width}: with our signature and template", named == (account("SIGN_NAME"), account("TEMPLATE_CODE")), named)
    parameters = json.loads(message["TemplateParam"])
    tally.check(f"{width}: a template for codes has the code alone", list(parameters) == ["code"] and re.fullmatch(r"\d{6}", parameters["code"]), list(parameters))
    tally.check(f"{width}: the report is acknowledged as Aliyun wants it", vendor.report(page.base, message) == {"code": 0, "msg": "OK"})
    page.wait_text("#sent", "运营商已送达")
    tally.check(f"{width}: the form says that the operator has delivered", True)
    embedding.shoot(page, "aliyun-delivered")
    embedding.inside(page)
    page.type("#code", parameters["code"])
    page.click("#consent")
    time.sleep(2.5)  # a form sent sooner than a person can is set aside
    page.click("#submit")
    page.see("#done h1")
    promise = page.text("#done h1")
    tally.check(f"{width}: the success page promises a time", visitors.PROMISE.search(promise), promise)
    embedding.shoot(page, "aliyun-success")
    tally.check(f"{width}: the page around heard of no error", embedding.errors(page) == [], embedding.errors(page))
    embedding.inside(page)
    page.click("#done a.main")
    page.wait("the receipt's tab", lambda: len(page.driver.window_handles) == 2)
    page.driver.switch_to.window(page.driver.window_handles[-1])
    page.resize(width)
    page.wait("the receipt", lambda: page.path.startswith("/r/"))
    tally.check(f"{width}: the receipt repeats the promise", visitors.PROMISE.search(page.text("main h1")), page.text("main h1"))
    page.shot("aliyun-receipt")
    rows = staff.leads(campaign)
    tally.check(f"{width}: one lead, of that site and that campaign", [(row["site"], row["source"]) for row in rows] == [("article", "baidu")], rows)


def stay_strict(tally, vendor):
    """What the vendor would refuse is refused, so that a message taken was signed as it must be."""
    path, headers, body = vendor.requests[-1]
    fresh = {**headers, "x-acs-signature-nonce": "f" * 32}
    other = body.replace(b"PhoneNumbers=%2B86", b"PhoneNumbers=%2B87")
    resigned = {**headers, "x-acs-content-sha256": hashlib.sha256(other).hexdigest()}
    old = {**headers, "x-acs-date": "2026-11-01T00:00:00Z"}
    unsigned = {name: value for name, value in headers.items() if name != "authorization"}
    for name, asked, expected in [
        ("the same once more", (headers, body), "SignatureNonceUsed"), ("another nonce", (fresh, body), "SignatureDoesNotMatch"),
        ("another body", (headers, other), "SignatureDoesNotMatch"), ("another body and its hash", (resigned, other), "SignatureDoesNotMatch"),
        ("an old one", (old, body), "InvalidTimeStamp.Expired"), ("an unsigned one", (unsigned, body), "IncompleteSignature"),
    ]:
        found = vendor.fault(path, *asked)
        tally.check(f"the gateway refuses {name}", found == expected and other != body, found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--port", required=True, type=int, help="where the service looks for Aliyun")
    parser.add_argument("--huifang", required=True, help="the executable, in the environment of the service")
    parser.add_argument("--password", required=True, help="the administrator's")
    parser.add_argument("--shots", help="folder for pictures")
    options = parser.parse_args()
    base, tally = options.base.rstrip("/"), Tally()
    vendor, host = Aliyun(options.port), hosts.Host()
    key = hosts.site(options.huifang, "add", "article", "--origin", host.origin)
    hosts.publish(host, hosts.Host(), base, key)
    staff = hosts.Staff(base, options.password)
    for width in (360, 1440):
        with Page(base, width, options.shots) as page:
            with tally.chapter(f"{width} from the article to the promise, through Aliyun", page, options.shots):
                tell(page, tally, host, staff, vendor)
    with tally.chapter("Aliyun's end is strict"):
        stay_strict(tally, vendor)
    tally.finish()


if __name__ == "__main__":
    main()
