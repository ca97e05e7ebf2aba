"""The console's pages in their states; they build on each other, in this order."""

import office_states
import staff
import visitors
from browser import Keys
from states import BREAK, DELAY, LONG, busy_width

USER = {}


def login(page, look, options):
    visitors.fill_queue(page.base)
    page.go("/staff/login")
    page.wait("the scripts", lambda: page.all("button[type=submit]:not(:disabled)"))
    look("login", is_console=True)
    staff.log_in(page, "admin", "not the password at all")
    page.wait_text("#error", "不对")
    look("login-error", is_console=True)
    page.js(DELAY, LONG)
    busy_width(page, "button[type=submit]", lambda: page.click("button[type=submit]"))
    look("login-busy", is_console=True)


def password(page, look, options):
    username, one_time = staff.fresh_adviser(options.huifang)
    USER["name"] = username
    staff.log_in(page, username, one_time)
    page.wait("the page for a password", lambda: page.path == "/staff/password")
    page.wait("its scripts", lambda: page.all("button[type=submit]:not(:disabled)"))
    look("password", is_console=True)
    page.type("#password", "too short")
    page.click("button[type=submit]")
    page.wait_text("#error", "还少")
    look("password-error", is_console=True)
    page.type("#password", staff.PASSWORD)
    page.type("#again", staff.PASSWORD)
    page.click("button[type=submit]")
    page.wait("the desk", lambda: page.path == "/staff/desk")


def desk(page, look, options):
    page.go("/staff/desk")
    page.wait("the queue", lambda: page.visible("#rows .row"))
    look("desk-queue", is_console=True)
    rows = page.js(
        "const p = document.querySelector('#rows-panel').getBoundingClientRect(), r = document.querySelector('#rows .row').getBoundingClientRect();"
        "return Math.floor((p.bottom - r.top) / r.height)")
    assert rows >= 14, f"only {rows} rows of the queue fit at 1440 × 900"
    page.click("#tab-pool")
    page.settle()
    new_rows_wait(page)
    page.keys("?")
    page.see("#help")
    look("desk-help", is_console=True)
    page.keys(Keys.ESCAPE)
    page.click("#tab-closed")
    page.wait("the empty view", lambda: page.visible("#empty"))
    assert page.text("#empty strong") and page.text("#empty span"), "an empty view says why and what comes next"
    look("desk-empty", is_console=True)


def new_rows_wait(page):
    """Nothing moves under the pointer: a new lead waits behind a button until it is asked for."""
    rows = "return [...document.querySelectorAll('#rows .row')].map(e => [e.textContent.slice(-40), Math.round(e.getBoundingClientRect().top)])"
    before = page.js(rows + ".length"), page.js("return document.querySelector('#rows .row').getBoundingClientRect().top")
    visitors.inquire_by_api(page.base, "方圆", visitors.made_up_phone())
    page.wait_text("#fresh", "1 条新线索")
    assert page.js(rows + ".length") == before[0], "a new row came in by itself"
    page.click("#fresh")
    page.wait("the new row", lambda: page.js(rows + ".length") == before[0] + 1)


def without_scrolling(page):
    """Number, score, last word and wrap-up stand in one window of 1440 × 900."""
    hidden = page.js(
        "return ['#card .digits', '#card .facts', '#choices', '#note', '#save-next'].filter(s => { const r = document.querySelector(s).getBoundingClientRect();"
        " return r.top < 0 || r.bottom > innerHeight || r.height == 0; })")
    assert hidden == [], f"to be scrolled to: {hidden}"


