"""An adviser's morning, once by keyboard alone and once by thumb, with the keys and taps counted and the waits printed."""

import io
import shutil
import subprocess
import time

from PIL import Image

import staff
import visitors
from browser import Keys, Page

CALLS = 6
PHONE = 390
# When a card with a shown number, or the next card, is painted after the press before it, and how much of that is the server's.
STOPWATCH = """
window.marks = [];
performance.setResourceTimingBufferSize(10000);
const asked = (from) => performance.getEntriesByType('resource').filter(e => e.startTime >= from && /\\/(reveal|attempts|claim)$/.test(e.name)).reduce((sum, e) => sum + e.duration, 0);
addEventListener('keydown', () => { window.pressed = performance.now(); }, true);
addEventListener('pointerdown', () => { window.pressed = performance.now(); }, true);
new MutationObserver(() => {
  const dial = document.querySelector('#dial'), title = document.querySelector('#card h2')?.textContent ?? '', state = (dial ? 'number ' : 'card ') + title;
  if (!title || state === window.seen) return;
  window.seen = state;
  const from = window.pressed;
  requestAnimationFrame(() => requestAnimationFrame(() => window.marks.push([state.split(' ')[0], performance.now() - from, asked(from)])));
}).observe(document.querySelector('#card'), { childList: true, subtree: true });
"""


def fill(base, count):
    for number in range(count):
        visitors.inquire_by_api(base, f"早{'甲乙丙丁戊己庚辛壬癸'[number % 10]}女士", visitors.made_up_phone())


def waits(page, kind):
    return sorted(round(ms) for what, ms, _ in page.js("return window.marks") if what == kind)


def say_waits(page, words):
    for kind, name in (("number", "to the shown number"), ("card", "to the next card")):
        times = waits(page, kind)
        if times:
            print(f"{page.width} {words}, {name}: median {times[len(times) // 2]} ms, slowest {times[-1]} ms of {len(times)}", flush=True)


class Counted:
    """Presses keys and counts them; a chord is one."""

    def __init__(self, page):
        self.page = page
        self.count = 0

    def press(self, *keys, control=False):
        self.count += 1
        self.page.keys(*keys, control=control)


def next_card(page):
    page.wait("the next card", lambda: page.all("#card .parts") and page.visible("#reveal"))


def code_of_number(page, tally):
    """The code for another telephone dials the number, read by a program that is not ours."""
    number = staff.shown_number(page)
    page.js("document.querySelector('#scan').focus()")
    page.keys(Keys.ENTER)
    page.see(".scan svg")
    page.settle()
    page.shot("desk-scan")
    if not tally.check(f"{page.width}: a reader of such codes is installed", shutil.which("zbarimg"), "zbar-tools"):
        return
    shot = page.wait("a picture of the code", lambda: page.see(".scan svg").screenshot_as_png)
    picture = Image.open(io.BytesIO(shot)).convert("L")
    picture.save(buffer := io.BytesIO(), "PNG")
    read = subprocess.run(["zbarimg", "-q", "--raw", "png:-"], input=buffer.getvalue(), capture_output=True, timeout=30)
    tally.check(f"{page.width}: the code dials the number that is shown", read.stdout.decode().strip() == f"tel:+86{number}", "another text, or none")
    page.keys(Keys.ESCAPE)
    tally.check(f"{page.width}: Esc folds the code again", not page.visible(".scan svg"))


def keyboard_morning(page, tally):
    """N, R and a result, over and over, without a hand on the mouse."""
    page.js(STOPWATCH)
    claims = Counted(page)
    page.wait("the queue", lambda: page.visible("#rows .row"))
    claims.press("n")
    next_card(page)
    claims.press("r")
    page.see("#dial")
    tally.check(f"{page.width}: from the queue to a shown number in two keys", claims.count == 2, claims.count)
    for _ in range(CALLS - 3):
        first = page.text("#card h2")
        number = staff.shown_number(page)
        record = Counted(page)
        record.press("4")
        record.press(Keys.ENTER, control=True)
        page.wait("the next card", lambda: page.visible("#reveal"))
        tally.check(f"{page.width}: an unanswered call is written down in at most three keys", record.count <= 3, record.count)
        tally.check(f"{page.width}: the number went with its card", number not in page.js("return document.body.innerText").replace(" ", ""), first)
        page.keys("r")
        page.see("#dial")
    say_waits(page, "by keyboard")
    code_of_number(page, tally)
    long_call(page, tally)
    idle(page, tally)
    lost_network(page, tally)


