import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The calendar as administrators change it.
@Suite struct CalendarEditTests {
    private static let path = "/api/v1/calendar"

    private static func body(_ text: String, _ fingerprint: String? = nil) -> String {
        var members: [String: JSONOutput] = ["text": .string(text)]
        if let fingerprint { members["fingerprint"] = .string(fingerprint) }
        return JSONOutput.object(members).text
    }

    @Test func `a notice shows its difference and the promises it moves, then counts at once, with before and after`()
        async throws
    {
        try await withService { service in
            // 31 December 2026 is a Thursday; 2027 ships without its notice.
            service.clock.set(try #require(RFC3339.date("2026-12-31T10:00:00+08:00")))
            let boss = try await service.colleague("boss", .administrator)
            #expect(
                try await service.submit(phone: "13800000001")["due_at"].string == "2027-01-04T18:00:00+08:00")
            service.clock.advance(by: 60)
            let notice = Notices.official(2027, off: ["2027-01-04"], makeup: ["2027-01-09"])
            let plan = try await service.call(.post, Self.path + "/preview", Self.body(notice), token: boss.token)
            #expect(plan.status == 200, "\(plan.text)")
            #expect(plan["years"][0]["status_before"].string == "provisional")
            #expect(plan["years"][0]["status"].string == "official" && plan["years"].array.count == 1)
            let days = plan["days"].array
            let added = try #require(days.first { $0["day"].string == "2027-01-04" })
            #expect(added["kind"].string == "off" && added["added"] == .bool(true))
            let worked = try #require(days.first { $0["day"].string == "2027-01-09" })
            #expect(worked["kind"].string == "makeup" && worked["added"] == .bool(true))
            // A day off in both is no difference; one that was guessed and is not in the notice leaves the list.
            #expect(!days.contains { $0["day"].string == "2027-10-01" })
            #expect(days.contains { $0["added"] == .bool(false) && $0["kind"].string == "off" })
            #expect(plan["promises"]["moved"].int == 1 && plan["promises"]["confirmed"].int == 0)
            #expect(plan["promises"]["latest_due_at"].string == "2027-01-05T18:00:00+08:00")
            let untouched = "SELECT count(*) FROM inquiries WHERE provisional AND due_at = '2027-01-04T18:00:00+08'"
            #expect(try await service.count(untouched) == 1)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'calendar.import'") == 0)

            let applied = try await service.call(
                .post, Self.path, Self.body(notice, plan["fingerprint"].string), token: boss.token)
            #expect(applied.status == 200 && applied["promises"]["moved"].int == 1, "\(applied.text)")
            #expect(
                try await service.count(
                    "SELECT count(*) FROM callback_tasks WHERE NOT provisional AND due_at = '2027-01-05T18:00:00+08'")
                    == 1)
            let list = try await service.call(.get, Self.path, token: boss.token)
            let year = try #require(list["items"].array.first { $0["year"].int == 2027 })
            #expect(year["status"].string == "official" && year["makeup"]["2027-01-09"] != .null)
            #expect(list["provisional_deadlines"].int == 0)
            let auditor = try await service.colleague("auditor", .auditor)
            let events = try await service.call(.get, "/api/v1/audit?action=calendar.import", token: auditor.token)
            let event = events["items"][0]
            #expect(event["actor"].string == "boss" && event["object"].string == "2027")
            #expect(event["detail"]["before"][0]["status"].string == "provisional")
            #expect(event["detail"]["before"][0]["off"]["2027-01-04"] == .null)
            #expect(event["detail"]["after"][0]["off"]["2027-01-04"] != .null && event["detail"]["moved"].int == 1)
            let moves = try await service.call(.get, "/api/v1/audit?action=deadline.move", token: auditor.token)
            #expect(moves["items"][0]["role"].string == "administrator")
            // The same file again is no difference.
            let again = try await service.call(.post, Self.path + "/preview", Self.body(notice), token: boss.token)
            #expect(again["days"].array.isEmpty && again["promises"]["moved"].int == 0)
            // What a notice settled, a guess does not replace.
            let guess = #"{"years":{"2027":{"status":"provisional","off_days":["2027-01-01"]}}}"#
            let kept = try await service.call(.post, Self.path + "/preview", Self.body(guess), token: boss.token)
            #expect(kept["kept"][0].int == 2027 && kept["years"].array.isEmpty && kept["days"].array.isEmpty)
            service.clock.advance(by: 60)
            #expect(
                try await service.submit(phone: "13800000002")["due_at"].string == "2027-01-05T18:00:00+08:00")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `with another calendar or another file than the preview's nothing is loaded`() async throws {
        try await withService { service in
            let one = try await service.colleague("one", .administrator)
            let two = try await service.colleague("two", .administrator)
            let notice = Notices.official(2027, off: ["2027-01-04"])
            func look(_ text: String) async throws -> String {
                try await service.call(.post, Self.path + "/preview", Self.body(text), token: one.token)["fingerprint"]
                    .string
            }
            let fingerprint = try await look(notice)
            let other = Notices.official(2027, off: ["2027-01-04", "2027-01-05"])
            let swapped = try await service.call(.post, Self.path, Self.body(other, fingerprint), token: one.token)
            #expect(swapped.status == 412 && swapped.code == "calendar_changed", "\(swapped.text)")
            #expect(swapped["detail"].string.contains("请重新预览"))
            service.clock.advance(by: 1)
            _ = try await CompanyDayTests.set(service, two, "2026-12-30", "closed")
            let stale = try await service.call(.post, Self.path, Self.body(notice, fingerprint), token: one.token)
            #expect(stale.status == 412 && stale.code == "calendar_changed", "\(stale.text)")
            #expect(
                try await service.count("SELECT count(*) FROM calendar_years WHERE year = 2027 AND status = 'official'")
                    == 0)
            // Of several at once one gets through.
            let files = (4...9).map { Notices.official(2027, off: ["2027-01-0\($0)"]) }
            var bodies: [String] = []
            for file in files { bodies.append(Self.body(file, try await look(file))) }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { [bodies] group in
                for body in bodies {
                    group.addTask { try await service.call(.post, Self.path, body, token: one.token).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 5))
        }
    }

