"""The console's part of the story: an account, a password, calls with the keyboard, the list and its export."""

import csv
import re
import secrets
import tempfile
import time
from pathlib import Path

from browser import Keys, Page, add_staff
from visitors import masked

PASSWORD = "harbour violin meadow 62"


def log_in(page, username, password, next_page=""):
    page.go("/staff/login" + (f"?next={next_page}" if next_page else ""))
    page.wait("the scripts of the login", lambda: page.all("button[type=submit]:not(:disabled)"))
    page.type("#username", username)
    page.type("#password", password)
    page.click("#login button[type=submit]")


def log_out(page):
    page.go("/staff/logout")
    page.click("main [data-log-out]")
    page.wait("the login", lambda: page.path == "/staff/login")


def refuse_wrong_password(page, tally):
    log_in(page, "admin", "not the password at all")
    page.wait_text("#error", "用户名、密码或动态码不对")
    tally.check(f"{page.width}: a wrong password is said at the form", page.path == "/staff/login")
    page.shot("login-error")


def choose_password(page, tally, username, one_time):
    log_in(page, username, one_time)
    page.wait("the page for a password", lambda: page.path == "/staff/password")
    page.wait("its scripts", lambda: page.all("button[type=submit]:not(:disabled)"))
    page.shot("password")
    page.type("#password", "too short")
    page.type("#again", "too short")
    page.click("button[type=submit]")
    page.wait_text("#error", "密码还少 3 位")
    page.shot("password-error")
    page.type("#password", PASSWORD)
    page.type("#again", PASSWORD)
    page.click("button[type=submit]")
    page.wait("the desk", lambda: page.path == "/staff/desk")
    tally.check(f"{page.width}: the one-time password leads on to the desk", True)


def fresh_adviser(huifang):
    username = f"adviser-{secrets.token_hex(3)}"
    return username, add_staff(huifang, username, "adviser", "林顾问")


def new_adviser(page, tally, huifang):
    username, one_time = fresh_adviser(huifang)
    tally.check(f"{page.width}: huifang staff add prints one line", re.fullmatch(r"\S+", one_time), len(one_time.splitlines()))
    choose_password(page, tally, username, one_time)


def shown_number(page):
    return page.text("#card .digits").replace(" ", "").removeprefix("+86")


def take_next(page):
    if page.width < 760:
        page.click("#bar-next")
    else:
        page.keys("n")
    page.see("#reveal, #bar-reveal")
    page.wait("the card in full", lambda: page.all("#card .parts"))


def reveal(page):
    if page.width < 760:
        page.click("#bar-reveal")
    else:
        page.keys("r")
    page.see("#dial")


def call(page, tally, phones):
    """N, R, a result by key, and the number is hidden again; then a call-back is agreed."""
    page.wait("the queue", lambda: page.visible("#rows .row") or page.visible("#empty"))
    page.shot("desk-queue")
    loud = page.js(
        "return import('/assets/desk-live.js').then(({ showCounts }) => { showCounts({ pool: 5, overdue: 2 });"
        " const e = document.querySelector('#count-overdue'); return [document.title, e.textContent, getComputedStyle(e).backgroundColor]; })")
    red, green, blue = (int(part) for part in re.findall(r"\d+", loud[2])[:3])
    tally.check(f"{page.width}: what is overdue is counted in red, in the title too",
                loud[:2] == ["(5) 超时 2 工作台", "2"] and red > 1.5 * max(green, blue), loud)
    take_next(page)
    tally.check(f"{page.width}: a claimed number is still masked", "****" in shown_number(page), shown_number(page))
    page.shot("desk-claimed")
    reveal(page)
    number = shown_number(page)
    tally.check(f"{page.width}: R shows the number of a visitor", number in phones, "not a number of this story")
    tally.check(f"{page.width}: a double click has made one inquiry", len(page.all("#card .inquiries > li")) == 1)
    page.shot("desk-revealed")
    if page.width < 760:
        page.click("#bar-record")
        page.click("#choices label:has([value=no_answer])")
    else:
        page.keys("4")
    tally.check(f"{page.width}: the result is chosen", page.js("return document.querySelector('#wrapup [name=disposition]:checked')?.value") == "no_answer")
    page.shot("desk-result")
    if page.width < 760:
        page.click("#save-only")
    else:
        page.keys(Keys.ENTER, control=True)
    page.wait_text("#message", "已记录：无人接听")
    tally.check(f"{page.width}: the number is hidden again", not page.visible("#dial") and number not in page.js("return document.body.innerText").replace(" ", ""))
    page.shot("desk-recorded")
    if page.width < 760:
        take_next(page)
    else:
        page.wait("the next card", lambda: page.all("#card .parts") and page.visible("#reveal"))
    agree_call_back(page, tally)


def agree_call_back(page, tally):
    reveal(page)
    number = shown_number(page)
    if page.width < 760:
        page.click("#bar-record")
        page.click("#choices label:has([value=call_back_at])")
    else:
        page.keys("l")
    page.click("#presets button")
    tally.check(f"{page.width}: a suggested time is put into words", re.search(r"\d\d:\d\d", page.text("#time-words")), page.text("#time-words"))
    page.type("#note", "客户在开会，想了解社保基数的算法")
    page.shot("desk-call-back")
    page.click("#save-only")
    page.wait_text("#message", "已记录：约定回拨")
    page.click("#tab-scheduled")
    page.wait_text("#rows", masked(number))
    tally.check(f"{page.width}: the agreed call is among those for later", True)
    said = page.js("return [...document.querySelectorAll('#rows .row')].map(e => e.querySelector('.last').textContent)")
    tally.check(f"{page.width}: a row says how its last call ended, and when", any(re.fullmatch(r"无人接听 \d\d:\d\d", one) for one in said), said)
    page.shot("desk-scheduled")