def long_call(page, tally):
    """A call that is answered: dialled, timed, noted with ready words, agreed anew, and WeChat ticked."""
    # Known to telephone nothing: otherwise Chromium asks, in a window of its own, what shall open the link.
    page.js("localStorage.setItem('dials', 'no')")
    page.keys("d")
    page.wait("the clock", lambda: page.js("return document.querySelector('#call-time').dataset.runs") == "true")
    page.wait("what D says where nothing dials", lambda: "复制" in page.text("#message"))
    tally.check(f"{page.width}: D says that the number is copied where nothing dials", "没有接电话软件" in page.text("#message"), page.text("#message"))
    page.keys("t")
    tally.check(f"{page.width}: T leads into the note", page.js("return document.activeElement.id") == "note")
    page.keys("d4")
    tally.check(f"{page.width}: while typing keys are letters", page.value("#note") == "d4" and not page.js("return !!document.querySelector('[name=disposition]:checked')"), page.value("#note"))
    page.keys(Keys.BACKSPACE, Keys.BACKSPACE)
    page.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": "3", "code": "Digit3", "modifiers": 1, "windowsVirtualKeyCode": 51})
    page.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", "key": "3", "code": "Digit3", "windowsVirtualKeyCode": 51})
    snippet = page.js("return document.querySelectorAll('[data-snippet] span')[2].textContent")
    tally.check(f"{page.width}: Alt and a digit put ready words into the note", page.value("#note") == snippet, page.value("#note"))
    page.keys(Keys.ESCAPE)
    page.js("document.querySelector('#wechat').focus()")
    page.keys(Keys.SPACE)
    page.keys("l")
    tally.check(f"{page.width}: the clock stops when the result is chosen", page.js("return document.querySelector('#call-time').dataset.runs") == "false")
    page.keys(Keys.ENTER)
    page.wait_text("#time-words", ":")
    page.shot("desk-long-call")
    number = visitors.masked(staff.shown_number(page))
    page.keys(Keys.ENTER, control=True)
    page.wait_text("#message", "已记录：约定回拨")
    next_card(page)
    page.click("#tab-scheduled")
    page.wait("the agreed call among those for later", lambda: page.js(
        "const row = [...document.querySelectorAll('#rows .row')].find(e => e.textContent.includes(arguments[0])); row?.click(); return !!row", number))
    page.wait_text("#card .history", "用时")
    tally.check(f"{page.width}: length and WeChat are in the history", "已加微信" in page.text("#card .history"), page.text("#card .history"))


def idle(page, tally):
    """A number that nobody looks at any more is hidden; the page's clock is put forward."""
    page.keys("n")
    next_card(page)
    page.keys("r")
    page.see("#dial")
    number = staff.shown_number(page)
    page.js("const real = performance.now.bind(performance); performance.now = () => real() + 601000")
    page.wait("the hidden number", lambda: not page.visible("#dial"))
    tally.check(f"{page.width}: after ten idle minutes the number is hidden", number not in page.js("return document.documentElement.outerHTML"))
    page.keys("r")
    page.see("#dial")


def offline(page, is_gone):
    page.command("Network.enable")
    page.command("Network.emulateNetworkConditions", offline=is_gone, latency=0, downloadThroughput=-1, uploadThroughput=-1)


def drafts(page):
    return page.js("return Object.entries(localStorage).filter(([key]) => key.startsWith('draft:')).map(([, value]) => value).join()")


def lost_network(page, tally):
    """Without a network the desk says so; what was written is there after a reload, is saved then, and goes with the session."""
    page.keys("t")
    page.keys("断网时写的")
    page.keys(Keys.ESCAPE)
    page.keys("4")
    offline(page, True)
    page.keys(Keys.ENTER, control=True)
    page.wait_text("#wrapup-error", "网络不通")
    tally.check(f"{page.width}: without a network the desk says so", page.visible("#offline") and "留在本机" in page.text("#offline"))
    page.shot("desk-no-network")
    page.read_logs()
    page.complaints = [one for one in page.complaints if "ERR_INTERNET_DISCONNECTED" not in one]
    offline(page, False)
    page.go("/staff/desk")
    page.wait("the card again", lambda: page.all("#card .parts"))
    tally.check(f"{page.width}: what was written without a network is there after a reload", page.value("#note") == "断网时写的", page.value("#note"))
    page.keys("t")
    page.keys("，存在本机")
    tally.check(f"{page.width}: it is kept on this computer until it is saved", "存在本机" in drafts(page))
    page.keys(Keys.ESCAPE)
    staff.log_out(page)
    tally.check(f"{page.width}: and goes with the session", drafts(page) == "", "a draft is left")


def by_keyboard(base, shots, tally, huifang):
    with Page(base, 1440, shots) as page:
        with tally.chapter("1440 a morning by keyboard", page, shots):
            fill(base, CALLS)
            staff.choose_password(page, tally, *staff.fresh_adviser(huifang))
            keyboard_morning(page, tally)
        staff.clean(page, tally)


