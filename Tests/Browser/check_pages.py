"""Measures every page in every state, at the widths of a telephone, a desk and a wide screen, with ordinary and enlarged type.

No sideways scrolling, no text below 12 px, targets of 44 px (24 px in the console), a first page of at most 30 KB, own
origin only, no complaint of the browser; and axe-core finds nothing, where the Python package that carries it is installed.
"""

import argparse
import importlib.util
from pathlib import Path

import console_states
import states
from browser import WIDTHS, Page, Tally

ENLARGED = 1.4
FIRST_PAGE = 30 * 1024
FOLDER = Path(__file__).parent
MEASURES = (FOLDER / "measures.js").read_text()
ENLARGE = (FOLDER / "enlarge.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

MOVING = """return [...document.querySelectorAll('body *')].filter(e => { const s = getComputedStyle(e);
    return [...s.transitionDuration.split(','), ...(s.animationName == 'none' ? [] : s.animationDuration.split(','))].some(t => parseFloat(t) > 0.001); }).map(e => e.id || e.className)"""

# Targets are measured here, with their labels; axe-core takes what lies under a bar at this moment for a small one.
WITHOUT = {"target-size": {"enabled": False}}


def axe_source(tally):
    """axe-core's text from the package axe-playwright-python, or nothing with the reason said, here and in the summary."""
    found = importlib.util.find_spec("axe_playwright_python")
    for folder in found.submodule_search_locations if found else []:
        file = Path(folder) / "axe.min.js"
        if file.is_file():
            return file.read_text()
    tally.left_out = ", axe: NOT RUN"
    print("axe-core left out: the Python package axe-playwright-python (0.1.8) is not installed", flush=True)
    return None


class Inspector:
    """Looks at a state in every width and size of type, then puts the window back as it was."""

    def __init__(self, page, tally, axe):
        self.page = page
        self.tally = tally
        self.axe = axe

    @staticmethod
    def limits(is_console):
        return {"target": 24 if is_console else 44, "measure": 0 if is_console else 38.5, "isConsole": is_console, "isEnlarged": False}

    def inspect(self, state, is_console):
        """The page as it stands, in this width."""
        self.measure(state, self.limits(is_console))
        unnamed = self.page.unnamed_controls()
        self.tally.check(f"{state}: everything to be used has a name", unnamed == [], unnamed)
        if self.axe:
            self.ask_axe(state)

    def look(self, state, is_console=False, widths=WIDTHS):
        page = self.page
        options = self.limits(is_console)
        home = page.width
        for width in widths:
            page.width = width
            page.resize(width)
            page.settle()
            page.js("if (document.activeElement !== document.body) document.activeElement.scrollIntoView({block: 'center', behavior: 'instant'})")
            page.shot(f"state-{state}")
            self.measure(f"{state} at {width}", options)
            if self.axe and width != 2560:
                self.ask_axe(f"{state} at {width}")
        # 1440 px at 200 %, and the narrowest that WCAG asks for.
        for width in (720, 320) if widths == WIDTHS else ():
            page.resize(width)
            page.settle()
            self.measure(f"{state} at {width}", options)
        unnamed = page.unnamed_controls()
        self.tally.check(f"{state}: everything to be used has a name", unnamed == [], unnamed)
        self.still(state)
        # Last, because the page keeps the larger type.
        for width in widths:
            page.width = width
            page.resize(width)
            page.js("const factor = arguments[0];" + ENLARGE, ENLARGED)
            page.settle()
            page.shot(f"state-{state}-enlarged")
            self.measure(f"{state} at {width} with enlarged type", {**options, "measure": 0, "isEnlarged": True})
            page.js("for (const e of document.querySelectorAll('[data-enlarged]')) { e.style.fontSize = ''; delete e.dataset.enlarged; }")
        page.width = home
        page.resize(home)
        page.settle()
        page.read_logs()
        self.tally.check(f"{state}: nothing is asked for elsewhere", page.foreign_requests() == [], page.foreign_requests())
        self.tally.check(f"{state}: the browser has no complaint", page.complaints == [], "\n        ".join(page.complaints))
        page.complaints.clear()

    def still(self, state):
        """Whoever asks for less motion gets none."""
        self.page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        moving = self.page.js(MOVING)
        self.page.command("Emulation.setEmulatedMedia", features=[])
        self.tally.check(f"{state}: no motion where less is asked for", moving == [], moving[:5])

    def measure(self, name, options):
        findings = self.page.js("const options = arguments[0];" + MEASURES, options)
        self.tally.check(name, findings == [], "\n        ".join(findings[:12]))

    def ask_axe(self, name):
        driver = self.page.driver
        driver.execute_script(self.axe)
        violations = driver.execute_async_script(
            "const done = arguments[2];"
            "axe.run(document, {runOnly: arguments[0], rules: arguments[1]}).then(r => done(r.violations), e => done([{id: 'axe', help: String(e), nodes: []}]))",
            RULES, WITHOUT)
        lines = [f"{v['id']}: {v['help']} {[n['html'][:110] for n in v['nodes'][:3]]}" for v in violations]
        self.tally.check(f"{name}: axe-core", lines == [], "\n        ".join(lines))


def check_first_page(page, tally):
    """What a first visit costs over the wire, headers included."""
    page.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    page.go("/")
    page.settle()
    sizes = page.js("return performance.getEntries().filter(e => e.transferSize).map(e => [new URL(e.name).pathname, e.transferSize])")
    total = sum(size for _, size in sizes)
    tally.check(f"the first page is at most {FIRST_PAGE} bytes", total <= FIRST_PAGE, f"{total}: {sizes}")
    print(f"first page: {total} bytes in {len(sizes)} requests", flush=True)
    page.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="address of the service, http://127.0.0.1:PORT")
    parser.add_argument("--huifang", required=True, help="the executable, in the environment of the service")
    parser.add_argument("--password", required=True, help="the administrator's")
    parser.add_argument("--gate", action="store_true", help="only what looks otherwise while the items wait for the phone")
    parser.add_argument("--shots", help="folder for pictures, one for each state, width and size of type")
    options = parser.parse_args()
    tally = Tally()
    axe = axe_source(tally)
    if options.gate:
        with Page(options.base, 1440, options.shots) as page:
            for name, visit in states.GATED.items():
                with tally.chapter(name, page, options.shots):
                    visit(page, Inspector(page, tally, axe).look)
        return tally.finish()
    with Page(options.base, 1440, options.shots) as page:
        with tally.chapter("the first page", page, options.shots):
            check_first_page(page, tally)
        for name, visit in states.VISITOR.items():
            with tally.chapter(name, page, options.shots):
                visit(page, Inspector(page, tally, axe).look)
    with Page(options.base, 1440, options.shots, scripts=False) as page:
        for name, visit in states.WITHOUT_SCRIPTS.items():
            with tally.chapter(name, page, options.shots):
                visit(page, Inspector(page, tally, None).look)
    with Page(options.base, 1440, options.shots) as page:
        for name, visit in console_states.CONSOLE.items():
            with tally.chapter(name, page, options.shots):
                visit(page, Inspector(page, tally, axe).look, options)
    tally.finish()


if __name__ == "__main__":
    main()