def pause_and_resume(page, tally):
    """The visitor rings: their task rests for a while, the list and the card say so, and it goes on."""
    page.click("#rows .row")
    page.wait("the card", lambda: page.all("#card .parts"))
    page.click("#card .number button")
    page.see("#reveal, #bar-reveal")
    if page.width < 760:
        page.click("#bar-record")
    page.click("#pause-open")
    page.shot("desk-pause")
    page.click("#pause-save")
    tally.check(f"{page.width}: a pause asks for its reason", "请选原因" in page.text("#pause-error"), page.text("#pause-error"))
    page.click("#pause-reasons label:has([value=visitor_away])")
    page.click("#pause-save")
    page.wait_text("#message", "已暂停至")
    page.click("#tab-scheduled")
    page.wait_text("#rows", "已暂停")
    page.click("#rows .row:has(.last)")
    page.see("#resume")
    tally.check(f"{page.width}: the card says why it rests", "客户出行" in page.text("#card .pause"), page.text("#card .pause"))
    page.shot("desk-paused")
    page.click("#resume")
    page.wait_text("#message", "已继续")
    if page.width < 760:
        page.click("#bar-back")


def find_caller(page, tally, phone):
    """Somebody rings: the last four digits find the lead."""
    page.type("#q", phone[7:])
    page.keys(Keys.ENTER)
    page.wait("the found lead", lambda: page.visible("#found li"))
    tally.check(f"{page.width}: the search lists masked numbers only", phone not in page.text("#found-box").replace(" ", ""))
    page.shot("desk-search")


def read_leads(page, tally, least):
    page.wait("the leads", lambda: len(page.visible("#lead-rows tr")) >= least)
    text = page.text("#lead-rows").replace(" ", "")
    tally.check(f"{page.width}: the list masks every number", not re.search(r"1[3-9]\d{9}", text))
    page.shot("leads")
    page.click("#lead-rows button")
    page.see("#detail #detail-facts")
    page.shot("leads-detail")
    page.click("#detail-close")


def export(page, tally, folder):
    page.click(".export-box summary")
    page.click("#export [value=csv]")
    page.type("#reason", "核对本周回访")
    page.click("#export-start")
    page.wait("the end of the export", lambda: page.js("return ['done', 'error'].includes(document.querySelector('#export-state').dataset.kind)"))
    words = page.text("#export-state")
    page.shot("leads-export")
    if not tally.check(f"{page.width}: the export is downloaded whole", "与服务器一致" in words, words):
        return
    end = time.monotonic() + 10
    while not (files := list(Path(folder).glob("leads-*.csv"))) and time.monotonic() < end:
        time.sleep(0.1)
    if not tally.check(f"{page.width}: the file is there", len(files) == 1, [f.name for f in files]):
        return
    rows = list(csv.reader(files[0].read_text("utf-8-sig").splitlines()))
    promised = int(re.search(r"共 ([\d,]+) 行", words)[1].replace(",", ""))
    tally.check(f"{page.width}: the file has the rows it promised", len(rows) == promised + 1, (len(rows), promised))
    # Not inside an id, whose last part may happen to be all digits.
    number = re.search(r"(?<![0-9a-f-])1[3-9]\d{9}(?![0-9a-f])", files[0].read_text("utf-8-sig"))
    tally.check(f"{page.width}: the file masks every number", number is None)


def administer(base, width, shots, tally, password, least):
    with tempfile.TemporaryDirectory() as folder, Page(base, width, shots, downloads=folder) as page:
        with tally.chapter(f"{width} the administrator's list and export", page, shots):
            page.go("/staff/leads")
            page.wait("the login", lambda: page.path == "/staff/login")
            page.shot("login")
            refuse_wrong_password(page, tally)
            log_in(page, "admin", password, "/staff/leads")
            page.wait("the list", lambda: page.path == "/staff/leads")
            read_leads(page, tally, least)
            export(page, tally, folder)
            log_out(page)
            page.go("/staff/leads")
            tally.check(f"{width}: after the logout the list asks for a login", page.path == "/staff/login")
        clean(page, tally)


def advise(base, width, shots, tally, huifang, phones):
    with Page(base, width, shots) as page:
        with tally.chapter(f"{width} the adviser's calls", page, shots):
            new_adviser(page, tally, huifang)
            call(page, tally, phones)
            pause_and_resume(page, tally)
            find_caller(page, tally, phones[0])
            page.go("/staff/leads")
            page.see("#empty, #table")
            tally.check(f"{width}: an adviser has no export", not page.all("#export"))
            log_out(page)
        clean(page, tally)


def clean(page, tally):
    page.read_logs()
    tally.check(f"{page.width}: nothing was asked for elsewhere", page.foreign_requests() == [], page.foreign_requests())
    tally.check(f"{page.width}: no complaint in the console", page.complaints == [], page.complaints)
