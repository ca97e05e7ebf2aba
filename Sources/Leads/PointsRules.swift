package import Foundation

/// One version of the points table, as data; the numbers' sources stand in the file.
package struct PointsRules: Sendable, Decodable {
    package struct AgeBand: Sendable, Decodable {
        var from: Int
        var to: Int
        var points: Int
    }
    package struct Tier: Sendable, Decodable {
        var times: String
        var months: Int
        var window: Int
        var points: Int
    }
    package struct Stepped: Sendable, Decodable {
        var perYear: Int
        var fromYears: Int?
        var cap: Int?
    }
    package struct Investment: Sendable, Decodable {
        var step: Int
        var points: Int
        var cap: Int
    }
    package struct Suburb: Sendable, Decodable {
        var perYear: Int
        var cap: Int
        var fromYears: [String: Int]
    }
    package struct Wage: Sendable, Decodable {
        package var from: String
        package var average: Int
    }

    package var version: String
    package var effectiveFrom: String
    package var effectiveTo: String?
    package var standard: Int
    package var source: String
    var ages: [AgeBand]
    var education: [String: Int]
    var titles: [String: Int]
    var titlesNeedingContribution: [String]
    var insuredYears: Stepped
    var contribution: [Tier]
    var shortageMajor: Int
    var startupTalent: Int
    var intermediaryTalent: Int
    var investment: Investment
    var publicService: Stepped
    var suburb: Suburb
    var freshGraduate: Int
    var spouse: Stepped
    var falseMaterial: Int
    var detention: Int
    var minorCrime: Int
    package var wages: [Wage]

    /// Reads a rule file.
    package static func decode(_ data: Data) throws -> PointsRules {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(PointsRules.self, from: data)
    }

    /// The version in force on a day: the newest that has begun and not ended.
    package static func inForce(on day: ShanghaiDate, of versions: [PointsRules]) -> PointsRules? {
        versions.filter {
            $0.effectiveFrom <= day.description && ($0.effectiveTo.map { day.description <= $0 } ?? true)
        }
        .max { $0.effectiveFrom < $1.effectiveFrom }
    }

    /// The tier a month's base belongs to: "3", "2", "1" or "0.8" times the average of its insurance year, or nil below.
    ///
    /// A month is written `2026-07`; insurance years run from July to June.
    package func tier(base yuan: Decimal, month: String) -> String? {
        guard let wage = self.wages.filter({ $0.from <= month }).max(by: { $0.from < $1.from }) else { return nil }
        let average = Decimal(wage.average)
        if yuan >= average * 3 { return "3" }
        if yuan >= average * 2 { return "2" }
        if yuan >= average { return "1" }
        return yuan * 10 >= average * 8 ? "0.8" : nil
    }
}
