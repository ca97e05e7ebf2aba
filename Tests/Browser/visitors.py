"""The visitor's part of the story: from the landing page to the receipt, with scripts and without."""

import json
import os
import random
import re
import subprocess
import time
import urllib.request

from browser import get, sent_code

PROMISE = re.compile(r"我们会在 ?\d+月\d+日（周[一二三四五六日]）\d\d:\d\d ?前致电")
EDUCATION = ["bachelor_with_degree", "associate", "bachelor"]
NAMES = "陈敏 周洋 王芳 何静 高磊 林涛 郭敏 罗杰 梁宇 宋佳 唐宁 许诺 韩雪 冯楠".split()


# Where an advertisement leads.
CAMPAIGN = "/?utm_source=baidu&utm_campaign=spring"

LAST_FOUR = iter(random.sample(range(10000), 10000))


def made_up_phone():
    """A number of nobody, never the same twice: a number has to wait for its second code."""
    return f"1380000{next(LAST_FOUR):04d}"


def masked(phone):
    return f"{phone[:3]} **** {phone[7:]}"


def open_part(page, number):
    """Unfolds one part of the calculator."""
    page.js("document.querySelectorAll('.part').forEach((e, i) => { e.open = i == arguments[0] - 1; })", number)


def fill_calculator(page):
    """Part by part: month of birth, schooling; months insured and the base of three insurance years."""
    open_part(page, 1)
    page.type("#birth_year", "1992")
    page.type("#birth_month", "5")
    page.click("label:has([value=bachelor_with_degree])")
    if page.visible(".part[open] [data-next]"):
        page.click(".part[open] [data-next]")
    else:
        open_part(page, 2)
    page.type("#insured_months", "72")
    for base in page.visible("[name^='base.']")[:4]:
        base.clear()
        base.send_keys("15,000")


def fill_contact(page, name, phone):
    page.type("#name", name)
    page.type("#phone", phone)


def score_in_place(page, tally):
    fill_calculator(page)
    page.click("#score")
    page.see("#result .score")
    tally.check(f"{page.width}: the result comes in place", page.path == "/" and re.fullmatch(r"\d+", page.text("#result .score b")))
    tally.check(f"{page.width}: the result lists its items", len(page.visible("#result tbody tr")) >= 2)
    tally.check(f"{page.width}: the result says it is an estimate", "估算" in page.text("#result .stamp"))
    day = page.text("#result [data-d=assessed_on]")
    tally.check(f"{page.width}: the result says its day", re.fullmatch(r"\d{4}年\d+月\d+日（周[一二三四五六日]）", day), day)
    page.shot("calculator-result")


def shows_error(page, tally, name, field, words):
    """The same words at the field and in a focused summary, and the field says that it is wrong."""
    page.wait_text(f"#e-{field}", words)
    near = page.text(f"#e-{field}")
    summary = page.text("#contact .summary")
    tally.check(f"{page.width}: {name}, the summary repeats the words", near in summary, f"{near} / {summary}")
    tally.check(f"{page.width}: {name}, the field is marked", page.all(f"#{field}[aria-invalid]") != [])
    tally.check(f"{page.width}: {name}, the summary has the focus", page.js("return document.activeElement.matches('.summary')"))


def refuse_mistakes(page, tally, name, phone):
    """A short number, no consent, a wrong code: each is said, and what was typed stays."""
    fill_contact(page, name, phone[:10])
    page.click("#send")
    shows_error(page, tally, "a short number", "phone", "手机号少 1 位，请核对")
    page.shot("error-phone")
    fill_contact(page, name, phone)
    page.click("#send")
    page.wait_text("#sent", masked(phone))
    tally.check(f"{page.width}: the code's lifetime is said", "5 分钟内有效" in page.text("#sent"))
    tally.check(f"{page.width}: another code has to wait, and says how long", re.search(r"\d+ 秒后可再试", page.text("#send")))
    tally.check(f"{page.width}: a way out waits until another code may be asked for", not page.visible("#way"))
    code = sent_code(page.base, phone)
    page.type("#code", code)
    page.click("#submit")
    shows_error(page, tally, "no consent", "consent", "隐私说明")
    page.shot("error-consent")
    page.click("#consent")
    page.type("#code", f"{(int(code) + 1) % 1_000_000:06d}")
    page.click("#submit")
    shows_error(page, tally, "a wrong code", "code", "验证码")
    tally.check(f"{page.width}: what was typed stays", (page.value("#name"), page.value("#phone")) == (name, phone))
    page.shot("error-code")
    return code


