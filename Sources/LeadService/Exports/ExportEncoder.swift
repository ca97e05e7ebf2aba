import Foundation
import Leads

/// What an export is asked for by name: a value of the lead, or a group of columns.
package enum ExportColumn: RawRepresentable, Sendable, Hashable {
    case one(ExportField)
    /// One column for each item of the assessment.
    case items
    /// One column for each extra question; one object in NDJSON.
    case extra

    package init?(rawValue: String) {
        switch rawValue {
        case "items": self = .items
        case "extra": self = .extra
        default:
            guard let field = ExportField(rawValue: rawValue) else { return nil }
            self = .one(field)
        }
    }

    package var rawValue: String {
        switch self {
        case .one(let field): field.rawValue
        case .items: "items"
        case .extra: "extra"
        }
    }

    /// The columns of an export that names none.
    package static let standard: [ExportColumn] = ExportField.standard.map { .one($0) } + [.items, .extra]

    /// Reads names separated by commas; nil for an unknown, empty or repeated one.
    package static func list(_ text: String) -> [ExportColumn]? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        let columns = names.compactMap { ExportColumn(rawValue: String($0)) }
        return columns.count == names.count && Set(columns).count == columns.count ? columns : nil
    }
}

/// A value of a lead that has a column of its own.
package enum ExportField: String, Sendable, CaseIterable {
    case leadID = "lead_id"
    case name, phone, state, disposition
    case acceptedAt = "accepted_at"
    case dueAt = "due_at"
    case metAt = "met_at"
    case total, gap, source, remark, attempts, adviser
    // Only when they are asked for: what was asked for beside the call, whose form it was, and the source in full.
    case benefits
    case site
    case pageURL = "page_url"
    case landingURL = "landing_url"
    case referrer
    case utmMedium = "utm_medium"
    case utmCampaign = "utm_campaign"
    case attribution
    // What they agree to, at the instant of the export.
    case marketing, recipients

    static let standard: [ExportField] = [
        .leadID, .name, .phone, .state, .disposition, .acceptedAt, .dueAt, .metAt, .total, .gap, .source, .remark,
        .attempts, .adviser,
    ]
    /// What came from outside.
    static let foreign: Set<ExportField> = [
        .name, .remark, .source, .benefits, .pageURL, .landingURL, .referrer, .utmMedium, .utmCampaign, .attribution,
        .recipients,
    ]

    /// How wide its column is in characters, where people open the table.
    var width: Double {
        switch self {
        case .leadID: 38
        case .acceptedAt, .dueAt, .metAt: 20
        case .phone, .disposition: 16
        case .remark, .benefits, .pageURL, .landingURL, .referrer, .attribution: 40
        case .source, .utmMedium, .utmCampaign, .recipients: 24
        case .name, .state, .total, .gap, .attempts, .adviser, .site, .marketing: 12
        }
    }

    /// The header of a table.
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
        case .benefits: "领取的资料"
        case .site: "站点"
        case .pageURL: "提交页面"
        case .landingURL: "着陆页"
        case .referrer: "引荐来源"
        case .utmMedium: "媒介"
        case .utmCampaign: "推广活动"
        case .attribution: "来源明细"
        case .marketing: "同意营销"
        case .recipients: "同意提供给"
        }
    }
}

/// A cell of a table, and whether its text came from outside.
enum ExportCell: Sendable {
    case ours(String)
    case foreign(String)
    case number(Int)
    case empty
}

/// Writes rows as CSV (UTF-8 with BOM, CRLF, every field quoted, no formulas), or as NDJSON and XLSX (values untouched).
struct ExportEncoder: Sendable {
    let request: ExportRequest
    let questions: ExtraQuestions
    let keys: KeyRing
    /// Every assessment item, in the order of the rules' documentation.
    private let items: [AssessmentItem] = AssessmentItem.allCases

    init(request: ExportRequest, questions: ExtraQuestions, keys: KeyRing) {
        self.request = request
        self.questions = questions
        self.keys = keys
    }

    /// What comes before the first row of a text.
    var header: String {
        guard self.request.format == .csv else { return "" }
        return "\u{FEFF}" + self.titles.map { Self.csv($0.title) }.joined(separator: ",") + "\r\n"
    }