def no_focus_is_covered(page):
    """On a telephone the bars at the top and bottom hide nothing that has the focus."""
    page.resize(360)
    covered = page.js(
        "return [...document.querySelectorAll('#card button, #wrapup :is(input, button, textarea)')]"
        ".filter(e => e.checkVisibility() && !e.disabled).filter(e => { e.focus(); const r = e.getBoundingClientRect();"
        " return ![r.top + 1, Math.min(r.bottom, r.top + 32) - 1].every(y => e.contains(document.elementFromPoint(r.left + r.width / 2, y))); })"
        ".map(e => e.id || e.value)")
    page.resize(page.width)
    assert covered == [], f"covered when focused: {covered}"


def call(page, look, options):
    staff.take_next(page)
    look("desk-claimed", is_console=True)
    without_scrolling(page)
    staff.reveal(page)
    look("desk-revealed", is_console=True)
    no_focus_is_covered(page)
    page.keys(Keys.ENTER, control=True)
    page.see("#wrapup-error")
    look("desk-no-result", is_console=True)
    a_long_note_stays_whole(page)
    for code in page.js("return [...document.querySelectorAll('[name=disposition]')].map(e => e.value)"):
        page.js("document.querySelector(`[value=${arguments[0]}]`).click()", code)
        page.click("#save-only") if code in ("call_back_at", "do_not_call", "duplicate", "not_eligible") else None
        if code in ("reached_interested", "call_back_at", "powered_off", "do_not_call", "not_eligible", "converted", "duplicate"):
            look(f"desk-{code.replace('_', '-')}", is_console=True)


def a_long_note_stays_whole(page):
    """A note that is pasted and too long is neither cut nor sent: the page says by how much."""
    page.js("document.querySelector('[value=no_answer]').click()")
    page.js("const e = document.querySelector('#note'); e.focus(); document.execCommand('insertText', false, '长'.repeat(612))")
    page.click("#save-only")
    page.wait_text("#wrapup-error", "现在 612 个")
    assert page.js("return document.querySelector('#note').value.length") == 612, "the note was cut"
    page.js("const e = document.querySelector('#note'); e.value = ''; e.dispatchEvent(new Event('input', { bubbles: true }))")


def lost_network(page, look, options):
    page.js("document.querySelector('[value=no_answer]').click()")
    page.js(BREAK)
    page.click("#save-only")
    page.wait_text("#wrapup-error", "网络不通")
    look("desk-offline", is_console=True)
    page.go("/staff/desk")
    page.wait("the claim again", lambda: page.all("#card .parts"))
    page.click("#card .card-head .quiet-button")
    page.see("#confirm")
    look("desk-confirm", is_console=True)
    page.click("#confirm button[value=no]")


def saved(page, look, options):
    staff.reveal(page)
    page.keys("4")
    page.js(DELAY, 2000)
    page.click("#save-only")
    page.wait("the busy button", lambda: page.all("#save-only[aria-busy=true]"))
    look("desk-busy", is_console=True)
    page.go("/staff/desk")
    page.wait("the queue", lambda: page.visible("#rows .row") or page.visible("#empty"))
    page.click("#tab-scheduled")
    page.settle()
    look("desk-scheduled", is_console=True)
    page.type("#q", "4321")
    page.keys(Keys.ENTER)
    page.see("#found-box")
    look("desk-search", is_console=True)


def a_session_that_ends(page):
    """After the end of the session neither number nor name is on the page any more, and what was typed is."""
    page.go("/staff/desk")
    page.wait("the queue", lambda: page.visible("#rows .row") or page.visible("#empty"))
    staff.take_next(page)
    staff.reveal(page)
    number = staff.shown_number(page)
    name = page.text("#card h2")
    page.type("#note", "写到一半")
    page.js("fetch('/api/v1/session', { method: 'DELETE' }).then(() => document.querySelector('#tab-pool').click())")
    page.wait_text("#message", "登录已过期")
    text = page.js("return document.body.innerText").replace(" ", "")
    assert number not in text and name not in page.text("#card"), "who was called is still on the page"
    assert not page.visible("#card svg") and page.value("#note") == "写到一半"


