"""The network that goes, and the answer that is lost, between the press of the button and the promise."""

import json
import os
import subprocess
import time

import visitors
from browser import Page, sent_code


def count(table):
    arguments = ["psql", "-qtAX", os.environ["HUIFANG_TEST_DATABASE_URL"], "-c", f"SELECT count(*) FROM {table}"]
    return int(subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=30).stdout)


def offline(base, tally, shots, agent, name, cut, mend):
    """The network goes between code and submit: what was typed stays, and the second press is the same inquiry.

    The visitor came by an advertisement and ticks a box for more; both are part of what is sent again.
    """
    phone = visitors.made_up_phone()
    with Page(base, 360, shots, agent=agent) as page:
        page.go("/?utm_source=baidu&utm_campaign=spring")
        visitors.fill_calculator(page)
        visitors.fill_contact(page, "王女士", phone)
        page.click("#send")
        page.wait_text("#sent", visitors.masked(phone))
        code = sent_code(base, phone)
        page.type("#code", code)
        page.click("#consent")
        page.click("#contact details summary")
        page.click("label:has([name=consent_marketing])")
        time.sleep(2.5)  # a form sent sooner than a person can is set aside
        page.read_logs()
        page.bodies.clear()
        before = count("leads"), count("inquiries")
        page.click("#score")
        page.see("#result .score")
        cut(page)
        page.click("#submit")
        page.wait_text("#contact .summary", "网络不稳定")
        kept = [page.value(field) for field in ("#name", "#phone", "#birth_year", "#insured_months")]
        tally.check(f"{name}: what was typed stays", kept == ["王女士", phone, "1992", "72"] and len(page.value("#code")) == 6, kept)
        page.shot(f"lost-{name.replace(' ', '-')}")
        mend(page, code)
        page.click("#submit")
        page.see("#done h1")
        page.read_logs()
        sent = [json.loads(body) for path, body in page.bodies if path == "/api/v1/inquiries" and body]
        tally.check(f"{name}: the second press sends the same inquiry", len(sent) == 2 and sent[0] == sent[1], sent)
        tally.check(f"{name}: it says where the visitor came from", sent[0]["source"]["last_touch"]["utm"] == {"source": "baidu", "campaign": "spring"}, sent[0])
        after = count("leads"), count("inquiries")
        tally.check(f"{name}: one lead, one inquiry", (after[0] - before[0], after[1] - before[1]) == (1, 1), (before, after))


def go_offline(page, gone=True):
    page.command("Network.enable")
    page.command("Network.emulateNetworkConditions", offline=gone, latency=0, downloadThroughput=-1, uploadThroughput=-1)


def lose_answer(page):
    """The server takes it, its answer is lost on the way."""
    page.js("const send = window.fetch; window.fetch = (...a) => { if (!a[0].endsWith('/inquiries')) return send(...a); window.fetch = send; return send(...a).then(() => { throw new TypeError('lost'); }); };")


def crowd(page, times, path="/inquiries"):
    """The server has no room for so many requests of a path."""
    page.js("const send = window.fetch, [times, path] = arguments; window.turned = 0; window.fetch = (...a) => { if (!a[0].endsWith(path) || window.turned == times) return send(...a); window.turned++; window.bodies = [...window.bodies || [], a[1].body]; return Promise.resolve(new Response(JSON.stringify({ code: 'unavailable', detail: '现在人多，请稍后再试' }), { status: 503, headers: { 'Retry-After': '1' } })); };", times, path)


def with_code(base, page, phone):
    """The form up to the press of its last button."""
    visitors.fill_contact(page, "王女士", phone)
    page.click("#send")
    page.wait_text("#sent", visitors.masked(phone))
    page.type("#code", sent_code(base, phone))
    page.click("#consent")
    time.sleep(2.5)  # a form sent sooner than a person can is set aside
    page.read_logs()
    page.bodies.clear()


def crowded(base, tally, shots, agent, times):
    """A submit that finds no room goes again by itself, twice, as the same inquiry; after a third the visitor is told and presses again."""
    phone = visitors.made_up_phone()
    with Page(base, 360, shots, agent=agent) as page:
        page.go("/")
        with_code(base, page, phone)
        crowd(page, times)
        page.click("#submit")
        page.wait_text("#submit", "秒后自动再提交")
        page.shot(f"crowded-{times}")
        if times > 2:
            page.wait_text("#contact .summary", "现在人多")
            tally.check(f"crowded {times} times: it goes twice by itself and no third time", page.js("return window.turned") == 3, page.js("return window.turned"))
            kept = [page.value(field) for field in ("#name", "#phone")]
            tally.check(f"crowded {times} times: what was typed stays", kept == ["王女士", phone] and len(page.value("#code")) == 6, kept)
            page.wait("the button to be pressed again", lambda: page.js("return !document.querySelector('#submit').disabled"))
            page.click("#submit")
        page.see("#done h1")
        page.read_logs()
        sent = [body for path, body in page.bodies if path == "/api/v1/inquiries" and body]
        tally.check(f"crowded {times} times: the last is the same inquiry as those that found no room", page.js("return window.bodies") == [sent[0]] * times, sent)
        page.go("/")
        left = [page.value(field) for field in ("#name", "#phone", "#code", "#remark")]
        tally.check(f"crowded {times} times: nothing typed is left once it was accepted", left == [""] * 4, left)


def uncounted(base, tally, shots, agent):
    """Where too many calculate, the inquiry goes without a result."""
    phone = visitors.made_up_phone()
    with Page(base, 360, shots, agent=agent) as page:
        page.go("/")
        visitors.fill_calculator(page)
        with_code(base, page, phone)
        before = count("inquiries"), count("assessments")
        crowd(page, 1, "/assessment")
        page.click("#submit")
        page.see("#done h1")
        after = count("inquiries"), count("assessments")
        tally.check("no room to calculate: the inquiry is taken without a result", (after[0] - before[0], after[1] - before[1]) == (1, 0) and page.js("return window.turned") == 1, (before, after))


def reload(page, code):
    """An in-app browser loads the page anew; the visitor reads the code once more and agrees once more."""
    page.driver.refresh()
    page.wait("the box for more, as it was", lambda: page.all("[name=consent_marketing]:checked"))
    page.type("#code", code)
    page.click("#consent")
