"""A real Chromium for the page tests, and the tally of what passed and failed."""

import base64
import json
import os
import re
import subprocess
import sys
import time
import traceback
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException, TimeoutException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 30
HEIGHTS = {360: 740, 390: 844, 1440: 900, 2560: 1440, 720: 450, 320: 640}
WIDTHS = (360, 1440, 2560)
CONTROLS = {
    "button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "listbox", "option", "spinbutton", "tab", "dialog",
    "alertdialog", "image", "progressbar", "radiogroup", "navigation", "search", "DisclosureTriangle", "Date", "DateTime",
}


class Tally:
    """Counts checks; a failed one is printed with what was found, and the run goes on."""

    def __init__(self):
        self.passed = 0
        self.failures = []
        # What the summary must not be silent about.
        self.left_out = ""

    def check(self, name, holds, found=""):
        if holds:
            self.passed += 1
        else:
            self.failures.append(name)
            print(f"FAILED  {name}" + (f"\n        {found}" if found != "" else ""), flush=True)
        return bool(holds)

    @contextmanager
    def chapter(self, name, page=None, shots=None):
        """Steps that build on each other: the first that cannot be done ends the chapter as one failure."""
        start = time.monotonic()
        try:
            yield
        except Exception as error:  # a step that cannot be done is a finding, not the end of the run
            where = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
            lines = (str(error) or type(error).__name__).splitlines()
            self.check(name, False, f"{type(error).__name__}: {lines[0]} at {' '.join(where[-3:])}")
            if page and shots:
                page.shot(f"failed-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}")
        print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {len(self.failures)} failed{self.left_out}", flush=True)
        sys.exit(1 if self.failures else 0)