def adviser_pages(page, look, options):
    a_session_that_ends(page)
    staff.log_in(page, USER["name"], staff.PASSWORD)
    page.wait("the desk", lambda: page.path == "/staff/desk")
    page.go("/staff/leads")
    page.see("#empty")
    look("leads-adviser", is_console=True)
    page.go("/staff/logout")
    look("logout", is_console=True)
    staff.log_out(page)


def auditor(page, look, options):
    username = "auditor-" + USER["name"].removeprefix("adviser-")
    staff.log_in(page, username, staff.add_staff(options.huifang, username, "auditor", "审计员"))
    page.wait("the page for a password", lambda: page.path == "/staff/password")
    page.wait("its scripts", lambda: page.all("button[type=submit]:not(:disabled)"))
    page.type("#password", staff.PASSWORD)
    page.type("#again", staff.PASSWORD)
    page.click("button[type=submit]")
    page.wait("the statistics", lambda: page.path == "/staff/statistics")
    look("statistics", is_console=True)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.shot("statistics-print")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.go("/staff/statistics?from=2026-11-26&to=2026-11-25")
    look("statistics-error", is_console=True)
    page.go("/staff/statistics?from=2026-01-01&to=2026-01-31")
    look("statistics-empty", is_console=True)
    page.go("/staff/desk")
    page.wait("the refusal", lambda: "不能看这一页" in page.text("h1"))
    look("forbidden", is_console=True)
    staff.log_out(page)


def leads(page, look, options):
    staff.log_in(page, "admin", options.password, "/staff/leads")
    page.wait("the list", lambda: page.visible("#lead-rows tr"))
    look("leads", is_console=True)
    page.click("#lead-rows button")
    page.see("#detail-facts")
    look("leads-detail", is_console=True)
    page.click("#detail-close")
    page.click(".export-box summary")
    page.click(".export input[value=plain]")
    page.click("#export-start")
    page.wait_text("#export-state", "用途")
    look("leads-export-error", is_console=True)
    page.click(".export input[value=masked]")
    page.click("#export-start")
    page.wait_text("#export-state", "已下载")
    look("leads-export-done", is_console=True)
    page.type("#q", "没有这个人")
    page.click("#find")
    page.wait_text("#empty", "没有符合的线索")
    look("leads-none", is_console=True)
    background(page, look)


def background(page, look):
    """Exports in the background and the page of all background work."""
    page.go("/staff/exports")
    page.wait("how many", lambda: page.text("#count"))
    page.click("#add-box summary")
    page.click("#add input[value=plain]")
    page.click("#add button[type=submit]")
    page.see("#add-error")
    look("exports-error", is_console=True)
    page.click("#add input[value=masked]")
    page.click("#columns button[data-move='1']")
    page.click("#add button[type=submit]")
    page.wait_text("#rows", "已生成")
    look("exports", is_console=True)
    page.go("/staff/jobs")
    page.wait("the work", lambda: page.visible("#rows tr"))
    look("jobs", is_console=True)
    page.click("#rows button[aria-label='停住群机器人消息']")
    page.see("#confirm")
    look("jobs-hold", is_console=True)
    page.click("#confirm-yes")
    page.wait_text("#rows", "已停住")
    page.click("#rows button[aria-label='放行群机器人消息']")
    page.wait("the release", lambda: "已停住" not in page.text("#rows"))


def assigning(page, look, options):
    page.go("/staff/desk")
    page.click("#tab-pool")
    page.wait("the pool", lambda: page.visible("#rows .row"))
    page.click("#rows .row")
    page.wait("the card in full", lambda: page.all("#card .parts"))
    names = page.js("return [...document.querySelectorAll('#assign-to option')].map(e => e.textContent)")
    assert "审计员" not in names, f"a call can be passed on to somebody who may not call: {names}"
    look("desk-administrator", is_console=True)


def focus(page):
    return page.js("const e = document.activeElement; return e.id || e.closest('tr')?.dataset.id || e.tagName")