def inquire(page, tally, name):
    """The whole way with scripts; gives the number."""
    phone = made_up_phone()
    page.go("/")
    page.shot("landing", whole=True)
    score_in_place(page, tally)
    fill_contact(page, name, phone)
    page.click("#contact details summary")
    page.click("label:has([value=morning])")
    page.type("#remark", "孩子明年上小学")
    page.click(".tick a[href='/privacy']")
    page.wait("the privacy notice", lambda: page.path == "/privacy")
    page.shot("privacy")
    page.driver.back()
    page.see("#name")
    kept = [page.value(field) for field in ("#name", "#phone", "#birth_year", "#insured_months", "#remark")]
    tally.check(f"{page.width}: back keeps what was typed", kept == [name, phone, "1992", "72", "孩子明年上小学"], kept)
    tally.check(f"{page.width}: back keeps the window", page.all("[name=preferred_window][value=morning]:checked") != [])
    tally.check(f"{page.width}: the chosen window is promised", "12:00" in page.text("[data-promise]"), page.text("[data-promise]"))
    page.wait("the result again", lambda: page.visible("#result .score"))
    page.click("label:has([name=preferred_window][value=''])")  # a call in the morning would not be served at night
    tally.check(f"{page.width}: without a window the end of the day is promised", "18:00" in page.text("[data-promise]"), page.text("[data-promise]"))
    code = refuse_mistakes(page, tally, name, phone)
    time.sleep(2.5)  # a form sent sooner than a person can is set aside
    page.driver.refresh()
    page.wait_text("#sent", masked(phone))
    page.click("#consent")
    page.read_logs()
    before = page.requests.count(("POST", page.base + "/api/v1/inquiries"))
    page.type("#code", code)
    page.double_click("#submit")
    page.see("#done h1")
    time.sleep(0.5)
    page.read_logs()
    sent = page.requests.count(("POST", page.base + "/api/v1/inquiries")) - before
    tally.check(f"{page.width}: a double click sends one inquiry", sent == 1, sent)
    accepted(page, tally, "#done")
    page.driver.back()
    page.see("#name")
    tally.check(f"{page.width}: back from the success page keeps the form", page.value("#name") == name)
    tally.check(f"{page.width}: a reload before the submit keeps the time of the first touch", page.requests.count(("GET", page.base + "/api/v1/form-token")) == 1)
    says_nothing_of_the_code(page, tally)
    page.driver.forward()
    page.see("#done h1")
    receipt(page, tally, "#done a.main")
    page.go("/")
    page.wait("the result again", lambda: page.visible("#result .score"))
    says_nothing_of_the_code(page, tally)
    asks_once(page, tally)
    return phone


def asks_once(page, tally):
    """A box that was left empty is not there for two days; under another notice it is."""
    tally.check(f"{page.width}: a box left empty is not asked again", not page.all("#optional"))
    page.js("localStorage.declined = localStorage.declined.replaceAll(document.querySelector('[name=notice_version]').value, 'older')")
    page.go("/")
    tally.check(f"{page.width}: for another notice it is asked at once", len(page.all("#optional input")) == 1)


def says_nothing_of_the_code(page, tally):
    said = page.js("return [document.querySelector('#sent').textContent, ...['challenge', 'dies', 'token'].filter(n => n in JSON.parse(sessionStorage.huifang))]")
    tally.check(f"{page.width}: a used code is announced no more", said == [""], said)


def open_part_without_scripts(page, number):
    page.click(f"#calc .part:nth-of-type({number}) summary")


def accepted(page, tally, root):
    promise = page.text(f"{root} h1")
    tally.check(f"{page.width}: the success page promises a time", PROMISE.search(promise), promise)
    tally.check(f"{page.width}: it says who will ring", "顾问打给您" in page.text(f"{root} .lead"), page.text(f"{root} .lead"))
    page.shot("success")


def receipt(page, tally, link):
    page.click(link)
    page.wait("the receipt", lambda: page.path.startswith("/r/"))
    tally.check(f"{page.width}: the receipt repeats the promise", PROMISE.search(page.text("main h1")), page.text("main h1"))
    tally.check(f"{page.width}: the receipt names the state", page.text("main .lead") != "")
    page.shot("receipt")


