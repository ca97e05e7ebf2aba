"""What the page itself does for a key, in time of the processor: other work on the machine does not change it."""

import time

import visitors
from browser import Page, sent_code


def spent(page):
    """Milliseconds of the processor that the page's main thread has used, painting included, and those of scripts."""
    found = {m["name"]: m["value"] * 1000 for m in page.command("Performance.getMetrics")["metrics"]}
    return found["TaskDuration"], found["ScriptDuration"]


def key_work(base, tally, limit, rate):
    """Each key of a code, pressed on a page whose calculator has a result; at so many times slower it stays below the limit."""
    phone = visitors.made_up_phone()
    with Page(base, 360) as page:
        page.command("Performance.setTimeDomain", timeDomain="threadTicks")
        page.command("Performance.enable")
        page.go("/")
        visitors.fill_calculator(page)
        page.click("#score")
        page.see("#result .score")
        visitors.fill_contact(page, "王女士", phone)
        page.click("#send")
        page.wait_text("#sent", visitors.masked(phone))
        page.bring("#code").click()
        time.sleep(1)
        keys = []
        for sign in sent_code(base, phone):
            before = spent(page)
            for kind in ("keyDown", "keyUp"):
                page.command("Input.dispatchKeyEvent", type=kind, key=sign, **({"text": sign} if kind == "keyDown" else {}))
            page.js("return new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            keys.append(tuple(round(after - was, 1) for after, was in zip(spent(page), before)))
        tally.check("the keys of the code arrive", len(page.value("#code")) == 6, page.value("#code"))
    print(f"work of a key (all, scripts) in ms of the processor: {keys}", flush=True)
    tally.check(f"the work of a key takes less than {limit} ms at a {rate}th of the processor", max(whole for whole, _ in keys) * rate < limit, keys)
