"""The form on somebody else's pages, in Chromium that keeps third parties from storing anything: inline, in a pop-up, twice on
a page, under a strict policy, without scripts, refused and closed; and where the visitor came from arrives with the inquiry.

The pages lie at localhost, the service at 127.0.0.1: another origin and another site. Needs a development run of the service.
"""

import argparse
import json
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import hosts
import visitors
from browser import Page, Tally, sent_code

MEASURES = (Path(__file__).parent / "measures.js").read_text()
STORAGE = "try { sessionStorage.x = 1; localStorage.x = 1; return 'open' } catch (e) { return e.name }"


def frames(page):
    return page.all("iframe")


def inside(page, number=0):
    """Steps into a frame once it has shown its form or its refusal."""
    page.driver.switch_to.default_content()
    frame = page.wait("a frame", lambda: frames(page)[number:number + 1])[0]
    page.js("arguments[0].scrollIntoView({block: 'start', behavior: 'instant'})", frame)
    page.driver.switch_to.frame(frame)
    page.wait("the frame's heading", lambda: page.visible("h1"))
    return frame


def outside(page):
    page.driver.switch_to.default_content()


def fits(page, tally, name, number=0):
    """The frame is as high as what it shows, and nothing in it is too small or too wide."""
    inside(page, number)
    findings = page.js("const options = arguments[0];" + MEASURES, {"target": 44, "measure": 38.5})
    tally.check(f"{page.width}: {name}, measured", findings == [], "\n        ".join(findings[:12]))
    content = page.js("return document.body.offsetHeight")
    outside(page)

    def grown():
        height = page.js("return arguments[0].clientHeight", frames(page)[number])
        return content <= height <= content + 8
    try:
        page.wait("the frame's height", grown, 5)
        right = True
    except AssertionError:
        right = False
    tally.check(f"{page.width}: {name}, the frame is as high as its form", right, f"{content} in {page.js('return arguments[0].clientHeight', frames(page)[number])}")


def came(page, number=0):
    """What the page tells the frame of the visitor's way."""
    outside(page)
    return json.loads(unquote(urlsplit(frames(page)[number].get_attribute("src")).fragment))


