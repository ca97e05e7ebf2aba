"""The office's pages of what is kept how long, of the working calendar, of the settings and of forms elsewhere, in their states; whoever looks
administers."""

import json
import os
import tempfile

import staff
import visitors

HOLIDAYS = ["01-01", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02", "10-03"]
NOTICE = json.dumps({"years": {"2027": {
    "status": "official", "notice": "国办发明电〔2026〕9号",
    "off_days": [{"date": f"2027-{day}", "name_zh": "法定节假日"} for day in HOLIDAYS],
    "makeup_workdays": [{"date": "2027-10-09", "for_holiday_zh": "国庆节"}],
}}}, ensure_ascii=False)


def settings(page, look, options):
    # A login of its own: the changes need one younger than five minutes.
    staff.log_out(page)
    staff.log_in(page, "admin", options.password, "/staff/retention")
    retention(page, look)
    calendar(page, look)
    values(page, look)
    questions(page, look)
    rules(page, look)
    start(page, look)
    sites(page, look)
    imports(page, look)


def imports(page, look):
    """A file whose columns are named oddly: refused as a workbook, tried, corrected, brought in and taken back."""
    page.go("/staff/imports")
    page.wait("how many", lambda: page.text("#count"))
    page.click("#add-box summary")
    with tempfile.TemporaryDirectory() as folder:
        book, file = os.path.join(folder, "leads.csv"), os.path.join(folder, "people.csv")
        with open(book, "wb") as workbook:
            workbook.write(b"PK\x03\x04\x14\x00")
        with open(file, "w", encoding="gb18030", newline="") as people:
            people.write(f"客户,数字,备注\r\n谢雨桐,{visitors.made_up_phone()},=1+1\r\n沈一诺,1380000,\r\n")
        page.all("#add-file")[0].send_keys(book)
        page.click("#add button[type=submit]")
        page.wait_text("#add-error", "另存为")
        look("imports-error", is_console=True)
        page.all("#add-file")[0].send_keys(file)
        page.click("#add button[type=submit]")
        page.see("#draft")
    page.wait_text("#trial", "哪一列")
    page.set_value("#column-phone", "2")
    page.click("#retry")
    page.wait_text("#trial", "将新增 1 位客户")
    look("imports-draft", is_console=True)
    page.click("#go")
    page.wait_text("#start-error", "怎样同意")
    page.click("#start label:has([value=written])")
    page.type("#start-evidence", "展会登记表")
    page.click("#go")
    page.wait_text("#rows", "已导入")
    look("imports", is_console=True)
    page.click("#rows tr:first-child .row-actions button")
    page.see("#confirm")
    look("imports-undo", is_console=True)
    page.click("#confirm-yes")
    page.wait_text("#rows", "已撤销")


def questions(page, look):
    """A question of the company's own, then none again, so that the visitors' pages stay as they are."""
    page.go("/staff/settings")
    page.wait("the settings", lambda: page.all("#extra_questions"))
    page.js("document.querySelector('#extra_questions').closest('details').open = true")
    page.click("#extra_questions [data-add]")
    page.set_value("#extra_questions [data-name=kind]", "choice")
    page.click("#settings button[type=submit]")
    page.wait_text("#settings-error", "第 1 个问题请写")
    look("questions-error", is_console=True)
    page.set_value("#extra_questions [data-name=label]", "孩子几年级")
    page.set_value("#extra_questions [data-name=options]", "小学\n初中")
    page.click("#settings button[type=submit]")
    page.wait_text("#preview-list", "新增“孩子几年级”（从选项里选一个")
    look("questions-preview", is_console=True)
    page.click("#drop")
    page.wait("the settings without the question", lambda: not page.all("#extra_questions .question"))


def rules(page, look):
    page.go("/staff/rules")
    page.wait("the sets", lambda: page.visible("#rows tr"))
    look("rules", is_console=True)
    page.click("#file-box summary")
    page.set_value("#file-text", "{}")
    page.click("#file button[type=submit]")
    page.wait_text("#file-error", "没有写生效日期")
    look("rules-error", is_console=True)
    page.click("#wage-box summary")
    year = page.value("#wage-year")
    page.set_value("#wage-average", "13000")
    page.set_value("#wage-day", f"{year}-07-01")
    page.click("#wage button[type=submit]")
    page.wait_text("#preview-list", "平均工资")
    look("rules-preview", is_console=True)
    page.click("#drop")


def start(page, look):
    page.go("/staff/start")
    page.wait("the list", lambda: page.visible("#items li"))
    look("start", is_console=True)
    page.set_value("#trial-phone", "1380000")
    page.click("#trial button[type=submit]")
    page.wait_text("#trial-error", "手机号")
    look("start-error", is_console=True)


def values(page, look):
    page.go("/staff/settings")
    page.wait("the settings", lambda: page.visible("#groups input"))
    look("settings", is_console=True)
    page.set_value("#opening_hours", "25:00-26:00")
    page.click("#settings button[type=submit]")
    page.wait_text("#settings-error", "营业时间：不能使用这个值")
    look("settings-error", is_console=True)
    page.set_value("#opening_hours", "09:00-18:00")
    cap = str(int(page.value("#push_cap")) % 20 + 1)
    page.set_value("#push_cap", cap)
    page.click("#settings button[type=submit]")
    page.wait_text("#preview-list", "分到手里最多几件")
    look("settings-preview", is_console=True)
    page.click("#apply")
    page.wait("the settings without the preview", lambda: not page.visible("#preview") and page.value("#push_cap") == cap)


def sites(page, look):
    page.go("/staff/sites")
    page.wait_text("#count", "")
    page.click("#add-box summary")
    page.set_value("#add-name", f"partner-{page.width}")
    page.set_value("#add-origins", "https://*.partner.example")
    page.click("#add-submit")
    page.wait_text("#add-error", "不带路径和通配符")
    look("sites-error", is_console=True)
    page.set_value("#add-origins", "https://www.partner.example")
    page.set_value("#add-quota", "200")
    page.click("#add-submit")
    page.wait_text("#tag-box", "data-form=")
    page.wait_text("#rows", f"partner-{page.width}")
    look("sites", is_console=True)


def retention(page, look):
    page.wait("the terms", lambda: page.visible("#rows tr"))
    look("retention", is_console=True)
    page.set_value("#terms input[name=exports]", "12")
    page.click("#terms button[type=submit]")
    page.wait_text("#terms-error", "36–120 个月")
    look("retention-error", is_console=True)
    page.set_value("#terms input[name=exports]", "36")
    page.set_value("#terms input[name=assessments]", "60")
    page.click("#terms button[type=submit]")
    page.wait_text("#preview-list", "90 天 改为 60 天")
    look("retention-preview", is_console=True)
    page.click("#apply")
    page.wait("the new term", lambda: not page.visible("#preview") and page.value("#terms input[name=assessments]") == "60")


def calendar(page, look):
    page.go("/staff/calendar")
    page.wait("the year", lambda: page.visible("#rows tr"))
    look("calendar", is_console=True)
    page.click("#load-box summary")
    page.set_value("#load-text", NOTICE.replace("2027-10-09", "2027-10-03"))
    page.click("#load button[type=submit]")
    page.wait_text("#load-error", "既放假又上班")
    look("calendar-error", is_console=True)
    page.set_value("#load-text", NOTICE)
    page.click("#load button[type=submit]")
    page.wait_text("#preview-list", "2027年")
    look("calendar-preview", is_console=True)
    page.click("#apply")
    page.wait_text("#count", "2027")
    page.click("#day-box summary")
    page.set_value("#day-date", "2027-03-01")
    page.set_value("#day-reason", "公司年会")
    page.click("#day button[type=submit]")
    page.wait_text("#preview-list", "公司放假（公司年会）")
    page.click("#apply")
    page.wait("the calendar without the preview", lambda: not page.visible("#preview"))
    page.wait_text("#rows", "公司年会")
    look("calendar-company-day", is_console=True)
