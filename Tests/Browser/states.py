"""How to bring each page into each of its states. `look(state)` is called once a state is on screen."""

import visitors
from browser import WIDTHS, sent_code

# Requests of the page answer this late, so that its busy state can be looked at; or never.
DELAY = "const send = window.fetch; window.fetch = (...a) => new Promise(r => setTimeout(r, arguments[0])).then(() => send(...a))"
# What the page asks about its code is answered so; a real vendor's report is played in the service's own tests.
FATE = """const send = window.fetch; window.fetch = (url, ...a) => /verification-codes\\/./.test(url)
  ? Promise.resolve(new Response(JSON.stringify({state: arguments[0], reference: 'A7'}), {status: 200, headers: {'Content-Type': 'application/json'}})) : send(url, ...a)"""
# The cooldown is over: the page's own clock says so, as it would after a minute.
COOLED = "const now = Date.now; Date.now = () => now() + arguments[0]"
BREAK = "window.fetch = () => Promise.reject(new TypeError('no network'))"
LONG = 60_000


def busy_width(page, selector, press):
    """Presses and waits for the busy state; a button must not change its width."""
    before = page.js("return document.querySelector(arguments[0]).offsetWidth", selector)
    press()
    page.wait("the busy button", lambda: page.all(f"{selector}[aria-busy=true]"))
    page.settle()
    after = page.js("return document.querySelector(arguments[0]).offsetWidth", selector)
    assert abs(after - before) <= 1, f"{selector} is {before} px wide and {after} px when busy"


def start_afresh(page):
    """The landing page as somebody sees it who has not been here."""
    page.go("/")
    page.js("sessionStorage.clear()")
    page.go("/")


def landing(page, look):
    page.go("/")
    look("landing")
    page.js("document.querySelectorAll('#f details').forEach(e => { e.open = true; })")
    look("landing-all-questions")


def landing_errors(page, look):
    page.go("/")
    page.click("#submit")
    page.see("#e-consent")
    look("contact-errors")
    page.click("#score")
    page.see("#e-birth_year")
    look("calculator-error")


def landing_offline(page, look):
    page.go("/")
    page.type("#phone", visitors.made_up_phone())
    page.js(BREAK)
    page.click("#send")
    page.wait_text("#contact .summary", "网络不稳定")
    look("contact-offline")


def landing_busy(page, look):
    for width in WIDTHS:
        page.resize(width)
        page.go("/")
        visitors.fill_calculator(page)
        page.js(DELAY, LONG)
        busy_width(page, "#score", lambda: page.click("#score"))
        look("calculator-busy", widths=[width])


def calculator_result(page, look):
    page.go("/")
    visitors.fill_calculator(page)
    page.click("#score")
    page.see("#result .score")
    look("calculator-result")
    address = page.js("return document.querySelector('#result a').href")
    page.driver.get(address)
    page.see(".out .score")
    look("result-page")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    page.shot("result-paper", whole=True)
    assert page.visible(".paper svg"), "no code leads back from paper"
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    sheets = page.printed_pages()
    assert sheets == 1, f"the result takes {sheets} sheets of paper"
    page.click("details.again > summary")
    look("result-page-again")
    changed = [page.value("#age"), page.value("#insured_months")]
    assert changed == ["34", "72"], f"the answers to be changed are {changed}"


def renewal(page, look):
    start_afresh(page)
    page.click("#check")
    page.see("#e-valid_until")
    look("renewal-error")
    page.set_value("#valid_until", "2027-05-31")
    page.click("#check")
    page.see("#renewal-out dl")
    look("renewal-result")


def inquiry(page, look):
    phone = visitors.made_up_phone()
    start_afresh(page)
    visitors.fill_contact(page, "欧阳女士", phone)
    page.click("#send")
    page.wait_text("#sent", "有效")
    look("code-sent")
    code = sent_code(page.base, phone)
    page.click("#consent")
    page.type("#code", f"{(int(code) + 1) % 1_000_000:06d}")
    page.click("#submit")
    page.see("#e-code")
    look("code-wrong")
    page.type("#code", code)
    page.click("#submit")
    page.see("#done h1")
    look("success")
    page.click("#done a.main")
    page.wait("the receipt", lambda: page.path.startswith("/r/"))
    look("receipt")
    receipt = page.path
    assert not page.visible("[action$='/cancel'] button"), "one tap cancels"
    page.click("main details summary")
    page.see("[action$='/cancel'] button")
    look("receipt-cancel")
    page.go(receipt + "/benefits/plan")
    look("benefit-by-adviser")
    page.go(receipt)
    page.click("[action$='/benefits/daily'] button")
    page.wait_text(".gifts", "已登记")
    look("receipt-asked")
    for benefit in ["group", "picture"]:
        page.go(receipt)
        page.click(f"[action$='/benefits/{benefit}'] button")
        page.see(".picture")
        assert page.js("const e = document.querySelector('img.picture'); return !e || e.naturalWidth > 0"), "the picture is broken"
        look(f"benefit-{benefit}")