class Thumb:
    """Taps as a finger does, and counts them."""

    def __init__(self, page):
        self.page = page
        self.count = 0
        self.low = True

    def tap(self, selector):
        def press():
            spot = self.page.js(
                "const e = [...document.querySelectorAll(arguments[0])].find(e => e.checkVisibility()); if (!e) return null;"
                "let r = e.getBoundingClientRect(); if (r.top < 60 || r.bottom > innerHeight) { e.scrollIntoView({ block: 'center', behavior: 'instant' }); r = e.getBoundingClientRect(); }"
                "const x = r.left + r.width / 2, y = r.top + r.height / 2, top = document.elementFromPoint(x, y);"
                "return top && (e.contains(top) || top.contains(e)) ? [x, y, innerHeight] : null", selector)
            if not spot:
                return False
            x, y, height = spot
            self.count += 1
            self.low = self.low and y > height * 0.3
            for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
                self.page.command("Input.dispatchTouchEvent", type=kind, touchPoints=points)
            return True
        self.page.wait(f"{selector} under the thumb", press)


SMALL = """
return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.matches(':disabled') && !e.closest('.visually-hidden, .skip') && e.getBoundingClientRect().width > 1)
  .map(e => [e, (e.matches('input[type=checkbox], input[type=radio]') && e.closest('label') || e).getBoundingClientRect()])
  .filter(([, r]) => r.height < 43.5 || r.width < 43.5)
  .map(([e, r]) => `${e.id || e.className || e.textContent.trim().slice(0, 12)} ${Math.round(r.width)} × ${Math.round(r.height)}`);
"""


def large_enough(page, tally, where):
    small = page.js(SMALL)
    tally.check(f"{page.width}: everything {where} is large enough for a thumb", small == [], small)
    wide = page.js("return document.scrollingElement.scrollWidth")
    tally.check(f"{page.width}: nothing {where} is wider than the telephone", wide <= page.width, wide)


def thumb_morning(page, tally):
    page.wait("the queue", lambda: page.visible("#rows .row"))
    page.shot("phone-queue")
    large_enough(page, tally, "in the queue")
    page.js(STOPWATCH)
    thumb = Thumb(page)
    thumb.tap("#bar-next")
    page.see("#bar-reveal")
    page.wait("the card in full", lambda: page.all("#card .parts"))
    page.shot("phone-claimed")
    thumb.tap("#bar-reveal")
    page.see("#dial")
    tally.check(f"{page.width}: from the queue to a shown number in two taps", thumb.count == 2, thumb.count)
    page.shot("phone-revealed")
    top = "return document.querySelector('#card .number').getBoundingClientRect().top"
    said, at = page.text("#message"), page.js(top)
    page.js("document.querySelector('#message').textContent = ''")
    tally.check(f"{page.width}: nothing moves under the thumb when a message goes", said and page.js(top) == at, (at, page.js(top)))
    large_enough(page, tally, "on the card")
    for call in range(3):
        number = staff.shown_number(page)
        thumb = Thumb(page)
        thumb.tap("#bar-record")
        page.wait("the results", lambda: page.js("const r = document.querySelector('#choices').getBoundingClientRect(); return r.top < innerHeight && r.top >= 0"))
        if call == 0:
            page.shot("phone-wrapup")
        thumb.tap("#choices label:has([value=no_answer])")
        tally.check(f"{page.width}: a tap chooses the result", page.js("return document.querySelector('[name=disposition]:checked')?.value") == "no_answer")
        page.wait("the way on", lambda: "保存" in page.text("#bar-record"))
        thumb.tap("#bar-record")
        page.wait_text("#message", "已记录：无人接听")
        page.wait("the next card", lambda: page.visible("#bar-reveal") and not page.visible("#dial"))
        tally.check(f"{page.width}: an unanswered call is written down in three taps", thumb.count == 3, thumb.count)
        tally.check(f"{page.width}: the number is hidden again", number not in page.js("return document.body.innerText").replace(" ", ""))
        tally.check(f"{page.width}: the next card begins at its top", page.js("return document.querySelector('#card h2').getBoundingClientRect().top") >= 0)
        thumb.tap("#bar-reveal")
        page.see("#dial")
    page.shot("phone-next")
    thumb.tap("#bar-reveal")
    page.wait("the clock", lambda: page.js("return document.querySelector('#call-time').dataset.runs") == "true")
    page.read_logs()
    tally.check(f"{page.width}: the same button then dials", f"tel:+86{staff.shown_number(page)}" in [url for _, url in page.requests])
    tally.check(f"{page.width}: what is pressed all day lies where the thumb is", thumb.low)
    say_waits(page, "by thumb")


def by_thumb(base, shots, tally, huifang):
    with Page(base, PHONE, shots) as page:
        page.command("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
        with tally.chapter("390 a morning by thumb", page, shots):
            fill(base, 5)
            staff.choose_password(page, tally, *staff.fresh_adviser(huifang))
            tally.check("390: the page knows of the finger", page.js("return matchMedia('(pointer: coarse)').matches"))
            thumb_morning(page, tally)
        staff.clean(page, tally)
