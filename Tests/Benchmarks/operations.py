"""The measured operations, and a ledger of everything the service acknowledged."""

import json
import uuid

from load import request

ANSWERS = {"age": 34, "education": "bachelor_with_degree", "insured_months": 72, "months_at_1x": 40}
NAMES = "陈敏 周洋 王芳 何静 高磊 林涛 郭敏 罗杰 梁宇 宋佳 唐宁 许诺 韩雪 冯楠".split()
# Skewed, as real ones are.
SOURCES = ["article"] * 12 + ["search"] * 5 + ["friend"] * 2 + ["video"]


def adviser_token(number):
    """As advisers.sql writes it."""
    return f"bench-{number}-".ljust(43, "0")


class Ledger:
    """What was acknowledged, for the check by SQL afterwards, and what the next round can use."""

    def __init__(self, notice_version):
        self.notice_version = notice_version
        self.next_phone = 0
        self.challenges = {}
        self.ready = []
        self.codes = 0
        self.inquiries = []
        self.results = []

    def code(self, _):
        """Asks for a code for a number nobody used yet. The numbers are made up and never leave this machine."""
        phone = f"138{self.next_phone:08d}"
        self.next_phone += 1
        return self._code(phone)

    def _code(self, phone):
        body = json.dumps({"phone": phone, "purpose": "inquiry"}).encode()
        answer = yield request("POST", "/api/v1/verification-codes", body)
        self.challenges[phone] = json.loads(answer.expect(202).body)["challenge_id"]
        self.codes += 1

    def receive(self, gateway):
        """Pairs the codes the gateway got with their challenges; returns how many messages came."""
        codes, messages = gateway.codes(len(self.challenges))
        self.ready = [(phone, challenge, codes["+86" + phone]) for phone, challenge in self.challenges.items()]
        self.challenges = {}
        return messages

    def submit(self, _):
        """Submits an inquiry under a code received before; nothing when there is none left."""
        return self._submit(*self.ready.pop()) if self.ready else None

    def _submit(self, phone, challenge, code):
        number, inquiry = int(phone[3:]), str(uuid.uuid4())
        body = json.dumps({
            "id": inquiry, "name": NAMES[number % len(NAMES)], "phone": phone, "challenge_id": challenge, "code": code,
            "consent": {"notice_version": self.notice_version, "accepted": True}, "answers": ANSWERS,
            "source": {"utm": {"source": SOURCES[number % len(SOURCES)]}}}).encode()
        answer = yield request("POST", "/api/v1/inquiries", body)
        self.inquiries.append(json.loads(answer.expect(201).body)["inquiry_id"])

    def work(self, connection):
        """Claims the next task, reveals its number and records a result that closes it, as the adviser of this connection."""
        return self._work(adviser_token(connection))

    def _work(self, token):
        answer = yield request("POST", "/api/v1/callbacks/claim", token=token)
        task = json.loads(answer.expect(200).body)["id"]
        answer = yield request("POST", f"/api/v1/callbacks/{task}/reveal", b'{"purpose":"bench"}', token=token)
        answer.expect(200)
        body = json.dumps({"disposition": "reached_not_interested", "reason": "bench"}).encode()
        answer = yield request("POST", f"/api/v1/callbacks/{task}/attempts", body, token=token)
        if json.loads(answer.expect(200).body)["state"] != "closed":
            raise SystemExit("a closing result left its task open")
        self.results.append(task)