    /// The columns of a table: a header, and how wide in characters.
    var titles: [(title: ExportCell, width: Double)] {
        self.request.columns.flatMap { column -> [(title: ExportCell, width: Double)] in
            switch column {
            case .items: self.items.map { (.ours($0.title), 12) }
            // A question's name came from outside, as its answers did.
            case .extra:
                self.questions.titles.map { (.foreign($0), 20) }
            case .one(let field): [(.ours(field.title), field.width)]
            }
        }
    }

    /// Writes one row with its line end.
    func write(_ row: LeadRow, to text: inout String) throws {
        guard self.request.format == .ndjson else {
            text += try self.cells(row).map(Self.csv).joined(separator: ",") + "\r\n"
            return
        }
        try self.writeObject(row, to: &text)
    }

    /// One row of a table.
    func cells(_ row: LeadRow) throws -> [ExportCell] {
        var cells: [ExportCell] = []
        for column in self.request.columns {
            switch column {
            case .items:
                let points = self.points(row)
                cells += self.items.map { points[$0.rawValue].map { .number($0) } ?? .empty }
            case .extra where self.questions.names.isEmpty: break
            case .extra:
                cells += self.questions.cells(try row.extra(self.keys, masked: self.request.phone == .masked)).map {
                    .foreign($0)
                }
            case .one(let field):
                switch try self.value(field, row) {
                case .string(let text): cells.append(ExportField.foreign.contains(field) ? .foreign(text) : .ours(text))
                case .integer(let number): cells.append(.number(number))
                default: cells.append(.empty)
                }
            }
        }
        return cells
    }

    private func writeObject(_ row: LeadRow, to text: inout String) throws {
        var members: [String: JSONOutput] = [:]
        for column in self.request.columns {
            switch column {
            case .items:
                let points = self.points(row)
                for item in self.items { members[item.rawValue] = .optional(points[item.rawValue]) }
            case .extra: members["extra"] = .object(try row.extra(self.keys, masked: self.request.phone == .masked))
            case .one(let field): members[field.rawValue] = try self.value(field, row)
            }
        }
        text += JSONOutput.object(members).text + "\n"
    }

    private func points(_ row: LeadRow) -> [String: Int] {
        Dictionary(zip(row.itemKeys, row.itemPoints), uniquingKeysWith: { first, _ in first })
    }

    private func value(_ field: ExportField, _ row: LeadRow) throws -> JSONOutput {
        let isPlain = self.request.phone == .plain
        switch field {
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
        case .source: return .string(row.source)
        case .remark:
            let remark = try row.remark(self.keys)
            return .string(isPlain ? remark : PhoneNumber.redacted(in: remark, only: try row.phone(self.keys)))
        case .attempts: return .integer(row.attempts)
        case .adviser: return .optional(row.adviser)
        case .benefits: return .string(row.benefits.joined(separator: "；"))
        case .site: return .optional(row.site)
        case .pageURL: return .string(try row.attributed("page_url"))
        case .landingURL: return .string(try row.attributed("landing_url"))
        case .referrer: return .string(try row.attributed("referrer"))
        case .utmMedium: return .string(try row.attributed("utm", "medium"))
        case .utmCampaign: return .string(try row.attributed("utm", "campaign"))
        case .marketing:
            guard self.request.format != .ndjson else { return .bool(row.agreesToMarketing) }
            return .string(row.agreesToMarketing ? "是" : "否")
        case .recipients:
            guard self.request.format != .ndjson else { return .array(row.recipients.map { .string($0) }) }
            return .string(row.recipients.joined(separator: "；"))
        case .attribution: return self.request.format == .ndjson ? .raw(row.attribution) : .string(row.attribution)
        }
    }

    /// `2026-11-23 10:30:05` in a table that people open, RFC 3339 for programs.
    private func time(_ date: Date) -> JSONOutput {
        .string(self.request.format == .ndjson ? RFC3339.text(date) : Self.local(date))
    }

    /// `2026-11-23 10:30:05`, Beijing time.
    static func local(_ date: Date) -> String {
        String(RFC3339.text(date).prefix(19)).replacingOccurrences(of: "T", with: " ")
    }

    /// A field of CSV; text that came from outside is made harmless, columns we generate ourselves are not touched.
    private static func csv(_ cell: ExportCell) -> String {
        switch cell {
        case .ours(let text): "\"" + text.replacing("\"", with: "\"\"") + "\""
        case .foreign(let text): CSVField.cell(text)
        case .number(let number): "\"\(number)\""
        case .empty: "\"\""
        }
    }
}
