import Foundation
import Leads

/// A column of an export; further ones, one per assessment item, follow them.
package enum ExportColumn: String, Sendable, CaseIterable {
    case leadID = "lead_id"
    case name, phone, state, disposition
    case acceptedAt = "accepted_at"
    case dueAt = "due_at"
    case metAt = "met_at"
    case total, gap, source, remark, attempts, adviser

    /// The header in CSV.
    var title: String {
        switch self {
        case .leadID: "线索编号"
        case .name: "称呼"
        case .phone: "手机号"
        case .state: "状态"
        case .disposition: "通话结果"
        case .acceptedAt: "提交时间（北京时间）"
        case .dueAt: "承诺致电时间（北京时间）"
        case .metAt: "实际履约时间（北京时间）"
        case .total: "积分"
        case .gap: "距 120 分"
        case .source: "来源"
        case .remark: "备注"
        case .attempts: "拨打次数"
        case .adviser: "顾问"
        }
    }
}

/// Writes rows as CSV (UTF-8 with BOM, CRLF, every field quoted, no formulas) or NDJSON (values untouched).
struct ExportEncoder: Sendable {
    let request: ExportRequest
    let keys: KeyRing
    /// Every assessment item, in the order of the rules' documentation.
    private let items: [AssessmentItem] = AssessmentItem.allCases

    init(request: ExportRequest, keys: KeyRing) {
        self.request = request
        self.keys = keys
    }

    /// What comes before the first row.
    var header: String {
        guard self.request.format == .csv else { return "" }
        let titles = self.request.columns.map(\.title) + self.items.map(\.title)
        return "\u{FEFF}" + titles.map { Self.quoted($0) }.joined(separator: ",") + "\r\n"
    }

    /// One row with its line end.
    func line(_ row: LeadRow) throws -> String {
        let values = try self.request.columns.map { ($0.rawValue, try self.value($0, row)) }
        let points = Dictionary(zip(row.itemKeys, row.itemPoints), uniquingKeysWith: { first, _ in first })
        switch self.request.format {
        case .csv:
            let cells = values.map { column, value in
                Self.cell(value, isOurs: column != "name" && column != "remark" && column != "source")
            }
            let itemCells = self.items.map { item in Self.quoted(points[item.rawValue].map { String($0) } ?? "") }
            return (cells + itemCells).joined(separator: ",") + "\r\n"
        case .ndjson:
            var members = Dictionary(values, uniquingKeysWith: { first, _ in first })
            for item in self.items { members[item.rawValue] = .optional(points[item.rawValue]) }
            return JSONOutput.object(members).text + "\n"
        }
    }

    private func value(_ column: ExportColumn, _ row: LeadRow) throws -> JSONOutput {
        let isPlain = self.request.phone == .plain
        switch column {
        case .leadID: return .string(row.leadID.uuidString.lowercased())
        case .name:
            let name = try row.name(self.keys)
            return .string(isPlain ? name.text : name.masked)
        case .phone:
            let phone = try row.phone(self.keys)
            guard isPlain else { return .string(phone.masked) }
            return .string(self.request.format == .csv ? phone.national : phone.e164)
        case .state: return .optional(row.state)
        case .disposition: return .optional(row.disposition)
        case .acceptedAt: return self.time(row.acceptedAt)
        case .dueAt: return self.time(row.dueAt)
        case .metAt: return row.metAt.map { self.time($0) } ?? .null
        case .total: return .optional(row.total)
        case .gap: return .optional(row.gap)
        case .source: return .string(SourceText.short(row.source))
        case .remark: return .string(try row.remark(self.keys))
        case .attempts: return .integer(row.attempts)
        case .adviser: return .optional(row.adviser)
        }
    }

    /// `2026-11-23 10:30:05` in a table that people open, RFC 3339 for programs.
    private func time(_ date: Date) -> JSONOutput {
        let text = RFC3339.text(date)
        guard self.request.format == .csv else { return .string(text) }
        return .string(String(text.prefix(19)).replacingOccurrences(of: "T", with: " "))
    }

    /// A cell; text that came from outside is made harmless, columns we generate ourselves are not touched.
    private static func cell(_ value: JSONOutput, isOurs: Bool) -> String {
        switch value {
        case .string(let text): isOurs ? self.quoted(text) : CSVField.cell(text)
        case .integer(let number): self.quoted(String(number))
        default: self.quoted("")
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
