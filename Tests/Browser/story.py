"""The whole story in Chromium, at the width of a telephone and of a desk, against a running service.

Needs Debian's chromium, chromium-driver and python3-selenium, and a development run of the service
(`HUIFANG_SMS_GATEWAY=console`) on a database that may be written to. `scripts/check-pages` starts one.
"""

import argparse
from pathlib import Path

import boards
import mornings
import staff
import visitors
from browser import Page, Tally

WIDTHS = (360, 1440)
PICTURE = Path(__file__).parent / "screenshots" / "desk.png"


def take_picture(base, huifang):
    with Page(base, 1440) as page:
        staff.choose_password(page, Tally(), *staff.fresh_adviser(huifang))
        page.wait("the queue", lambda: len(page.visible("#rows .row")) >= 14)
        staff.take_next(page)
        page.keys("2")
        page.type("#note", "还缺社保清单，周五前补来，再核对 2 倍基数的月份")
        page.click("#tab-pool")
        page.wait("the pool", lambda: len(page.visible("#rows .row")) >= 13)
        PICTURE.parent.mkdir(exist_ok=True)
        page.driver.save_screenshot(str(PICTURE))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--huifang", required=True, help="the executable, in the environment of the service")
    parser.add_argument("--password", required=True, help="the administrator's")
    parser.add_argument("--shots", help="folder for pictures, one for each state and width")
    parser.add_argument("--readme", action="store_true", help="take the picture of the README too")
    options = parser.parse_args()
    base = options.base.rstrip("/")
    tally = Tally()
    phones = []
    for width in WIDTHS:
        for scripts in (True, False):
            words = f"{width} a visitor {'with' if scripts else 'without'} scripts"
            with Page(base, width, options.shots, scripts=scripts) as page:
                with tally.chapter(words, page, options.shots):
                    tell = visitors.inquire if scripts else visitors.inquire_without_scripts
                    phones.append(tell(page, tally, "王女士" if scripts else "李先生"))
                    if not scripts and width == 360:
                        phones.append(visitors.inquire_at_once_without_scripts(page, tally, "赵女士"))
                if scripts:
                    with tally.chapter(f"{width} the renewal check", page, options.shots):
                        visitors.check_renewal(page, tally)
                staff.clean(page, tally)
    if options.readme:
        with tally.chapter("a fuller queue"):
            phones += visitors.fill_queue(base)
        with tally.chapter("the picture of the README"):
            take_picture(base, options.huifang)
    for width in WIDTHS:
        staff.advise(base, width, options.shots, tally, options.huifang, phones)
        staff.administer(base, width, options.shots, tally, options.password, len(phones))
    mornings.by_keyboard(base, options.shots, tally, options.huifang)
    mornings.by_thumb(base, options.shots, tally, options.huifang)
    boards.supervise(base, options.shots, tally, options.huifang)
    tally.finish()


if __name__ == "__main__":
    main()
