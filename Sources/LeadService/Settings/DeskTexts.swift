import Foundation
import Leads

/// The words that the desk offers advisers.
package enum DeskTexts {
    static let mostSnippets = 30
    static let mostLines = 5
    static let longest = 200

    package static let standardSnippets = [
        "响铃到底无人接", "客户在开会，请换个时间", "已说明大致条件，客户再考虑", "想了解社保基数怎么算分",
        "请客户备好学历证书和社保缴费记录", "居住证快到期，提醒先办签注", "为孩子上学办积分，时间紧",
        "问费用，已说明收费方式", "家人接听，约本人在时再打",
    ]

    package static let standardScript = [
        "您好，我是{company}的{adviser}。您{occasion}咨询居住证积分，我来给您回电，现在方便说两分钟吗？",
        "不方便的话，您看什么时候打给您合适？",
        "如果不想再接到电话，告诉我就行，我们不再打。",
    ]

    /// What to say first to somebody who rings us.
    static let incomingLine = "您好，这里是{company}，我是{adviser}。您之前咨询过居住证积分，记录在我这里，您请说。"

    /// The script as one adviser says it; how the person came to us (`{occasion}`) is put in with each card.
    static func script(_ lines: [String], company: String, adviser: String) -> [String] {
        let company = company.isEmpty ? "（公司名称还没有设置）" : company
        return lines.map {
            $0.replacingOccurrences(of: "{company}", with: company)
                .replacingOccurrences(of: "{adviser}", with: adviser)
        }
    }

    /// What the page carries of both; the first nine snippets have a key.
    static func context(snippets: [String], script: [String], incoming: [String] = []) -> [String: any Sendable] {
        [
            "incoming_lines": incoming.map { ["script_line": $0] },
            "has_snippets": !snippets.isEmpty,
            "snippets": snippets.enumerated().map { index, text -> [String: String] in
                index < 9 ? ["snippet": text, "snippet_key": String(index + 1)] : ["snippet": text]
            }, "script_lines": script.map { ["script_line": $0] },
        ]
    }

    /// Lines of text for the desk, each with something to be seen.
    fileprivate static func lines(_ value: JSONValue, most: Int) -> [String]? {
        guard case .array(let values) = value, values.count <= most else { return nil }
        let lines = values.compactMap { value -> String? in
            guard case .string(let text) = value else { return nil }
            let line = text.trimmed
            return !line.isEmpty && line.count <= self.longest && line.unicodeScalars.allSatisfy(Text.isVisible)
                ? line : nil
        }
        return lines.count == values.count ? lines : nil
    }
}

extension Settings {
    /// - Returns: false for a list that is too long, a line that is, or a script that does not begin with who rings.
    mutating func applyDeskTexts(_ key: String, _ value: JSONValue) -> Bool {
        if key == "snippets" {
            guard let snippets = DeskTexts.lines(value, most: DeskTexts.mostSnippets) else { return false }
            self.snippets = snippets
        } else {
            guard let script = DeskTexts.lines(value, most: DeskTexts.mostLines),
                script.first?.contains("{company}") ?? true
            else { return false }
            self.callScript = script
        }
        return true
    }
}
