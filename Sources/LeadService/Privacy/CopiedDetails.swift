import Foundation
import Leads

/// What a copy's page says below an entry: a line for each thing that is kept with it, named in words where we have them.
enum CopiedDetails {
    static func lines(of inquiry: CopiedInquiry) -> [[String: String]] {
        var lines: [(String, String)] = []
        if let window = inquiry.window {
            lines.append(("方便接电话", PreferredWindow(rawValue: window)?.title ?? window))
        }
        if let remark = inquiry.remark { lines.append(("备注", remark)) }
        if let extra = inquiry.extra { lines += Self.flat(extra).map { ($0.path.joined(separator: "."), $0.text) } }
        lines += Self.flat(inquiry.source).map { leaf in
            ("来源：" + leaf.path.map { Self.sourceWords[$0] ?? $0 }.joined(separator: " "), leaf.text)
        }
        return Self.context(lines)
    }

    static func lines(of assessed: AssessedAnswers, questions: Questionnaire) -> [[String: String]] {
        let known = Dictionary(questions.questions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return Self.context(
            Self.flat(assessed.answers).map { leaf in
                let name = leaf.path.joined(separator: ".")
                let question = known[name]
                let text = question?.options?.first { $0.value == leaf.text }?.label ?? leaf.text
                return (question?.label ?? name, text + (question?.unit.map { " " + $0 } ?? ""))
            })
    }

    static func lines(of consent: CopiedConsent) -> [[String: String]] {
        var lines: [(String, String)] = []
        switch consent.channel {
        case "script"?, "form"?: lines.append(("方式", "网页表单"))
        case "staff"?: lines.append(("方式", "由工作人员按您的表示记下"))
        default: break
        }
        if let address = consent.address { lines.append(("网络地址", address)) }
        if let browser = consent.browser { lines.append(("浏览器摘要", browser)) }
        if let day = consent.reminderUntil { lines.append(("居住证到期", day)) }
        return Self.context(lines)
    }

    private static let sourceWords = [
        "page_url": "填表页面", "landing_url": "进入页面", "referrer": "上一页面", "first_touch": "第一次来", "last_touch": "这一次来",
        "utm": "推广", "source": "渠道", "medium": "媒介", "campaign": "活动", "content": "内容", "term": "关键词",
        "click_ids": "广告编号", "at": "时间",
    ]

    private static func context(_ lines: [(String, String)]) -> [[String: String]] {
        lines.map { ["label": $0.0, "text": $0.1] }
    }

    /// Every value of a JSON object of ours with the names that lead to it; those of a list have the list's.
    private static func flat(_ json: String) -> [(path: [String], text: String)] {
        (try? StrictJSON.read(Array(json.utf8))).map { Self.flat($0, at: []) } ?? []
    }

    private static func flat(_ value: JSONValue, at path: [String]) -> [(path: [String], text: String)] {
        switch value {
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { Self.flat($0.value, at: path + [$0.key]) }
        case .array(let values): values.flatMap { Self.flat($0, at: path) }
        case .string(let text): [(path, text)]
        case .number(let number): [(path, "\(number)")]
        case .bool(let flag): [(path, flag ? "是" : "否")]
        case .null: []
        }
    }
}
