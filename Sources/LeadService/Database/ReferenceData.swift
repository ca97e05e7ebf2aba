import Crypto
package import Foundation
package import Leads

/// The rule files that ship with the program, decoded.
package struct RuleFiles: Sendable {
    package let points: [PointsRules]
    package let permits: PermitChecklist
    package let years: [CalendarYear]

    package var calendar: WorkingCalendar { WorkingCalendar(years: self.years) }

    /// - Parameter folder: `Resources/rules`.
    package init(folder: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        self.points = try names.filter { $0.hasPrefix("points-") }.map {
            try PointsRules.decode(try Data(contentsOf: folder.appendingPathComponent($0)))
        }
        self.permits = try PermitChecklist.decode(
            try Data(contentsOf: folder.appendingPathComponent("permit-renewal.json")))
        let calendar = try Data(contentsOf: folder.appendingPathComponent("working-days.json"))
        self.years = try WorkingCalendar.years(in: try StrictJSON.read(Array(calendar)))
    }
}

/// What a fresh database starts with: rule versions, calendar years, the first privacy notice.
package struct ReferenceData: Sendable {
    private let rules: [(rules: PointsRules, text: String)]
    private let years: [CalendarYear]
    let notice: PrivacyNotice

    /// Reads the shipped files.
    package init(resources: URL = Resources.folder) throws {
        let folder = resources.appendingPathComponent("rules")
        self.years = try RuleFiles(folder: folder).years
        self.rules = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
            $0.hasPrefix("points-")
        }.map {
            let data = try Data(contentsOf: folder.appendingPathComponent($0))
            return (try PointsRules.decode(data), String(decoding: data, as: UTF8.self))
        }
        let text = try String(
            contentsOf: resources.appendingPathComponent("notices/privacy-2026-11.md"), encoding: .utf8)
        self.notice = PrivacyNotice(version: "2026-11", effectiveOn: "2026-11-01", text: text)
    }

    /// Adds what is missing; what is there already stays as it is.
    package func load(_ session: Transaction, at now: Date) async throws {
        for (rules, text) in self.rules {
            try await session.insertRuleVersion(rules, text: text, sha256: Array(SHA256.hash(data: Data(text.utf8))))
        }
        for year in self.years { try await session.insertCalendarYear(year, replaces: false, at: now) }
        try await session.insertPrivacyNotice(self.notice)
    }
}