def entry(page, look, options):
    page.go("/staff/desk")
    page.wait("the queue", lambda: page.visible("#rows .row"))
    page.click("#entry-open")
    page.see("#entry")
    assert focus(page) == "entry-name", f"the entry opens at {focus(page)}"
    look("desk-entry", is_console=True)
    page.click("#entry-save")
    page.wait_text("#entry-error", "请填称呼")
    assert focus(page) == "entry-name", f"the first missing field has not the focus, but {focus(page)}"
    look("desk-entry-error", is_console=True)
    page.keys(Keys.ESCAPE)
    page.wait("the closed dialog", lambda: not page.visible("#entry"))
    assert focus(page) == "entry-open", f"after the dialog the focus is at {focus(page)}"
    page.click("#entry-open")
    page.type("#entry-name", "谢雨桐")
    page.type("#entry-phone", visitors.made_up_phone())
    page.click("#entry label:has([value=call_in])")
    page.type("#entry-evidence", "客户来电咨询，口头同意回电")
    page.click("#entry-save")
    page.wait("the closed dialog", lambda: not page.visible("#entry"))
    page.settle()
    look("desk-entered", is_console=True)


def board(page, look, options):
    page.go("/staff/board")
    page.wait("the people", lambda: page.visible("#advisers tr") and page.visible("#days li"))
    look("board", is_console=True)
    opener = "#advisers tr:last-child button"
    row = page.js("return document.querySelector(arguments[0]).closest('tr').dataset.id", opener)
    page.click(opener)
    page.see("#adviser")
    assert focus(page) == "adviser-title", f"the dialog opens at {focus(page)}"
    look("board-arrange", is_console=True)
    page.set_value("#leave-first", "2026-12-04")
    page.set_value("#leave-last", "2026-12-01")
    page.click("#leave button[type=submit]")
    page.see("#adviser-error")
    page.wait("the focus at what went wrong", lambda: focus(page) == "adviser-error")
    look("board-arrange-error", is_console=True)
    page.click("#handover button")
    page.see("#confirm")
    look("board-confirm", is_console=True)
    page.click("#confirm button[value=no]")
    page.keys(Keys.ESCAPE)
    page.wait("the closed dialog", lambda: not page.visible("#adviser"))
    assert focus(page) == row, f"after the dialog the focus is at {focus(page)}"


def quarantine(page, look, options):
    for name in ("测试甲", "欧阳震华"):
        visitors.inquire_by_api(page.base, name, visitors.made_up_phone(), website="https://example.com/", source={"utm": {"source": "baidu"}})
    page.go("/staff/quarantine")
    page.wait("the list", lambda: len(page.visible("#rows tr")) >= 2)
    look("quarantine", is_console=True)
    page.click(".export-box summary")
    page.type("#test-phone", "1380000")
    page.click("#test-read")
    page.wait("the refusal", lambda: page.text("#test-result"))
    look("quarantine-test-code", is_console=True)
    page.js("const s = document.querySelector('#state'); s.value = 'released'; s.dispatchEvent(new Event('change'))")
    page.wait_text("#empty", "没有放行过的提交")
    look("quarantine-empty", is_console=True)
    page.js("const s = document.querySelector('#state'); s.value = 'waiting'; s.dispatchEvent(new Event('change'))")
    page.wait("the list", lambda: page.visible("#rows tr"))
    page.click("#rows tr button")
    page.wait("the list without it", lambda: len(page.visible("#rows tr")) == 1)


CONSOLE = {
    "the login": login, "the one-time password": password, "the desk": desk, "a call": call, "a lost network": lost_network,
    "a result on its way": saved, "the adviser's other pages": adviser_pages, "a refusal": auditor, "the leads": leads, "assigning": assigning,
    "an entry by hand": entry, "the board": board, "what waits to be looked at": quarantine,
    "settings of the office": office_states.settings,
}
