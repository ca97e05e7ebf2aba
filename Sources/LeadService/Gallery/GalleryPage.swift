import Foundation
import Leads

/// What the gallery fills the real templates with; `gallery.js` does on them what a person would, and answers as a server would.
struct GalleryPage: Sendable {
    let visitors: VisitorPages

    /// The states every component has a look for; not every page has every one.
    enum State: String, CaseIterable {
        case rest, focus, pressed, busy, disabled, error, success

        var title: String {
            switch self {
            case .rest: "平常"
            case .focus: "键盘焦点"
            case .pressed: "按下"
            case .busy: "处理中"
            case .disabled: "不可用，说明原因"
            case .error: "出错"
            case .success: "成功"
            }
        }
    }

    /// The pages that between them hold every component.
    enum Name: String, CaseIterable {
        case landing, code, login, desk, leads

        var template: String {
            switch self {
            case .landing: "inquiries/landing"
            case .code: "inquiries/code"
            case .login: "staff/login"
            case .desk: "staff/desk"
            case .leads: "staff/leads"
            }
        }

        var title: String {
            switch self {
            case .landing: "首页：测算、咨询、签注"
            case .code: "验证码（无脚本）"
            case .login: "员工登录"
            case .desk: "工作台"
            case .leads: "线索"
            }
        }

        var states: [State] {
            switch self {
            case .landing, .desk, .leads: State.allCases
            case .code: [.rest, .focus, .pressed, .error]
            case .login: [.rest, .focus, .pressed, .busy, .disabled, .error]
            }
        }
    }

    /// Thursday, 26 November 2026, 10:00 in Shanghai: dates on the pages stay what they are.
    static let moment = Date(timeIntervalSince1970: 1_795_658_400)

    static var contents: [String: Any] {
        [
            "title": "组件一览",
            "gallery_pages": Name.allCases.map { name in
                [
                    "name": name.rawValue, "page_title": name.title,
                    "states": name.states.map { ["state": $0.rawValue, "state_title": $0.title] },
                ] as [String: Any]
            },
        ]
    }

    func context(of name: Name, in state: State) -> [String: Any] {
        var context: [String: Any]
        switch name {
        case .landing: context = self.landing(state)
        case .code: context = self.code(state)
        case .login: context = ["title": name.title]
        case .desk, .leads: context = Self.console.merging(["on_\(name.rawValue)": true]) { $1 }
        }
        context["gallery"] = "\(name.rawValue)-\(state.rawValue)"
        return context
    }

    private static let typed = FormFields([
        "birth_year": "1992", "birth_month": "5", "education": "bachelor_with_degree", "insured_months": "72",
        "name": "欧阳女士", "phone": "13800001234", "consent": "true", "remark": "孩子明年上小学",
    ])

    private static func failures(_ all: [(String, String)]) -> [ValidationFailure] {
        all.map { ValidationFailure("made_up", at: $0.0, $0.1, english: $0.1) }
    }

    private func landing(_ state: State) -> [String: Any] {
        let pages = self.visitors.at(Self.moment)
        let form = state == .rest ? nil : Self.typed
        let failures =
            state == .error
            ? Self.failures([
                ("/answers/birth_year", "请填写四位的出生年份，如 1992"), ("/answers/education", "请选择最高学历"),
                ("/name", "请填写您的称呼"), ("/phone", "手机号少 1 位，请核对"), ("/consent", "请阅读并勾选隐私说明后再提交"),
                ("/remark", "留言最多 500 字，请删减"), ("/preferred_window", "这个时段已经不能选，请换一个"),
            ]) : []
        var context = pages.landing
        context.merge(pages.asking(form, failures: failures)) { _, new in new }
        context.merge(pages.contact(form, failures: failures)) { _, new in new }
        let permit = try? PermitRenewal(
            validUntil: ShanghaiDate(parsing: "2027-05-31"), on: ShanghaiDate(Self.moment))
        var renewal = pages.renewal(state == .success ? permit : nil, typed: state == .rest ? "" : "2027-05-31")
        renewal["title"] = nil
        if state == .error { renewal["valid_until_error"] = "请选择有效期截止日" }
        // The checklist belongs to the renewal's own page.
        renewal["claims"] = nil
        context.merge(renewal) { _, new in new }
        if state == .success {
            context.merge(Self.outcome) { _, new in new }
            context["receipt_url"] = "/r/" + String(repeating: "A", count: 43)
            context["has_benefits"] = true
            context["benefits"] = [
                ["gift_title": "居住证积分材料清单", "ask_path": "/"], ["gift_title": "加入交流群", "gift_url": "/"],
            ]
        }
        return context
    }

    private func code(_ state: State) -> [String: Any] {
        let pages = self.visitors.at(Self.moment)
        let failures = state == .error ? Self.failures([("/code", "验证码不对或已过期，请核对或重新获取")]) : []
        var context = pages.contact(Self.typed, failures: failures)
        context["title"] = "填写短信验证码"
        context["ask_consent"] = true
        context["phone_masked"] = "138 **** 1234"
        context["expires_minutes"] = 5
        context["change_open"] = true
        context["resend_seconds"] = 60
        return context
    }

    /// A scored result, in the words of a stored one.
    private static var outcome: [String: Any] {
        [
            "total": 104, "verdict": "距 120 分还差 16 分", "rule_version": "cn-sh-points-2022",
            "assessed_on": "2026年11月26日",
            "item_details": [
                ["text": "年龄", "points": "30"], ["text": "本科，有学士学位", "points": "60"],
                ["text": "缴纳职工社保 72 个月", "points": "18"],
                ["text": "一般刑事犯罪记录", "points": (-4).minusSigned],
            ],
            "is_blocked": true, "blockers": [["text": "居住证不在有效期内，先办签注"]],
            "has_suggestions": true, "suggestions": [["text": "再缴 64 个月社保，约 5 年 4 个月"]],
            "has_notes": true, "notes": [["text": "学历与职称只取高的一项"]],
        ]
    }

    /// An adviser who may everything, on a Thursday.
    private static var console: [String: Any] {
        [
            "username": "lin", "display_name": "林顾问", "role": "supervisor", "role_name": "主管",
            "server_time": RFC3339.text(Self.moment), "opening_hours": "09:00-18:00",
            "calling_hours": "09:00-12:00,13:30-21:00", "working_days": "2026-11-25 2026-11-26 2026-11-27 2026-11-30",
            "max_attempts": 6, "staff_id": "", "availabilities": Availability.choices(.onShift), "can_claim": "true",
            "can_assign": "true", "can_export": true, "can_review": true,
            "show_desk": true, "show_board": true, "show_leads": true, "can_see_statistics": true,
            "sources": [["source": "baidu / 居住证积分"], ["source": ""]],
            "people": [
                ["username": "lin", "display_name": "林顾问"], ["username": "zhou", "display_name": "周顾问"],
            ],
        ].merging(
            DeskTexts.context(
                snippets: DeskTexts.standardSnippets,
                script: DeskTexts.script(DeskTexts.standardScript, company: "沪上明泽", adviser: "林顾问"))
        ) { $1 }
    }
}