class Page:
    """One window: steps as a person takes them, each waiting for what it needs."""

    def __init__(self, base, width, shots=None, scripts=True, downloads=None, agent=None, patient=True,
                 preferences=None):
        self.base = base.rstrip("/")
        self.width = width
        self.shots = Path(shots) if shots else None
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--lang=zh-CN", "--disable-dev-shm-usage"]:
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")
        if agent:
            options.add_argument(f"--user-agent={agent}")
        if not patient:
            options.page_load_strategy = "none"  # whoever does not wait for scripts
        preferences = {"intl.accept_languages": "zh-CN", **(preferences or {})}
        if not scripts:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        if downloads:
            preferences["download.default_directory"] = str(downloads)
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver", env={**os.environ, "LANGUAGE": "zh_CN"}))
        self.requests = []
        self.bodies = []
        self.complaints = []
        self.resize(width)

    def close(self):
        self.driver.quit()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def resize(self, width):
        metrics = {"width": width, "height": HEIGHTS[width], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def go(self, path):
        self.driver.get(self.base + path)

    @property
    def path(self):
        return urlsplit(self.driver.current_url).path

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def wait(self, what, condition, seconds=PATIENCE):
        """Asks again until the condition holds; an element that the page has just replaced is looked for anew."""
        replaced = (StaleElementReferenceException, ElementNotInteractableException)

        def look(_):
            try:
                return condition()
            except WebDriverException as problem:
                # The driver's other words for an element of a page that has gone meanwhile.
                if "does not belong to the document" in str(problem):
                    return None
                raise

        try:
            return WebDriverWait(self.driver, seconds, 0.05, ignored_exceptions=replaced).until(look)
        except TimeoutException:
            raise AssertionError(f"waited in vain for {what}, on {self.path}") from None

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def visible(self, selector):
        return self.js(
            "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility({visibilityProperty: true})"
            " && e.getClientRects().length)", selector)

    def see(self, selector):
        return self.wait(f"a visible {selector}", lambda: next(iter(self.visible(selector)), None))

    def text(self, selector):
        return self.wait(f"a visible {selector}", lambda: [e.text for e in self.visible(selector)][:1])[0]

    def wait_text(self, selector, part):
        def read():
            return any(part in e.text for e in self.visible(selector))
        self.wait(f"“{part}” in {selector}", read)

    def bring(self, selector):
        """A visible element in the middle of the window."""
        element = self.see(selector)
        self.js("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        return element

    def click(self, selector):
        def press():
            self.bring(selector).click()
            return True
        self.wait(f"{selector} to press", press)

    def type(self, selector, text):
        """Replaces what a field holds."""
        def write():
            field = self.bring(selector)
            field.clear()
            field.send_keys(text)
            return True
        self.wait(f"{selector} to type into", write)

    def value(self, selector):
        return self.all(selector)[0].get_property("value")

    def set_value(self, selector, value):
        """For fields whose typing depends on the locale, such as dates and choices."""
        self.js(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            "for (const t of ['input', 'change']) e.dispatchEvent(new Event(t, {bubbles: true}))", selector, value)

    def keys(self, *keys, control=False):
        chain = ActionChains(self.driver)
        if control:
            chain.key_down(Keys.CONTROL)
        chain.send_keys(*keys)
        if control:
            chain.key_up(Keys.CONTROL)
        chain.perform()

    def double_click(self, selector):
        ActionChains(self.driver).double_click(self.bring(selector)).perform()

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def unnamed_controls(self):
        """What a screen reader would call “button” and nothing more."""
        nodes = self.command("Accessibility.getFullAXTree")["nodes"]
        return [f"{n['role']['value']} {n.get('backendDOMNodeId')}" for n in nodes
                if not n["ignored"] and n["role"]["value"] in CONTROLS and not n.get("name", {}).get("value", "").strip()]

    def settle(self):
        """Lets layout and the shortest animations end."""
        time.sleep(0.15)

    def shot(self, name, whole=False):
        """Writes NAME-WIDTH.png: what the window shows, or the whole page."""
        if not self.shots:
            return None
        self.shots.mkdir(parents=True, exist_ok=True)
        file = self.shots / f"{name}-{self.width}.png"
        if whole:
            size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": self.width, "height": size["height"], "scale": 1}
            picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
            file.write_bytes(base64.b64decode(picture["data"]))
        else:
            self.driver.save_screenshot(str(file))
        return file

    def printed_pages(self):
        """How many sheets the page takes on paper."""
        pdf = self.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
        return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(pdf["data"])))

    def read_logs(self):
        """Takes up the requests sent and the complaints made since the last call.

        A refusal that a page asked for on purpose (a wrong code, a login that failed) is no complaint.
        """
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                request = message["params"]["request"]
                self.requests.append((request["method"], request["url"]))
                self.bodies.append((urlsplit(request["url"]).path, request.get("postData", "")))
        for entry in self.driver.get_log("browser"):
            refusal = entry["source"] == "network" and re.search(r"status of 4\d\d", entry["message"]) and "/assets/" not in entry["message"]
            if entry["level"] in ("WARNING", "SEVERE") and not refusal:
                self.complaints.append(entry["message"][:300])

    def foreign_requests(self):
        """Addresses asked for outside the page's own origin."""
        own = (self.base + "/", "data:", "blob:", "about:", "chrome:", "chrome-extension:", "tel:")
        return sorted({url for _, url in self.requests if not url.startswith(own)})


def get(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read().decode()


def sent_code(base, phone):
    """The newest code for a number on the development message page."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for row in re.findall(r"<tr>(.*?)</tr>", get(base.rstrip("/") + "/dev/messages"), re.S):
            code = re.search(r"code=(\d{6})", row)
            if phone in row and code:
                return code[1]
        time.sleep(0.1)
    raise AssertionError("no message for the number on /dev/messages")


def add_staff(huifang, username, role, display_name):
    """`huifang staff add`: gives the one-time password it prints."""
    arguments = [huifang, "staff", "add", username, "--role", role, "--display-name", display_name]
    return subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
