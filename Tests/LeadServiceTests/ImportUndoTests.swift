import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

/// A whole batch taken back, while nothing was done with it.
@Suite struct ImportUndoTests {
    @Test func `an undone batch leaves nothing of its own, leads before it as they were, and lets the file in again`()
        async throws
    {
        try await withService { service in
            let (boss, anna) = (
                try await service.colleague("boss", .administrator), try await service.colleague("anna")
            )
            // One that waits after a try, one that is over, one that is merged into another.
            for number in 1...2 { try await service.submit(phone: "1380000000\(number)") }
            let third = try await service.submit(phone: "13800000003")["inquiry_id"].string
            for (phone, body) in [
                ("13800000001", #"{"disposition":"no_answer"}"#),
                ("13800000002", #"{"disposition":"reached_not_interested","reason":"费用"}"#),
            ] {
                let held = try await service.claim(anna, #"{"phone":"\#(phone)"}"#)
                let path = "/api/v1/callbacks/\(held["id"].string)"
                _ = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
                let result = try await service.call(.post, path + "/attempts", body, token: anna.token)
                try #require(result.status == 200, "\(result.text)")
            }
            _ = try await service.column(
                """
                WITH closed AS (
                    UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'duplicate'
                    WHERE latest_inquiry_id = \(third)::text::uuid RETURNING lead_id
                )
                UPDATE leads SET merged_into = (SELECT lead_id FROM callback_tasks WHERE attempts = 1 AND state = 'open') FROM closed WHERE id = closed.lead_id
                RETURNING id::text
                """)
            service.clock.advance(by: 60)
            let before = try await service.everythingOfLeads()
            let sound = try await service.soundness()
            let file =
                "姓名,手机,备注\n甲甲,13800000001,急\n乙乙,13800000002,\n丙丙,13800000003,\n"
                + (4...9).map { "新人,1380000000\($0),\n" }.joined()
            for round in 1...2 {
                let path = try await service.imported(file, boss)
                let done = try await service.call(.get, path, token: boss.token)
                #expect(done["new"].int == 6 && done["joined"].int == 3, "\(done.text)")
                #expect(try await service.everythingOfLeads() != before)
                #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 8)
                let undone = try await service.undoImport(path, boss)
                try #require(undone.status == 204, "\(undone.text)")
                #expect(try await service.everythingOfLeads() == before)
                let after = try await service.call(.get, path, token: boss.token)
                #expect(after["state"].string == "undone" && after["undone_by"].string == "boss", "\(after.text)")
                #expect(try await service.undoImport(path, boss).code == "import_undone")
                #expect(try await service.audited("lead_import.undo") == [round])
                #expect(try await service.count("SELECT count(*) FROM lead_import_inquiries") == 0)
            }
            // The merge above is by hand, which has its own complaints.
            #expect(try await service.soundness() == sound)
        }
    }

    @Test func `a batch that was brought in at once is undone as well`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let before = try await service.everythingOfLeads()
            let taken = try await service.importLeads(boss, Array(TestService.people(0..<30).utf8))
            let path = "\(TestService.imports)/\(taken["id"].string)"
            #expect(try await service.undoImport(path, boss).status == 204)
            #expect(try await service.everythingOfLeads() == before)
        }
    }

    /// Each does one thing with what the batch made, and says what then stands in the way.
    private static let uses: [(String, @Sendable (TestService, Colleague, Colleague) async throws -> Void)] = [
        ("worked", { service, anna, _ in _ = try await service.claim(anna) }),
        (
            "worked",
            { service, anna, _ in
                let held = try await service.claim(anna)
                let path = "/api/v1/callbacks/\(held["id"].string)/release"
                try #require(try await service.call(.post, path, token: anna.token).status == 204)
            }
        ),
        (
            "worked",
            { service, anna, boss in
                let task = try await service.column("SELECT id::text FROM callback_tasks LIMIT 1")
                let path = "/api/v1/callbacks/\(try #require(task))/assign"
                try #require(
                    try await service.call(.post, path, #"{"adviser":"anna"}"#, token: boss.token).status < 300)
            }
        ),
        ("submitted", { service, _, _ in try await service.submit(phone: "13900000001") }),
        ("requests", { service, _, _ in try await service.ask("withdraw", phone: "13900000001") }),
        (
            "messages",
            { service, _, _ in
                try await service.put("breach_sms", "true")
                service.clock.set(try #require(RFC3339.date("2026-11-26T17:45:00+08:00")))
                try await service.services.lateNotices.runOnce()
            }
        ),
        (
            "known",
            { service, _, boss in
                try #require(try await service.call(.get, "/api/v1/leads/export", token: boss.token).status == 200)
            }
        ),
    ]

    @Test(arguments: uses.indices)
    func `whatever was done since stands in the way, is named, and nothing is undone`(index: Int) async throws {
        try await withService { service in
            let (boss, anna) = (
                try await service.colleague("boss", .administrator), try await service.colleague("anna")
            )
            let path = try await service.imported(TestService.people(1..<4), boss)
            let (kind, use) = Self.uses[index]
            service.clock.advance(by: 60)
            try await use(service, anna, boss)
            let before = try await service.everythingOfLeads()
            try await service.stepUpEverybody()
            let refused = try await service.undoImport(path, boss)
            #expect(refused.status == 409 && refused.code == "import_in_use", "\(refused.text)")
            #expect(refused[kind].string != "" && refused["detail"].string.hasPrefix("不能撤销："), "\(refused.text)")
            #expect(try await service.everythingOfLeads() == before)
            #expect(try await service.state(path, boss) == "done")
            #expect(try await service.audited("lead_import.undo") == [0])
        }
    }

    @Test func `an undo and a claim at once have one winner`() async throws {
        try await withService { service in
            let (boss, anna) = (
                try await service.colleague("boss", .administrator), try await service.colleague("anna")
            )
            var wins = 0
            for number in 0..<30 {
                let path = try await service.imported(TestService.people(number..<number + 1), boss)
                async let undo = service.undoImport(path, boss)
                async let claim = service.claim(anna)
                let (undone, claimed) = (try await undo, try await claim)
                if claimed.status == 200 {
                    #expect(undone.status == 409 && undone["worked"].string == "1", "\(undone.text)")
                    let attempts = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
                    let over = try await service.call(.post, attempts, #"{"disposition":"spam"}"#, token: anna.token)
                    try #require(over.status == 200, "\(over.text)")
                } else {
                    wins += 1
                    #expect(undone.status == 204 && claimed.status == 204, "\(undone.text) \(claimed.text)")
                }
                #expect(
                    try await service.count("SELECT count(*) FROM leads") == number + 1 - wins)
                #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 0)
            }
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a visitor who submits while their batch is undone loses nothing`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            for number in 0..<8 {
                let phone = "\(13_900_000_000 + number)"
                let before = try await service.count("SELECT count(*) FROM inquiries")
                let path = try await service.imported(TestService.people(number..<number + 1), boss)
                let (challenge, code) = try await service.challenge(for: phone)
                let body = service.inquiry(phone: phone, challenge: challenge, code: code)
                async let undo = service.undoImport(path, boss)
                async let submit = service.call(.post, "/api/v1/inquiries", body)
                let (undone, sent) = (try await undo, try await submit)
                #expect(sent.status == 201, "\(sent.text)")
                #expect(undone.status == 204 || undone.code == "import_in_use", "\(undone.text)")
                let after = try await service.count("SELECT count(*) FROM inquiries")
                #expect(after - before == (undone.status == 204 ? 1 : 2))
                #expect(
                    try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == number + 1)
            }
            #expect(try await service.soundness() == [])
        }
    }
}
