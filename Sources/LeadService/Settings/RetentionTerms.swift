package import Foundation
import Leads

/// Something that is kept for a while, as the privacy notice says, and then goes.
package enum RetentionTerm: String, Sendable, CaseIterable {
    /// Codes, as hashes, counted from when they were issued.
    case codes
    /// Assessments that never became part of an inquiry.
    case assessments
    /// Leads without a contract, from the last inquiry or call on.
    case leads
    /// Leads that became customers, likewise.
    case customers
    /// The record of a message: when, which template, what became of it.
    case messages
    /// What stood there before a correction.
    case corrections
    /// Consents, tombstone and pseudonym of an erased lead, from the erasure on.
    case evidence
    /// What people asked about their data.
    case requests
    /// Who exported what, and whose data was in it.
    case exports
    /// The audit's beginning.
    case audit

    package enum Unit: String, Sendable {
        case days, months

        func words(_ length: Int) -> String { self == .days ? "\(length) 天" : "\(length) 个月" }
    }

    /// What people know it by.
    var title: String {
        switch self {
        case .codes: "验证码的加密摘要"
        case .assessments: "未用于咨询的测算"
        case .leads: "未成交的线索"
        case .customers: "已成交的线索"
        case .messages: "短信发送记录"
        case .corrections: "更正前的内容"
        case .evidence: "删除后留下的同意和删除记录"
        case .requests: "隐私请求的记录"
        case .exports: "导出记录"
        case .audit: "操作日志"
        }
    }

    package var unit: Unit {
        switch self {
        case .codes, .assessments, .corrections: .days
        case .leads, .customers, .messages, .evidence, .requests, .exports, .audit: .months
        }
    }

    /// `retention_leads_months` and so on.
    package var setting: String { "retention_\(self.rawValue)_\(self.unit.rawValue)" }

    var standard: Int {
        switch self {
        case .codes: 7
        case .assessments: 90
        case .corrections: 30
        case .leads: 12
        case .messages: 6
        case .customers, .evidence, .requests, .exports, .audit: 36
        }
    }

    /// What may be set: records that the law wants for three years are not kept for less, tombstones outlive every backup.
    var allowed: ClosedRange<Int> {
        switch self {
        case .codes: 2...7
        case .assessments: 1...365
        case .corrections: 1...90
        case .leads, .customers: 1...120
        case .messages: 1...60
        case .evidence, .requests: 2...120
        case .exports: 36...120
        case .audit: 6...120
        }
    }
}

/// How long each thing is kept.
package struct RetentionTerms: Sendable, Equatable {
    /// Those that are not the standard ones.
    private var lengths: [RetentionTerm: Int] = [:]

    package init() {}

    package func length(of term: RetentionTerm) -> Int { self.lengths[term] ?? term.standard }

    /// The same with other lengths for some.
    func with(_ lengths: [RetentionTerm: Int]) -> RetentionTerms {
        var terms = self
        for (term, length) in lengths { terms.lengths[term] = length == term.standard ? nil : length }
        return terms
    }

    /// What is older at an instant is due.
    package func cutoff(of term: RetentionTerm, at now: Date) -> Date {
        let length = self.length(of: term)
        switch term.unit {
        case .days: return now.addingTimeInterval(-86400 * TimeInterval(length))
        case .months:
            let day = ShanghaiDate(now)
            return now.addingTimeInterval(
                86400 * TimeInterval(Self.monthsBefore(day, length).dayNumber - day.dayNumber))
        }
    }

    /// The same day so many months ago, or the last one of a shorter month.
    private static func monthsBefore(_ day: ShanghaiDate, _ months: Int) -> ShanghaiDate {
        let (year, month, dayOfMonth) = day.components
        let count = year * 12 + month - 1 - months
        let last = (28...31).last { ShanghaiDate(year: count / 12, month: count % 12 + 1, day: $0) != nil } ?? 28
        return ShanghaiDate(year: count / 12, month: count % 12 + 1, day: min(dayOfMonth, last)) ?? day
    }

    /// Applies one stored value.
    ///
    /// - Returns: false for a key that is not of these terms or a length that is not allowed.
    mutating func apply(_ key: String, _ value: JSONValue) -> Bool {
        guard let term = RetentionTerm.allCases.first(where: { $0.setting == key }) else { return false }
        return Settings.whole(value, term.allowed) { self = self.with([term: $0]) }
    }
}
