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

/// What a fresh database starts with: rule versions, calendar years, the privacy notices.
package struct ReferenceData: Sendable {
    private let rules: [(rules: PointsRules, text: String)]
    private let years: [CalendarYear]
    package let notices: [PrivacyNotice]

    /// Versions of the notice with the day each is in force from.
    ///
    /// A text that was shipped is never edited.
    private static let versions = [("2026-11", "2026-11-01"), ("2026-11-27", "2026-11-27")]

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
        self.notices = try Self.versions.map { version, day in
            let file = resources.appendingPathComponent("notices/privacy-\(version).md")
            return PrivacyNotice(
                version: version, effectiveOn: day, text: try String(contentsOf: file, encoding: .utf8))
        }
    }

    /// Adds what is missing; what is there already stays as it is.
    package func load(_ session: Transaction, at now: Date) async throws {
        for (rules, text) in self.rules {
            try await session.insertRuleVersion(rules, text: text, sha256: Array(SHA256.hash(data: Data(text.utf8))))
        }
        for year in self.years { try await session.insertCalendarYear(year, replaces: false, at: now) }
        for notice in self.notices { try await session.insertPrivacyNotice(notice) }
    }
}