    @Test func `a file that is no calendar is refused in Chinese, and nothing is kept of it`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            func year(_ members: String, _ name: String = "2027") -> String { #"{"years":{"\#(name)":{\#(members)}}}"# }
            let official = Notices.official(2027, off: [])
            let table: [(String, String, String)] = [
                (Notices.official(2027, off: ["2027-01-09"], makeup: ["2027-01-09"]), "calendar_invalid", "既放假又上班"),
                // 14 February 2026 is worked instead in the notice of 2026.
                (
                    official.replacing("2027-01-01\"", with: "2027-01-01\",\"2026-02-14\""), "calendar_invalid",
                    "一处放假、一处上班"
                ),
                (year(#""status":"official","off_days":[]"#), "calendar_invalid", "缺少法定节假日"),
                (year(#""status":"provisional","off_days":[]"#), "calendar_invalid", "没有任何放假日"),
                (year(#""status":"provisional""#), "calendar_invalid", "缺少 status 或放假日"),
                (Notices.official(2027, off: ["2029-01-01"]), "calendar_invalid", "不是该年的日期"),
                (Notices.official(2027, off: [], makeup: ["2026-12-27"]), "calendar_invalid", "不是该年的日期"),
                (Notices.official(2027, off: ["2027-02-30"]), "date_invalid", "存在的日期"),
                (year(#""status":"official","off_days":["2027-01-01"]"#, "1887"), "calendar_invalid", "年份有误"),
                (year(#""status":"official","off_days":["2027-01-01"]"#, "明年"), "calendar_invalid", "年份有误"),
                (official.replacing(#""notice":"n""#, with: #""notice":"a\u202eb""#), "calendar_invalid", "通知文号"),
                (official.replacing(#""notice":"n""#, with: #""notice":"13800000001""#), "calendar_invalid", "通知文号"),
                (
                    official.replacing(#""notice":"n""#, with: "\"notice\":\"\(String(repeating: "长", count: 101))\""),
                    "calendar_invalid", "通知文号"
                ),
                (#"{"years":{}}"#, "calendar_invalid", "没有任何年份"), (#"{"year":2027}"#, "calendar_invalid", "没有 years"),
                ("[]", "calendar_invalid", "没有 years"), ("国务院办公厅关于2027年部分节假日安排的通知", "calendar_invalid", "JSON"),
                (#"{"years":"#, "calendar_invalid", "JSON"), ("\u{1F4C5}", "calendar_invalid", "JSON"),
            ]
            for (text, code, word) in table {
                for (path, fingerprint) in [(Self.path + "/preview", String?.none), (Self.path, "x")] {
                    let refused = try await service.call(.post, path, Self.body(text, fingerprint), token: boss.token)
                    #expect(refused.status == 422 && refused.code == code, "\(text) \(refused.text)")
                    let error = refused["errors"][0]
                    #expect(error["pointer"].string.hasPrefix("/text"), "\(text) \(refused.text)")
                    #expect(error["detail"].string.contains(word), "\(text) \(refused.text)")
                }
            }
            let large = String(repeating: " ", count: 5_000_000)
            let refused = try await service.call(.post, Self.path + "/preview", Self.body(large), token: boss.token)
            #expect(refused.status == 413 && refused["detail"].string.contains("64 KiB"))
            let both = #"{"text":"{}","company_day":{"day":"2026-12-30","kind":"none"}}"#
            for body in [both, "{}", #"{"text":5}"#, #"{"company_day":[]}"#, "[]"] {
                #expect(try await service.call(.post, Self.path + "/preview", body, token: boss.token).status == 422)
            }
            let blind = try await service.call(.post, Self.path, Self.body(official), token: boss.token)
            #expect(blind.status == 422 && blind["errors"][0]["pointer"].string == "/fingerprint")
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action LIKE 'calendar.%'") == 0)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM calendar_years WHERE year = 2027 AND status = 'provisional'")
                    == 1)
        }
    }

    @Test func `only administrators change it, after a young login; auditors read the page, others see none of it`()
        async throws
    {
        try await withService { service in
            let body = CompanyDayTests.day("2026-12-30", "closed", "公司年会", "x")
            let draft = CompanyDayTests.day("2026-12-30", "closed")
            for role in Role.allCases where role != .administrator {
                let somebody = try await service.colleague("a-\(role.rawValue)", role)
                #expect(try await service.call(.post, Self.path, body, token: somebody.token).status == 403, "\(role)")
                let look = try await service.call(.post, Self.path + "/preview", draft, token: somebody.token)
                #expect(look.status == 403, "\(role)")
                let page = try await service.call(
                    .get, "/staff/calendar", token: somebody.token, headers: [.accept: "text/html"])
                #expect(page.status == (role == .auditor ? 200 : 403), "\(role)")
                #expect(!page.text.contains("预览变化"))
            }
            let boss = try await service.colleague("boss", .administrator)
            let page = try await service.call(
                .get, "/staff/calendar", token: boss.token, headers: [.accept: "text/html"])
            #expect(page.text.contains("预览变化") && page.text.contains(#"href="/staff/calendar" aria-current="page""#))
            service.clock.advance(by: 301)
            let late = try await service.call(.post, Self.path, body, token: boss.token)
            #expect(late.status == 403 && late.code == "step_up_required")
        }
    }

    @Test func `the command shows the difference, and changes nothing with --dry-run`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("notice.json")
            try Notices.official(2027, off: ["2027-01-04"], makeup: ["2027-01-09"]).write(
                to: file, atomically: true, encoding: .utf8)
            for status in ["provisional", "official"] {
                let run =
                    status == "official"
                    ? try await huifang.run("calendar", "import", file.path)
                    : try await huifang.run("calendar", "import", file.path, "--dry-run")
                #expect(run.code == 0, "\(run.errors)")
                #expect(run.output.contains("+ 2027-01-04 off") && run.output.contains("+ 2027-01-09 makeup"))
                #expect(run.output.contains(status == "official" ? "loaded 2027" : "0 would move to a later instant"))
                let stored = try await huifang.database.query("SELECT status FROM calendar_years WHERE year = 2027")
                #expect(try stored.map { try $0.decode(String.self) } == [status])
            }
        }
    }
}
