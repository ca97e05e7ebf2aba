import Leads
import Testing

struct PermitFile: Decodable, Sendable {
    struct Example: Decodable, Sendable, CustomTestStringConvertible {
        struct Expected: Decodable, Sendable {
            var status: String
            var windowOpen: String
            var windowOpenStrict: String
            var lastValidDay: String
            var suspendedFrom: String
            var graceLastDay: String
            var continuityLostFrom: String
            var reasonableCauseLastDay: String
            var residenceYearsContinuous: Bool?
            var nextValidUntilIfEndorsedToday: String?
        }
        var id: String
        var validUntil: String
        var today: String
        var expected: Expected
        var testDescription: String { self.id }
    }
    struct Change: Decodable, Sendable {
        var changedOn: String
        var lastDayToReport: String
    }
    var examples: [Example]
    var informationChange: [Change]

    static let permits: PermitFile? = try? cases(in: "permit-renewal.json")
}

@Suite struct `Permit renewal` {
    @Test(arguments: PermitFile.permits?.examples ?? []) func `a worked example`(_ example: PermitFile.Example) throws {
        let renewal = PermitRenewal(
            validUntil: try ShanghaiDate(parsing: example.validUntil), on: try ShanghaiDate(parsing: example.today))
        let expected = example.expected
        #expect(renewal.status.rawValue == expected.status)
        #expect(renewal.windowOpen.description == expected.windowOpen)
        #expect(renewal.windowOpenStrict.description == expected.windowOpenStrict)
        #expect(renewal.lastValidDay.description == expected.lastValidDay)
        #expect(renewal.suspendedFrom.description == expected.suspendedFrom)
        #expect(renewal.graceLastDay.description == expected.graceLastDay)
        #expect(renewal.continuityLostFrom.description == expected.continuityLostFrom)
        #expect(renewal.reasonableCauseLastDay.description == expected.reasonableCauseLastDay)
        #expect(renewal.residenceYearsContinuous == expected.residenceYearsContinuous)
        #expect(renewal.nextValidUntil?.description == expected.nextValidUntilIfEndorsedToday)
    }

    @Test func `every example was read`() throws {
        let file = try #require(PermitFile.permits)
        #expect(file.examples.count == 10)
        for change in file.informationChange {
            let last = PermitRenewal.lastDayToReport(changedOn: try ShanghaiDate(parsing: change.changedOn))
            #expect(last.description == change.lastDayToReport)
        }
    }

    @Test func `statuses follow each other once, a day apart at each boundary`() throws {
        let end = try ShanghaiDate(parsing: "2026-12-20")
        let statuses = (-40...400).map { PermitRenewal(validUntil: end, on: end.adding($0)).status }
        func first(_ status: PermitRenewal.Status) -> Int? { statuses.firstIndex(of: status).map { $0 - 40 } }
        #expect(first(.tooEarly) == -40)
        #expect(first(.windowOpen) == -30)
        #expect(first(.overdueCurable) == 1)
        #expect(first(.continuityLost) == 61)
        #expect(first(.overOneYear) == 366)
    }

    @Test func `texts name the year of their dates`() throws {
        func text(_ on: String) throws -> String {
            PermitRenewal(validUntil: try ShanghaiDate(parsing: "2027-12-20"), on: try ShanghaiDate(parsing: on)).text
        }
        #expect(try text("2026-11-24") == "还未到签注时间，2027年11月20日起可以办理")
        #expect(try text("2027-12-20") == "现在可以签注，请在 2027年12月20日（含当天）前办理")
        #expect(try text("2027-12-21") == "已逾期 1 天，使用功能已中止；在 2028年2月18日（含当天）前补办，居住年限连续计算")
    }

    @Test func `the checklist is read and its texts are neutral`() throws {
        let checklist = try PermitChecklist.decode(ruleFile("permit-renewal.json"))
        #expect(checklist.online.count >= 2 && checklist.offline.count >= 3)
        #expect(checklist.notes.allSatisfy { !$0.claim.isEmpty && !$0.rule.isEmpty })
    }
}
