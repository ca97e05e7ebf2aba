"""The supervisor's board: a task is given to an adviser by dragging its row, and by keyboard."""

import json
import re
import secrets

from selenium.webdriver import ActionChains

import staff
import visitors
from browser import Keys, Page, add_staff

# Whether a task will be late is the forecast's to say and depends on the hour; here it says so of the newest one in the pool.
LATE = """
const real = window.fetch;
window.fetch = async (path, options) => {
  const answer = await real(path, options);
  if (!String(path).endsWith('/api/v1/forecast')) return answer;
  const forecast = await answer.json();
  const pool = await (await real('/api/v1/callbacks?view=pool&limit=50', options)).json();
  forecast.today.late = pool.items.slice(-1).map(task => ({ ...task, percent: 80 }));
  return new Response(JSON.stringify(forecast), { headers: { 'content-type': 'application/json' } });
};
"""


def assigned(page):
    """The task and the body of the newest request that assigned one."""
    page.read_logs()
    asked = [(path, body) for path, body in page.bodies if path.endswith("/assign")]
    return (re.search(r"callbacks/([^/]+)/assign", asked[-1][0])[1], json.loads(asked[-1][1])["adviser"], len(asked)) if asked else None


def arrange(page, tally, username, name):
    page.command("Page.addScriptToEvaluateOnNewDocument", source=LATE)
    page.go("/staff/board")
    page.wait("a task that may be late and the advisers", lambda: page.visible("#late tr") and page.visible("#advisers tr"))
    row = f"//tbody[@id='advisers']/tr[th='{name}']"
    adviser = page.driver.find_element("xpath", row)
    task = page.all("#late tr")[0]
    page.shot("board-drag")
    ActionChains(page.driver).drag_and_drop(task.find_element("css selector", "th"), adviser.find_element("css selector", "th")).perform()
    page.wait_text("#message", f"已指派给{name}")
    tally.check("a row dragged onto an adviser is assigned to them, once", (assigned(page) or ("", ""))[1:] == (username, 1), assigned(page))
    page.wait("the board to count it", lambda: page.driver.find_element("xpath", f"{row}/td[4]").text == "1")
    # The same by keyboard.
    page.wait("another task", lambda: page.visible("#late tr select"))
    page.js("document.querySelector('#message').textContent = ''; document.querySelector('#late select').focus()")
    page.keys(*name)
    page.wait_text("#message", f"已指派给{name}")
    tally.check("the choice in the row does the same by keyboard", (assigned(page) or ("", ""))[1:] == (username, 2), assigned(page))
    # Nothing else can be dropped there.
    before = assigned(page)
    ActionChains(page.driver).drag_and_drop(page.all("#advisers tr th")[0], page.all("#advisers tr th")[-1]).perform()
    tally.check("an adviser's row is nothing to drag", assigned(page) == before)


def supervise(base, shots, tally, huifang):
    with Page(base, 1440, shots) as page:
        with tally.chapter("1440 a task given away on the board", page, shots):
            for name in ("板一女士", "板二女士"):
                visitors.inquire_by_api(base, name, visitors.made_up_phone())
            name = f"江{secrets.choice('甲乙丙丁')}{secrets.randbelow(1000)}"
            username = f"adviser-{secrets.token_hex(3)}"
            add_staff(huifang, username, "adviser", name)
            chief = f"chief-{secrets.token_hex(3)}"
            staff.choose_password(page, tally, chief, add_staff(huifang, chief, "supervisor", "周主管"))
            arrange(page, tally, username, name)
        staff.clean(page, tally)
