"""Compares every page of /dev/gallery with its picture in the folder `gallery`, and measures it as any other page.

Letters are drawn as blocks, because the shapes of letters differ between machines: a picture holds what our styles decide, boxes,
lines, colours, sizes and the length of every text. How a date field writes its date is the browser's own, and left out. `--accept` writes the pictures anew.
"""

import argparse
import base64
import re
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

import blocks
from browser import Page, Tally, get
from check_pages import Inspector, axe_source

FOLDER = Path(__file__).parent / "gallery"
WIDTH = {"landing": 360, "code": 360, "login": 360, "desk": 1440, "leads": 1440}
# So many pixels may differ, by more than so much in a channel: corners and form controls are drawn by the browser.
PIXELS, SHADE = 24, 24
BLOCKS = """
const [font, done] = arguments, sheet = new CSSStyleSheet();
sheet.replaceSync('* { font-family: Blocks !important; transition: none !important; animation: none !important; caret-color: transparent !important } ::-webkit-datetime-edit { opacity: 0 }');
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
const face = new FontFace('Blocks', Uint8Array.from(atob(font), c => c.charCodeAt(0)));
face.load().then(loaded => { document.fonts.add(loaded); return document.fonts.ready; }).then(() => requestAnimationFrame(() => requestAnimationFrame(() => done('')))).catch(e => done(String(e)));
"""
CHANGE = "const sheet = new CSSStyleSheet(); sheet.replaceSync(arguments[0]); document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]"
# Each a small change of one component, which the comparison has to find.
CHANGES = {
    "landing": ["#submit { border-radius: 0 }", "#renewal { padding-bottom: calc(clamp(1.1rem,4vw,2rem) + 1px) }", ".help { color: #333 }", ".tiles label { border-color: #000 }"],
    "code": ["#code { padding-left: 1rem }"], "login": [".primary { background: #0b7848 }"],
    "desk": ["#save-only { min-height: 33px }", ".row .gap { font-size: 13px }", ".count.loud, .when { color: #00f }"], "leads": [".lead-table td { padding-block: 7px }"],
}
def picture(page, name):
    """The page with blocks for letters: a telephone's in its whole length, a console's window."""
    if not page.js("return document.adoptedStyleSheets.length"):
        failed = page.driver.execute_async_script(BLOCKS, base64.b64encode(blocks.font()).decode())
        assert failed == "", failed
    page.settle()
    if page.width > 1000:
        return base64.b64decode(page.command("Page.captureScreenshot")["data"])
    size = page.command("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": page.width, "height": size["height"], "scale": 1}
    return base64.b64decode(page.command("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"])


def read(data):
    """A picture in sixteen shades of each colour, so that its file is small."""
    return Image.open(BytesIO(data)).convert("RGB").point(lambda value: round(value / 17) * 17)


def difference(was, now):
    """How many pixels differ, and the first of them."""
    if was.size != now.size:
        size = [max(pair) for pair in zip(was.size, now.size)]
        was, now = was.crop((0, 0, *size)), now.crop((0, 0, *size))
    channels = [channel.point(lambda value: 255 if value > SHADE else 0) for channel in ImageChops.difference(was, now).split()]
    mask = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    if not (box := mask.getbbox()):
        return 0, None
    row = mask.crop((0, box[1], mask.width, box[1] + 1)).getbbox()
    return mask.histogram()[255], (row[0], box[1])


def place(page, spot):
    """The innermost named part of the page at a point, for whoever reads the failure."""
    return page.js(
        "const [x, y] = arguments[0]; return [...document.querySelectorAll('[id], main, header, footer')].filter(e => { const r = e.getBoundingClientRect();"
        " return r.left <= x && x <= r.right && r.top + scrollY <= y && y <= r.bottom + scrollY; }).slice(-2).map(e => e.id || e.tagName).join(' ')", spot)


def show(page, inspector, name, state, accept):
    tally = inspector.tally
    page.width = WIDTH[name]
    page.resize(page.width)
    page.go(f"/dev/gallery/{name}/{state}")
    page.wait("the state", lambda: page.js("return document.documentElement.dataset.ready") == state)
    page.shot(f"gallery-{name}-{state}", whole=page.width < 1000)
    is_console = name in ("login", "desk", "leads")
    inspector.inspect(f"gallery {name} {state}", is_console)
    now, file = read(picture(page, name)), FOLDER / f"{name}-{state}.webp"
    if accept:
        now.save(file, lossless=True, quality=100, method=6)
    if not tally.check(f"gallery {name} {state}: there is a picture", file.is_file()):
        return
    was = read(file.read_bytes())
    differ, first = difference(was, now)
    same = tally.check(
        f"gallery {name} {state}: looks as before", was.size == now.size and differ <= PIXELS,
        f"{differ} pixels differ, {was.size} was, {now.size} is, first in {first and place(page, first)}")
    if not same and page.shots:
        was.save(page.shots / f"gallery-{name}-{state}-was.png")
        now.save(page.shots / f"gallery-{name}-{state}-is.png")
    if state != "rest" or not same:
        return
    for change in CHANGES[name]:
        page.js(CHANGE, change.replace(" }", " !important }"))
        changed = read(picture(page, name))
        tally.check(f"gallery {name}: “{change}” would be found", was.size != changed.size or difference(was, changed)[0] > PIXELS)
        page.js("document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--shots", help="folder for pictures with real letters")
    parser.add_argument("--accept", action="store_true", help="take the pages as they are for right")
    options, _ = parser.parse_known_args()
    tally = Tally()
    axe = axe_source(tally)
    FOLDER.mkdir(exist_ok=True)
    pages = re.findall(r'href="/dev/gallery/([a-z]+)/([a-z]+)"', get(options.base.rstrip("/") + "/dev/gallery"))
    tally.check("the gallery has its pages", len(pages) >= 31, len(pages))
    with Page(options.base, 1440, options.shots) as page:
        for name, state in pages:
            with tally.chapter(f"gallery {name} {state}", page, options.shots):
                show(page, Inspector(page, tally, axe), name, state, options.accept)
    tally.finish()


if __name__ == "__main__":
    main()