def no_dead_end(page, look):
    """A code that does not arrive: delivered all the same, refused, and after the second one the telephone."""
    start_afresh(page)
    visitors.fill_contact(page, "欧阳女士", visitors.made_up_phone())
    page.js(FATE, "delivered")
    page.click("#send")
    page.wait_text("#sent", "运营商已送达")
    assert "编号 A7" in page.text("#sent") and not page.visible("#way"), page.text("#sent")
    look("code-delivered")
    page.js(COOLED, 61_000)
    page.see("#way")
    assert not page.visible("#call"), "one code that did not arrive is no reason to ring"
    look("code-not-arrived")
    start_afresh(page)
    phone = visitors.made_up_phone()
    visitors.fill_contact(page, "欧阳女士", phone)
    page.js(FATE, "refused")
    page.click("#send")
    page.wait_text("#sent", "运营商拒收")
    page.see("#way")
    look("code-refused")
    page.type("#phone", visitors.made_up_phone())
    page.wait("another number may have its code at once", lambda: page.text("#send") == "获取验证码")
    page.click("#send")
    page.see("#call")
    look("code-refused-twice")


def reminder(page, look):
    start_afresh(page)
    page.set_value("#valid_until", "2027-05-31")
    page.click("#check")
    page.see("#remind a")
    page.click("#remind a")
    page.see("#permit_end")
    assert page.value("#permit_end") == "2027-05-31", "the date that was checked is not asked for again"
    assert not page.all("[name=consent_reminder]:checked"), "nobody ticks the box but the visitor"
    page.js("document.querySelector('#permit_end').focus()")
    look("reminder-box")
    page.set_value("#permit_end", "")
    page.click("label:has([name=consent_reminder])")
    page.click("#submit")
    page.see("#e-permit_end")
    page.js("document.querySelector('#permit_end').focus()")
    look("reminder-error")


def other_pages(page, look):
    page.go("/permit-renewal")
    look("renewal-page")
    page.go("/privacy")
    look("privacy")
    page.go("/no-such-page")
    look("not-found")
    page.go("/r/" + "A" * 43)
    look("receipt-unknown")


def gate(page, look):
    """The total at once, the items once the phone is proven."""
    start_afresh(page)
    look("gate-landing")
    visitors.fill_calculator(page)
    page.click("#score")
    page.see("#result .score")
    assert not page.visible("#result table") and page.js("return document.querySelector('#result tbody').textContent") == "", "the items are there before the phone is proven"
    look("gate-result")
    address = page.js("return document.querySelector('#result [data-h=result_url]').href")
    page.driver.get(address)
    page.see(".out .score")
    assert not page.visible(".out table"), "the result's page shows the items before the phone is proven"
    look("gate-result-page")
    phone = visitors.made_up_phone()
    page.go("/")
    visitors.fill_contact(page, "欧阳女士", phone)
    page.click("#send")
    page.wait_text("#sent", "有效")
    page.click("#consent")
    page.type("#code", sent_code(page.base, phone))
    page.click("#submit")
    page.see("#done h1")
    look("gate-success")
    page.click("#done [data-h=whole_url]")
    page.see(".out table")
    assert page.js("return location.href") == address, "the success page leads to another result"
    look("gate-opened")
    page.go("/")
    page.see("#result table")
    assert not page.visible("[data-withheld]"), "the landing page still asks to prove the phone"


GATED = {"the gate": gate}

VISITOR = {
    "the landing page": landing, "its errors": landing_errors, "its lost network": landing_offline, "its busy button": landing_busy,
    "the calculator's result": calculator_result, "the renewal check": renewal, "an inquiry": inquiry, "a code that does not arrive": no_dead_end, "the box for reminders": reminder, "the other pages": other_pages,
}


def forms(page, look):
    page.go("/")
    look("noscript-landing")
    visitors.fill_contact(page, "欧阳女士", "1380000000")
    page.click("#consent")
    page.click("#submit")
    page.see("#e-phone")
    look("noscript-contact-errors")
    phone = visitors.made_up_phone()
    visitors.fill_contact(page, "欧阳女士", phone)
    page.click("#submit")
    page.wait("the code page", lambda: "填写短信验证码" in page.text("h1"))
    look("noscript-code")
    page.click("details summary")
    page.click("button[formaction='/inquiry/delivery']")
    page.wait("the code page again", lambda: "填写短信验证码" in page.text("h1") and not page.all("details[open]"))
    page.click("details summary")
    look("noscript-code-ways-out")
    page.click("button.main")
    page.see("#e-code")
    look("noscript-code-errors")
    page.type("#code", sent_code(page.base, phone))
    page.click("button.main")
    page.wait_text("main .stamp", "提交成功")
    look("noscript-success")


def form_calculator(page, look):
    page.go("/")
    page.type("#birth_year", "很久")
    page.click("#score")
    page.see("#e-birth_year")
    look("noscript-calculator-errors")
    page.type("#birth_year", "1986")
    page.type("#birth_month", "1")
    page.click("button.main")
    page.see(".out .score")
    look("noscript-result")


def form_renewal(page, look):
    page.go("/")
    page.set_value("#valid_until", "2026-11-01")
    page.click("#check")
    page.see("#renewal-out dl")
    look("noscript-renewal")


WITHOUT_SCRIPTS = {
    "the forms without scripts": forms, "the calculator without scripts": form_calculator, "the renewal check without scripts": form_renewal,
}
