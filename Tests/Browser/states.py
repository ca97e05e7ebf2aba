"""How to bring each page into each of its states. `look(state)` is called once a state is on screen."""

import visitors
from browser import WIDTHS, sent_code

# Requests of the page answer this late, so that its busy state can be looked at; or never.
DELAY = "const send = window.fetch; window.fetch = (...a) => new Promise(r => setTimeout(r, arguments[0])).then(() => send(...a))"
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
    page.click("[action$='/benefits/daily'] button")
    page.wait_text(".gifts", "已登记")
    look("receipt-asked")
    for benefit in ["group", "picture"]:
        page.go(receipt)
        page.click(f"[action$='/benefits/{benefit}'] button")
        page.see(".picture")
        assert page.js("const e = document.querySelector('img.picture'); return !e || e.naturalWidth > 0"), "the picture is broken"
        look(f"benefit-{benefit}")


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
    "the calculator's result": calculator_result, "the renewal check": renewal, "an inquiry": inquiry, "the other pages": other_pages,
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
