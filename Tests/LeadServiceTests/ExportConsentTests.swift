import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// What people agree to beside the call governs what is handed on.
@Suite struct ExportConsentTests {
    private func agree(_ service: TestService, _ phone: String, _ more: String = "") async throws {
        // One after the other, so that the export has them in this order.
        service.clock.advance(by: 1)
        let (challenge, code) = try await service.challenge(for: phone)
        let body = service.inquiry(phone: phone, challenge: challenge, code: code)
            .replacingOccurrences(of: #""accepted":true"#, with: #""accepted":true"# + more)
        try #require(try await service.call(.post, "/api/v1/inquiries", body).status == 201)
    }

    private func recipient(_ id: String) -> String {
        #"{"id":"\#(id)","name":"甲公司","contact":"021-12345678","purpose":"代办材料","manner":"加密文件","kinds":"称呼和号码"}"#
    }

    @Test func `an export for somebody holds those alone who agree to that now, counts the others and is recorded`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.set(
                "consent_recipients", "[\(self.recipient("partner-a")),\(self.recipient("-b"))]")
            try await self.agree(service, "13800000001", #","marketing":true,"recipients":["partner-a","-b"]"#)
            try await self.agree(service, "13800000002")
            try await self.agree(service, "13800000003", #","recipients":["partner-a"]"#)
            try await self.agree(service, "13800000004", #","recipients":["partner-a"]"#)
            try await service.ask("withdraw", phone: "13800000003")
            try await service.database.query(
                "UPDATE consents SET withdrawn_at = given_at WHERE purpose = 'recipient:partner-a' AND lead_id = (SELECT lead_id FROM consents ORDER BY given_at DESC, id DESC LIMIT 1)"
            )
            let file = try await service.export("columns=phone,marketing,recipients&recipient=partner-a", chief)
            #expect(
                file.text == "\u{FEFF}\"手机号\",\"同意营销\",\"同意提供给\"\r\n\"138****0001\",\"是\",\"'-b；partner-a\"\r\n")
            #expect(file.headers[.rows] == "1" && file.headers[.excluded] == "3")
            for source in [
                "SELECT filters->>'recipient' FROM export_records",
                "SELECT detail->'filters'->>'recipient' FROM audit_events WHERE action = 'export.done'",
            ] { #expect(try await service.column(PostgresQuery(unsafeSQL: source)) == "partner-a", "\(source)") }
            let nobody = try await service.export("recipient=partner-b", chief)
            #expect(nobody.headers[.rows] == "0" && nobody.headers[.excluded] == "4")

            // For the firm itself everybody who did not withdraw is there, with what they agree to.
            let lines = try await service.export("format=ndjson&columns=marketing,recipients", chief).text
                .split(separator: "\n").map { try StrictJSON.read(Array($0.utf8)) }
            #expect(lines.map(\.["marketing"].bool) == [true, false, false])
            #expect(
                lines.map(\.["recipients"]) == [
                    .array([.string("-b"), .string("partner-a")]), .array([]), .array([]),
                ])
            #expect(try await !service.export("", chief).text.contains("同意营销"))
            #expect(try await service.export("recipient=a%20b", chief).code == "recipient_unknown")
            let list = try await service.call(.get, "/api/v1/leads?recipient=partner-a", token: chief.token)
            #expect(list.code == "unknown_member")
        }
    }
}
