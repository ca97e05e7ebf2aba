import Foundation
import Leads
import Testing

/// The worked cases and boundary tables of the points.
struct PointsFile: Decodable, Sendable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        struct Expected: Decodable, Sendable {
            var items: [String: Int]
            var sumBeforeDeductions: Int
            var total: Int
            var reaches120: Bool
            var canApply: Bool
            var blockedBy: [String]
        }

        var id: String
        var inputs: JSONValue
        var expected: Expected
        var testDescription: String { self.id }
    }

    struct Age: Decodable, Sendable {
        var age: Int
        var points: Int?
    }
    struct Months: Decodable, Sendable {
        var validMonths: Int
        var points: Int
    }
    struct Base: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case at08 = "monthsAt08X"
            case at1 = "monthsAt1X"
            case at2 = "monthsAt2X"
            case at3 = "monthsAt3X"
            case points
        }
        var at08: Int
        var at1: Int
        var at2: Int
        var at3: Int
        var points: Int
    }
    struct Years: Decodable, Sendable {
        var zone: String?
        var fullYears: Int
        var points: Int
    }
    struct Invest: Decodable, Sendable {
        var sharePct: Decimal
        var taxTotal3YWan: Decimal?
        var avgLocalEmployees: Decimal?
        var points: Int
    }
    struct Boundaries: Decodable, Sendable {
        var age: [Age]
        var insuredYears: [Months]
        var contributionBase: [Base]
        var suburbArea: [Years]
        var publicService: [Years]
        var spouseShanghai: [Years]
        var investTax: [Invest]
        var investJobs: [Invest]
    }

    var cases: [Case]
    var boundaries: Boundaries
    var inputDefaults: JSONValue
    var enums: [String: [String]]

    static let points: PointsFile? = try? LeadsTests.cases(in: "points-cases.json")
}
