"""The desk over 2,000 open tasks: from a key to the next card, scrolling, and what a second of standing still costs."""

import argparse
import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import staff
import visitors
from browser import Keys, Page, Tally
from mornings import STOPWATCH, waits

OPEN = 2000
CALLS = 40
FRAMES = """
const done = arguments[0], panel = document.querySelector('#rows-panel'), times = [];
let last = performance.now(), left = 120;
function step(at) {
  times.push(at - last);
  last = at;
  panel.scrollTop += 400;
  if (left-- > 0) requestAnimationFrame(step); else done(times.slice(1));
}
requestAnimationFrame(step);
"""
BUSY = """
window.busy = [];
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.busy.push(entry.duration); }).observe({ type: 'longtask' });
"""


def call(base, method, path, token, body=None):
    request = urllib.request.Request(
        base + path, None if body is None else json.dumps(body).encode(), method=method,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def log_in(base, username, password):
    return visitors.post(base + "/api/v1/session", {"username": username, "password": password})["token"]


def fill(base, token):
    def enter(number):
        call(base, "POST", "/api/v1/leads", token, {
            "name": f"客户{'甲乙丙丁戊己庚辛壬癸'[number % 10]}", "phone": f"139{number:08d}",
            "consent": {"basis": "call_in", "evidence": "量一量用的"}, "source": {"utm": {"source": ["baidu", "wechat", "douyin"][number % 3]}}})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(OPEN)))


def percentile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(len(times) * share))]


def say(words, times):
    print(f"{words}: median {percentile(times, 0.5):.0f} ms, p95 {percentile(times, 0.95):.0f} ms, slowest {max(times):.0f} ms of {len(times)}", flush=True)


def load_all(page):
    page.click("#tab-pool")
    while True:
        rows = page.js("return document.querySelectorAll('#rows > li').length")
        if not page.visible("#more"):
            return rows
        page.js("document.querySelector('#more').click()")
        page.wait("more rows", lambda: page.js("return document.querySelectorAll('#rows > li').length") > rows or not page.visible("#more"))


def whole_list(page, tally, base, token):
    rows = load_all(page)
    tally.check("every open task is in the list", rows >= OPEN - 1, rows)
    say("a frame while the whole list scrolls", page.driver.execute_async_script(FRAMES))
    page.js(BUSY)
    page.driver.execute_async_script("setTimeout(arguments[0], 10000)")
    print(f"ten seconds of standing still over {rows} rows: {len(page.js('return busy'))} tasks over 50 ms", flush=True)
    page.js("busy.length = 0")
    ids = [item["id"] for item in call(base, "GET", "/api/v1/callbacks?view=pool&limit=50", token)["items"]]
    for one in ids:
        call(base, "POST", f"/api/v1/callbacks/{one}/presence", token)
    page.driver.execute_async_script("setTimeout(arguments[0], 3000)")
    busy = page.js("return busy")
    print(f"fifty changes over {rows} rows: {len(busy)} tasks over 50 ms{f', the longest {max(busy):.0f} ms' if busy else ''}", flush=True)


def calls(page, tally):
    page.js(STOPWATCH)
    page.keys("n")
    page.wait("a card", lambda: page.all("#card .parts") and page.visible("#reveal"))
    say("N over the whole list, to the card", waits(page, "card"))
    page.js("marks.length = 0")
    for _ in range(CALLS):
        page.keys("r")
        page.see("#dial")
        page.keys("4")
        page.keys(Keys.ENTER, control=True)
        page.wait("the next card", lambda: page.visible("#reveal") and page.all("#card .parts"))
    say("R, to the shown number", waits(page, "number"))
    say("Ctrl+Enter, to the next card", waits(page, "card"))
    for kind, name in (("number", "R"), ("card", "Ctrl+Enter")):
        say(f"{name}, without waiting for the server", [all - server for what, all, server in page.js("return marks") if what == kind])
    tally.check("each call led to the next card", len(waits(page, "card")) >= CALLS - 1, len(waits(page, "card")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--huifang", required=True, help="the executable, in the environment of the service")
    parser.add_argument("--shots", help="folder for pictures")
    options, _ = parser.parse_known_args()
    base, tally = options.base.rstrip("/"), Tally()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    with Page(base, 1440, options.shots) as page:
        with tally.chapter("2,000 open tasks", page, options.shots):
            username, one_time = staff.fresh_adviser(options.huifang)
            staff.choose_password(page, tally, username, one_time)
            token = log_in(base, username, staff.PASSWORD)
            fill(base, token)
            page.go("/staff/desk")
            page.wait("the queue", lambda: page.visible("#rows .row"))
            whole_list(page, tally, base, token)
            page.shot("long-queue")
            calls(page, tally)
        staff.clean(page, tally)
    print(f"load average {os.getloadavg()[0]:.1f}", flush=True)
    tally.finish()


if __name__ == "__main__":
    main()
