import Foundation
import HTTPTypes
import LeadService
import Leads
import TestDatabase
import Testing

extension ProcessFaultTests {
    /// What one visitor gave us, and nobody else may read outside the places that are for it.
    struct Canary: Sendable {
        let phone: String
        let name: String
        let remark: String
        var codes: [String] = []

        /// The number in every spelling it was given in.
        var spellings: [String] {
            let fullWidth = String(
                self.phone.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) }.map(Character.init))
            return [
                self.phone, fullWidth,
                "\(self.phone.prefix(3)) \(self.phone.dropFirst(3).prefix(4)) \(self.phone.suffix(4))",
            ]
        }

        /// What of it a text holds; a code is six digits that stand alone and are no fraction of a second.
        func found(in text: String) -> [String] {
            let words = text.replacing(/:[0-9]{2}\.[0-9]{1,6}/, with: ":").split {
                !$0.isNumber && !$0.isLetter && $0 != "_"
            }
            return (self.spellings + [self.name, self.remark]).filter { text.contains($0) }
                + self.codes.filter { code in words.contains { $0 == code } }
        }
    }

    @Test func `number, name, remark and code are in no log, refusal, metric, audit or dump, whatever happened`()
        async throws
    {
        let door = try DatabaseDoor()
        defer { door.remove() }
        try await withInstallation { place in
            let canary = Canary(phone: "13812349876", name: "欧阳晓晨", remark: "想了解女儿入学")
            var codes: [String] = []
            let server = try await place.start(["HUIFANG_DATABASE_URL": door.conninfo(of: place.database)])
            var refusals: [String] = []

            // The main job: form, code, submit, claim, reveal, result, export.
            let (challenge, code) = try await place.code(for: canary.phone, from: server)
            codes.append(code)
            let more =
                #","remark":"\#(canary.remark)","source":{"page_url":"https://a.example/?tel=\#(canary.phone)"},"extra":{"tel":"\#(canary.phone)"}}"#
            func inquiry(_ code: String, _ challenge: String) -> String {
                String(
                    ProcessInstallation.inquiry(
                        phone: canary.phone, challenge: challenge, code: code, name: canary.name
                    )
                    .dropLast()) + more
            }
            let accepted = try await server.call(
                .post, "/api/v1/inquiries", inquiry(code, challenge), key: canary.phone)
            try #require(accepted.status == 201, "\(accepted.text)")
            refusals.append(accepted.text)
            let administrator = try await Self.administrator(server)
            try await Self.work(canary, server, administrator, &refusals)

            // Every kind of bad input, all of it made of what must not come back.
            for spelling in canary.spellings + ["+86\(canary.phone)", "0086-\(canary.phone)"] {
                let member = spelling.contains(" ") ? canary.phone : spelling
                let phone = #""phone":"\#(spelling)""#
                for body in [
                    "{\(phone)", "{\(phone),\(phone)}", #"{\#(phone),"purpose":"\#(code)"}"#,
                    #"{\#(phone)x","purpose":"inquiry"}"#,
                    #"{"phone":"1\#(spelling)","purpose":"inquiry"}"#,
                    #"{\#(phone),"purpose":"inquiry","\#(member)":1}"#,
                    #"{"phone":\#(canary.phone),"purpose":"inquiry"}"#, "[\"\(spelling)\"]",
                ] {
                    refusals.append(try await Self.refused(server, "/api/v1/verification-codes", body))
                }
                for body in [
                    inquiry("000000", challenge), inquiry("\(code)1", challenge), inquiry(code, spelling),
                    inquiry(code, challenge).replacing(canary.name, with: "http://\(canary.name).com"),
                    inquiry(code, challenge).replacing("\"accepted\":true", with: "\"accepted\":\"\(canary.remark)\""),
                    inquiry(code, challenge).replacing("\"source\"", with: "\"\(member)\""),
                    inquiry(code, challenge).replacing("\"extra\"", with: "\"preferred_window\""),
                    inquiry(code, challenge),
                ] {
                    refusals.append(try await Self.refused(server, "/api/v1/inquiries", body))
                }
                refusals.append(try await Self.refused(server, "/api/v1/assessments", #"{"answers":{"\#(member)":1}}"#))
                refusals.append(
                    try await Self.refused(server, "/api/v1/permit-renewals", #"{"valid_until":"\#(spelling)"}"#))
            }
            for path in [
                "/r/\(canary.phone)", "/a/\(canary.phone)", "/\(canary.phone)?tel=\(canary.phone)",
                "/api/v1/leads/\(canary.phone)",
            ] {
                refusals.append(try await server.call(.get, path).text)
            }
            let metrics = try await server.operations("/metrics").text

            // A fault in the middle: the database goes, and comes back.
            let second = try await place.code(for: canary.phone, from: server)
            codes.append(second.code)
            try await door.close(place.database)
            for (path, body) in [
                ("/api/v1/inquiries", inquiry(second.code, second.challenge)),
                ("/api/v1/verification-codes", #"{"phone":"\#(canary.phone)","purpose":"inquiry"}"#),
            ] {
                let answer = try await server.call(.post, path, body)
                #expect(answer.status == 503)
                refusals.append(answer.text)
            }
            try door.open()
            let again = try await place.answered(
                server, "/api/v1/inquiries", inquiry(second.code, second.challenge), key: nil
            ) {
                $0.status != 503
            }
            #expect(again.status == 201, "\(again.text)")
            // A statement that fails with the row in its detail.
            try await place.rows(
                "ALTER TABLE callback_tasks ADD CONSTRAINT canary CHECK (accepted_at < '2000-01-01') NOT VALID")
            let third = try await place.code(for: canary.phone, from: server)
            codes.append(third.code)
            let failed = try await server.call(.post, "/api/v1/inquiries", inquiry(third.code, third.challenge))
            #expect(failed.status == 500, "\(failed.text)")
            refusals.append(failed.text)
            try await place.rows("ALTER TABLE callback_tasks DROP CONSTRAINT canary")

            // kill -9 with a code on its way and a submit at work.
            let last = inquiry(third.code, third.challenge)
            async let dying = try? server.call(.post, "/api/v1/inquiries", last)
            _ = try? await server.call(
                .post, "/api/v1/verification-codes", #"{"phone":"\#(canary.phone)","purpose":"privacy"}"#)
            try await server.kill()
            _ = await dying
            codes += place.messages.messages(to: canary.phone).map(\.code)
            let fresh = try await place.start()
            _ = try await place.code(for: canary.phone, from: fresh)
            codes += place.messages.messages(to: canary.phone).map(\.code)
            #expect(try await fresh.terminate() == 0)

            // Where none of it may be; and that the search finds what it should.
            var found = canary
            found.codes = codes
            #expect(found.found(in: inquiry(code, challenge)).count >= 4, "the search is blind")
            #expect(place.logs.contains("/api/v1/inquiries"), "the log is empty")
            for line in place.logs.split(separator: "\n") { #expect(found.found(in: String(line)).isEmpty, "\(line)") }
            for text in refusals { #expect(found.found(in: text).isEmpty, "\(text)") }
            #expect(metrics.contains("huifang_http_requests_total"))
            #expect(found.found(in: metrics).isEmpty)
            let audit = try await place.rows("SELECT e::text FROM audit_events e").map { try $0.decode(String.self) }
            #expect(audit.count >= 5)
            for row in audit { #expect(found.found(in: row).isEmpty, "\(row)") }
            let dump = try Self.dump(place)
            #expect(dump.contains("COPY public.inquiries") && dump.contains("[number]"))
            // What an adviser typed beside the number is there, so the columns were written.
            #expect(
                dump.contains("留了 [number]，[number]") && dump.contains("合同-[number]") && dump.contains("for-[number]"))
            let lines = dump.split(separator: "\n").filter { !found.found(in: String($0)).isEmpty }
            #expect(lines.isEmpty, "\(lines.map { $0.prefix(300) })")
        }
    }

    /// Claim, reveal, result, card, lists and both exports; what only the claimant may see is looked at and left out.
    private static func work(
        _ canary: Canary, _ server: ServerProcess, _ administrator: String, _ public: inout [String]
    ) async throws {
        let claimed = try await server.call(.post, "/api/v1/callbacks/claim", nil, token: administrator)
        try #require(claimed.status == 200, "\(claimed.text)")
        #expect(claimed["name"].string == canary.name && !claimed.text.contains(canary.phone))
        let path = "/api/v1/callbacks/\(claimed["id"].string)"
        let revealed = try await server.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: administrator)
        #expect(revealed["phone"].string == "+86\(canary.phone)", "\(revealed.text)")
        let result = try await server.call(
            .post, path + "/attempts",
            #"{"disposition":"no_answer","note":"\#(canary.remark)","reason":"留了 \#(canary.spellings[1])，\#(canary.spellings[2])","item":"\#(canary.phone)","reference":"合同-\#(canary.phone)"}"#,
            token: administrator)
        #expect(result.status == 200, "\(result.text)")
        `public`.append(result.text)
        for view in ["mine", "pool", "scheduled", "overdue", "closed"] {
            let list = try await server.call(.get, "/api/v1/callbacks?view=\(view)", token: administrator)
            #expect(list.status == 200)
            `public`.append(list.text)
        }
        let plain = try await server.call(
            .get, "/api/v1/leads/export?format=csv&phone=plain&reason=for-\(canary.phone)", token: administrator)
        #expect(
            plain.status == 200 && plain.text.contains(canary.phone) && plain.text.contains(canary.name),
            "\(plain.text)")
        let leads = try await server.call(.get, "/api/v1/leads", token: administrator)
        #expect(leads["items"].array.count == 1, "\(leads.text)")
        `public`.append(leads.text)
        // The file is masked; the remark in it is for the administrator who asked.
        let masked = try await server.call(
            .get, "/api/v1/leads/export?format=csv&columns=lead_id,name,phone,state", token: administrator)
        #expect(masked.status == 200, "\(masked.text)")
        `public`.append(masked.text)
    }

    private static func refused(_ server: ServerProcess, _ path: String, _ body: String) async throws -> String {
        let answer = try await server.call(.post, path, body)
        #expect((400..<500).contains(answer.status), "\(body.prefix(200)): \(answer.status) \(answer.text)")
        return answer.text
    }

    /// The database as `pg_dump` writes it for the backup.
    private static func dump(_ place: ProcessInstallation) throws -> String {
        let programs = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql").sorted()
        let program = try #require(
            programs.map { "/usr/lib/postgresql/\($0)/bin/pg_dump" }.last {
                FileManager.default.isExecutableFile(atPath: $0)
            })
        let file = place.folder.appendingPathComponent("dump.sql")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        // As the backup does it: what the reader may not read, no backup has.
        process.arguments = [
            "--dbname", place.database.conninfo, "--file", file.path, "--role", "huifang_reader",
            "--exclude-table-data", "staff_sessions",
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try String(contentsOf: file, encoding: .utf8)
    }
}