def shoot(page, name):
    """The whole page; a frame of another site is drawn only where the window is, so the window is made as high."""
    outside(page)
    height = page.js("return document.documentElement.scrollHeight")
    metrics = {"width": page.width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.settle()
    page.shot(name)
    page.resize(page.width)


def errors(page):
    outside(page)
    return page.js("return window.errors")


def submit(page, tally, name, phone):
    """Fills and sends the form of the frame at hand."""
    visitors.fill_contact(page, name, phone)
    page.click("#send")
    page.wait_text("#sent", visitors.masked(phone))
    page.type("#code", sent_code(page.base, phone))
    page.click("#consent")
    time.sleep(2.5)  # a form sent sooner than a person can is set aside
    page.click("#submit")
    page.see("#done h1")
    tally.check(f"{page.width}: the promise is made in the frame", visitors.PROMISE.search(page.text("#done h1")))
    link = page.all("#done a.main")[0].get_attribute("target") or page.js("return document.querySelector('base').target")
    tally.check(f"{page.width}: the receipt opens in a tab of its own", link == "_blank", link)


def tell(page, tally, host, key, staff):
    """From an advertisement to the promise, on somebody's article."""
    base, width, phone = page.base, page.width, visitors.made_up_phone()
    page.driver.get(f"http://127.0.0.1:{host.port}/elsewhere?to=/article&campaign=spring{width}")
    page.click("a")
    inside(page)
    tally.check(f"{width}: the frame may store nothing", page.js(STORAGE) == "SecurityError", page.js(STORAGE))
    shoot(page, "embed-inline")
    fits(page, tally, "the form")
    said = came(page)
    tally.check(f"{width}: the campaign is known", said["utm"] == {"source": "baidu", "medium": "cpc", "campaign": f"spring{width}", "team": "红"}, said)
    tally.check(f"{width}: so are the click and the page before", said["click_ids"] == {"bd_vid": "v1", "msclkid": "m1"} and said["referrer"] == f"http://127.0.0.1:{host.port}/", said)
    inside(page)
    visitors.fill_contact(page, "王女士", phone[:10])
    page.click("#send")
    page.see("#e-phone")
    outside(page)
    fits(page, tally, "an error")
    shoot(page, "embed-error")
    inside(page)
    submit(page, tally, "王女士", phone)
    outside(page)
    fits(page, tally, "the success")
    shoot(page, "embed-success")
    tally.check(f"{width}: the page around heard of no error", errors(page) == [], errors(page))
    rows = staff.leads(f"spring{width}")
    kept = rows[0]["attribution"] if rows else {}
    tally.check(f"{width}: the inquiry says whose form it was and where its visitor came from",
                len(rows) == 1 and rows[0]["site"] == "partner" and rows[0]["source"] == "baidu"
                and kept["page_url"] == host.origin + "/article" and kept["first_touch"]["utm"]["team"] == "红", rows)
    # A later visit: the first touch stays, the last one is new.
    page.driver.get(host.origin + "/article?utm_source=wechat")
    inside(page)
    said = came(page)
    tally.check(f"{width}: the first touch stays, the last is this one",
                (said["first_touch"]["utm"]["source"], said["last_touch"]["utm"]["source"]) == ("baidu", "wechat"), said)
    page.driver.get(host.origin + "/article")
    inside(page)
    said = came(page)
    tally.check(f"{width}: a visit that says nothing changes neither",
                (said["first_touch"]["utm"]["source"], said["last_touch"]["utm"]["source"], said["utm"]) == ("baidu", "wechat", {}), said)
    tally.check(f"{width}: nothing is stored but on the page's own side", base not in page.js("return JSON.stringify(localStorage)"))


def twice(page, tally, host):
    """One tag in the text and one behind a button; messages of others change nothing."""
    width = page.width
    page.driver.get(host.origin + "/twice")
    inside(page)
    outside(page)
    tally.check(f"{width}: nobody opened the pop-up", len(frames(page)) == 1 and not page.visible("dialog"))
    fits(page, tally, "the form in the text")
    before = page.js("return document.querySelector('iframe').clientHeight")
    page.js("for (const h of [1, -5, 1e9, 'x', null, {}]) postMessage({huifang: 'height', height: h}, '*'); postMessage('huifang', '*'); postMessage(null, '*')")
    page.settle()
    tally.check(f"{width}: the page's own messages are not believed", page.js("return document.querySelector('iframe').clientHeight") == before)
    page.click("button")
    page.see("dialog iframe")
    fits(page, tally, "the pop-up", 1)
    page.shot("embed-popup")
    tally.check(f"{width}: the pop-up has a name and the focus", page.js("const d = document.querySelector('dialog'); return d.matches(':modal') && d.getAttribute('aria-label') && d.contains(document.activeElement)"))
    page.click("dialog button")
    tally.check(f"{width}: it closes", not page.visible("dialog") and page.js("return document.activeElement.matches('body > button, p + button, button')"))
    page.click("button")
    inside(page, 1)
    submit(page, tally, "李先生", visitors.made_up_phone())
    outside(page)
    page.shot("embed-popup-success")
    tally.check(f"{width}: the other form is untouched", page.js("return document.querySelectorAll('iframe').length") == 2 and errors(page) == [], errors(page))


def hostile(page, tally, host, stranger):
    """Pages that allow little, and pages that may not."""
    width = page.width
    page.driver.get(host.origin + "/strict")
    inside(page)
    outside(page)
    fits(page, tally, "under a strict policy")
    page.driver.get(host.origin + "/unknown")
    page.wait("the unknown form's frame", lambda: frames(page))
    page.driver.get(stranger.origin + "/article")
    link = page.wait("a way out of a frame that stays empty", lambda: page.visible("div > a[target=_blank]"), 20)[0]
    tally.check(f"{width}: a page that may not frame it still leads to the form", link.get_attribute("href").startswith(page.base + "/embed/inquiry?form="))
    page.driver.switch_to.frame(frames(page)[0])
    tally.check(f"{width}: and shows nothing of it", page.all("#f") == [])
    shoot(page, "embed-refused")
    tally.check(f"{width}: nothing was thrown", errors(page) == [], errors(page))


def without_scripts(page, tally, host):
    """The frame alone, every step a page."""
    width, phone = page.width, visitors.made_up_phone()
    page.driver.get(host.origin + "/plain")
    inside(page)
    visitors.fill_contact(page, "周先生", phone)
    page.click("#consent")
    page.click("#submit")
    page.wait("the code page", lambda: "填写短信验证码" in page.text("h1"))
    shoot(page, "embed-noscript-code")
    inside(page)
    page.type("#code", sent_code(page.base, phone))
    time.sleep(2.5)
    page.click("button.main")
    page.wait_text(".stamp", "提交成功")
    tally.check(f"{width}: the form works in a frame without scripts", visitors.PROMISE.search(page.text("main h1")))
    shoot(page, "embed-noscript-success")


def closed(page, tally, host):
    page.driver.get(host.origin + "/article")
    inside(page)
    tally.check(f"{page.width}: a closed form says so in the frame", "春季名额已满" in page.text("main .lead"), page.text("main"))
    fits(page, tally, "a closed form")
    shoot(page, "embed-closed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--huifang", required=True, help="the executable, in the environment of the service")
    parser.add_argument("--password", required=True, help="the administrator's")
    parser.add_argument("--shots", help="folder for pictures")
    options = parser.parse_args()
    base, tally = options.base.rstrip("/"), Tally()
    host, stranger = hosts.Host(), hosts.Host()
    key = hosts.site(options.huifang, "add", "partner", "--origin", host.origin)
    hosts.publish(host, stranger, base, key)
    staff = hosts.Staff(base, options.password)
    # What a browser does that keeps third parties from storing anything: an exception is thrown at every touch.
    blocked = {"profile.block_third_party_cookies": True, "profile.content_settings.exceptions.cookies": {f"{base},*": {"setting": 2}}}
    for width in (360, 1440):
        with Page(base, width, options.shots, preferences=blocked) as page:
            for name, step in [
                ("an article", lambda: tell(page, tally, host, key, staff)), ("two on a page", lambda: twice(page, tally, host)),
                ("hostile pages", lambda: hostile(page, tally, host, stranger)),
            ]:
                with tally.chapter(f"{width} {name}", page, options.shots):
                    step()
        with Page(base, width, options.shots, scripts=False, preferences=blocked) as page:
            with tally.chapter(f"{width} without scripts", page, options.shots):
                without_scripts(page, tally, host)
    hosts.site(options.huifang, "set", "partner", "--no-active", "--closed-text", "春季名额已满")
    for width in (360, 1440):
        with Page(base, width, options.shots, preferences=blocked) as page:
            with tally.chapter(f"{width} a closed form", page, options.shots):
                closed(page, tally, host)
    tally.finish()


if __name__ == "__main__":
    main()