def inquire_without_scripts(page, tally, name):
    """The same with forms only; gives the number."""
    phone = made_up_phone()
    page.go(CAMPAIGN)
    page.shot("noscript-landing", whole=True)
    tally.check(f"{page.width} without scripts: what needs scripts is not shown", not page.visible(".with-js"))
    page.type("#birth_year", "1992")
    page.type("#birth_month", "5")
    open_part_without_scripts(page, 2)
    page.type("#insured_months", "72")
    page.click("#score")
    page.wait("the result's own page", lambda: page.path.startswith("/a/"))
    tally.check(f"{page.width} without scripts: the result has a page", re.fullmatch(r"\d+", page.text(".out .score b")))
    page.shot("noscript-result", whole=True)
    fill_contact(page, name, phone[:10])
    page.click("#consent")
    page.click("#submit")
    page.wait_text("#e-phone", "少 1 位")
    tally.check(f"{page.width} without scripts: a short number is said at the field and above", "少 1 位" in page.text(".summary"))
    tally.check(f"{page.width} without scripts: the consent stays given", page.all("#consent:checked") != [])
    page.shot("noscript-error-phone")
    fill_contact(page, name, phone)
    page.click("#submit")
    page.wait("the code page", lambda: "填写短信验证码" in page.text("h1"))
    tally.check(f"{page.width} without scripts: the number is masked", page.text("main .lead b") == masked(phone), page.text("main .lead"))
    page.shot("noscript-code")
    code = sent_code(page.base, phone)
    time.sleep(2.5)  # nobody reads a message sooner; a form sent back at once is taken for a program's
    page.type("#code", f"{(int(code) + 1) % 1_000_000:06d}")
    page.click("button.main")
    page.see("#e-code")
    page.shot("noscript-error-code")
    page.type("#code", code)
    page.click("button.main")
    page.wait_text("main .stamp", "提交成功")
    accepted(page, tally, "main")
    came_from_the_campaign(page, tally, "by the calculator")
    receipt(page, tally, "main a.main")
    page.go("/")
    page.type("#birth_year", "1990")
    page.type("#birth_month", "5")
    page.click("#score")
    page.wait("another result", lambda: page.path.startswith("/a/"))
    result = page.path
    page.click(".again:has([action$='/delete']) summary")
    page.click("[action$='/delete'] button")
    page.wait_text("main h1", "已删除")
    page.go(result)
    tally.check(f"{page.width} without scripts: a result can be deleted", "410" in page.text("main .stamp"), page.text("main .stamp"))
    return phone


def came_from_the_campaign(page, tally, way):
    """The newest inquiry's source as the database keeps it: where `CAMPAIGN` led, whatever steps came between."""
    arguments = ["psql", "-qtAX", os.environ["HUIFANG_TEST_DATABASE_URL"], "-c", "SELECT source FROM inquiries ORDER BY accepted_at DESC, id DESC LIMIT 1"]
    kept = json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=30).stdout or "{}")
    utm = kept.get("utm", {})
    tally.check(f"{page.width} without scripts {way}, the inquiry keeps the campaign", (utm.get("source"), utm.get("campaign")) == ("baidu", "spring"), kept)


def inquire_at_once_without_scripts(page, tally, name):
    """From an advertisement to the promise without the calculator; gives the number."""
    phone = made_up_phone()
    page.go(CAMPAIGN)
    fill_contact(page, name, phone)
    page.click("#consent")
    page.click("#submit")
    page.wait("the code page", lambda: "填写短信验证码" in page.text("h1"))
    code = sent_code(page.base, phone)
    time.sleep(2.5)  # nobody reads a message sooner; a form sent back at once is taken for a program's
    page.type("#code", code)
    page.click("button.main")
    page.wait_text("main .stamp", "提交成功")
    came_from_the_campaign(page, tally, "at once")
    return phone


def check_renewal(page, tally):
    page.go("/")
    page.click("#renewal #check")
    page.wait_text("#e-valid_until", "请")
    page.set_value("#valid_until", "2027-05-31")
    page.click("#renewal #check")
    page.see("#renewal-out dl")
    tally.check(f"{page.width}: the renewal check answers in place", page.path == "/" and "签注" in page.text("#renewal-out h3"))
    tally.check(f"{page.width}: it says the last valid day", "2027年5月31日（周一）" in page.text("#renewal-out dl"), page.text("#renewal-out dl"))
    page.shot("renewal")


def post(address, body):
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def inquire_by_api(base, name, phone, **more):
    notice = json.loads(get(f"{base}/api/v1/privacy-notice"))["version"]
    challenge = post(f"{base}/api/v1/verification-codes", {"phone": phone, "purpose": "inquiry"})["challenge_id"]
    post(f"{base}/api/v1/inquiries", {
        "name": name, "phone": phone, "challenge_id": challenge, "code": sent_code(base, phone),
        "consent": {"notice_version": notice, "accepted": True}, **more,
    })


def fill_queue(base):
    """More visitors, by the API, for a queue as on a working day."""
    phones = []
    for number, name in enumerate(NAMES):
        phone = made_up_phone()
        inquire_by_api(
            base, name, phone,
            answers={"age": 28 + number, "education": EDUCATION[number % 3], "insured_months": 12 * (number % 9 + 2)},
            remark="想尽快办下来，孩子明年上小学",
            source={"page_url": base + "/", "utm": {"source": ["baidu", "wechat", "douyin"][number % 3]}})
        phones.append(phone)
    return phones
