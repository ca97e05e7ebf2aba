import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

@Suite struct ErasureTests {
    @Test func `an erasure leaves nothing sealed and no index of a person, and keeps what proves it`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let phone = try PhoneNumber(parsing: "13800000001")
            let id = UUID().text
            let answers =
                #","id":"\#(id)","remark":"周末也可以","extra":{"plan":"城市"},"answers":{"age":30},"source":{"utm":{"source":"article"}}"#
            try await service.put(
                "skill_rules", #"[{"skill":"续签","when":[{"in":"extra","name":"plan","values":["城市"]}]}]"#)
            try await service.submit(phone: "13800000001", more: answers, headers: [.idempotency: "first"])
            try #require(try await service.count("SELECT count(*) FROM callback_tasks WHERE skill = '续签'") == 1)
            let claimed = try await service.claim(adviser)
            let path = "/api/v1/callbacks/" + claimed["id"].string
            try #require(
                try await service.call(.post, path + "/release", #"{"reason":"换班"}"#, token: adviser.token).status
                    == 204)
            _ = try await service.claim(adviser)
            try #require(
                try await service.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token).status
                    == 200)
            let result =
                #"{"disposition":"reached_interested","note":"想先看材料","call_again_at":"2026-11-26T15:00:00+08:00","wechat_added":true}"#
            try #require(try await service.call(.post, path + "/attempts", result, token: adviser.token).status == 200)
            #expect(try await service.count("SELECT count(*) FROM wechat_contacts") == 1)
            try await service.ask("correct", phone: "13800000001", more: #","name":"黄女士""#)
            try await service.ask("stop_calls", phone: "13800000001")
            // Somebody else, who must not lose anything.
            let other = try await service.submit(phone: "13800000002", name: "王女士", more: #","remark":"急""#)
            let kept = try await service.sealedValues().count

            try await service.ask("erase", phone: "13800000001")
            let left = try await service.sealedValues()
            #expect(left.count < kept)
            let index = service.keys.index(of: phone)
            let nameIndexes = try ["欧阳晓", "黄女士"].map { service.keys.index(of: try PersonName(parsing: $0)) }
            let indexes = [index, service.keys.index(ofLastFour: phone.lastFour)] + nameIndexes
            for (place, hex) in left {
                // The list of numbers nobody rings stays, and the budget against abuse for two days.
                guard place != "do_not_call.phone_index", place != "phone_budgets.phone_index" else { continue }
                #expect(!indexes.contains { Hex.text($0).utf8.elementsEqual(hex) }, "\(place)")
            }
            #expect(try await service.count("SELECT count(*) FROM leads WHERE phone_sealed IS NOT NULL") == 1)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE name_sealed IS NOT NULL") == 1)
            #expect(try await service.count("SELECT count(*) FROM submit_keys") == 1)
            #expect(try await service.count("SELECT count(*) FROM assessments") == 0)
            #expect(try await service.count("SELECT count(*) FROM call_attempts WHERE note_sealed IS NOT NULL") == 0)
            #expect(
                try await service.count("SELECT count(*) FROM callback_claims WHERE release_note_sealed IS NOT NULL")
                    == 0)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE skill IS NOT NULL") == 0)
            #expect(try await service.count("SELECT count(*) FROM wechat_contacts") == 0)
            #expect(try await service.count("SELECT count(*) FROM audit_details") == 0)
            #expect(try await service.count("SELECT count(*) FROM messages WHERE phone_sealed IS NOT NULL") == 1)
            // What proves it: consents, the do-not-call entry, the messages' fate, a tombstone, rows for counts.
            let pseudonym = ByteBuffer(bytes: service.keys.pseudonym(of: phone))
            #expect(try await service.number("SELECT count(*) FROM leads WHERE pseudonym = \(pseudonym)") == 1)
            #expect(try await service.count("SELECT count(*) FROM consents WHERE withdrawn_at IS NOT NULL") == 1)
            #expect(try await service.count("SELECT count(*) FROM do_not_call") == 1)
            #expect(
                try await service.number(
                    "SELECT count(*) FROM messages WHERE pseudonym = \(pseudonym) AND state = 'sent' AND vendor_id = 'v-1' AND finished_at IS NOT NULL"
                ) == 4)
            #expect(
                try await service.number("SELECT count(*) FROM erasure_tombstones WHERE pseudonym = \(pseudonym)") == 1)
            #expect(try await service.count("SELECT count(*) FROM call_attempts") == 1)
            #expect(try await service.soundness() == [])
            try await service.services.auditChain.runOnce()
            #expect(try await service.soundness() == [])
            #expect(try await service.call(.get, try service.receipt(of: other)).status == 200)
        }
    }

    @Test func `receipts, results and replays of somebody erased are gone`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let id = UUID().text
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let body = service.inquiry(
                phone: "13800000001", challenge: challenge, code: code, more: #","id":"\#(id)","answers":{"age":30}"#)
            let accepted = try await service.call(.post, "/api/v1/inquiries", body, headers: [.idempotency: "k"])
            try #require(accepted.status == 201)
            let receipt = try service.receipt(of: accepted)
            let assessment = try #require(
                UUID(uuidString: try await service.column("SELECT id::text FROM assessments") ?? ""))
            let erased = try await service.ask("erase", phone: "13800000001")
            #expect(try await service.result(of: erased)["leads"] == .array([]))
            for path in [receipt, "/a/" + LinkToken(keys: service.keys).token(.assessment, for: assessment)] {
                let gone = try await service.call(.get, path)
                #expect(gone.status == 410 && !gone.text.contains("due_at"))
            }
            #expect(try await service.call(.post, receipt + "/cancel", "{}").status == 410)
            #expect(
                try await service.call(.post, "/api/v1/inquiries", body, headers: [.idempotency: "k"]).code
                    == "code_invalid")
            // The same id with a new code: what is left of it is for counts.
            service.clock.advance(by: 61)
            let (fresh, digits) = try await service.challenge(for: "13800000001")
            let again = service.inquiry(phone: "13800000001", challenge: fresh, code: digits, more: #","id":"\#(id)""#)
            #expect(try await service.call(.post, "/api/v1/inquiries", again).code == "code_invalid")
            // That cost no try and no code: an inquiry of its own is taken, by a lead of its own.
            let own = service.inquiry(phone: "13800000001", challenge: fresh, code: digits)
            let accepted2 = try await service.call(.post, "/api/v1/inquiries", own)
            #expect(accepted2.status == 201, "\(accepted2.text)")
            let list = try await service.call(.get, "/api/v1/leads", token: chief.token)
            #expect(list["items"].array.count == 1)
            let export = try await service.call(.get, "/api/v1/leads/export", token: chief.token)
            #expect(export.headers[.rows] == "1" && export.headers[.excluded] == "1")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `an adviser with the call in hand is told, and their note is not kept`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.submit(phone: "13800000001")
            let path = "/api/v1/callbacks/" + (try await service.claim(adviser))["id"].string
            try await service.ask("erase", phone: "13800000001")
            let reveal = try await service.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token)
            #expect(reveal.code == "already_closed")
            let result = try await service.call(
                .post, path + "/attempts", #"{"disposition":"no_answer","note":"听筒里有人说话"}"#, token: adviser.token)
            #expect(result.code == "already_closed")
            #expect(try await service.count("SELECT count(*) FROM call_attempts") == 0)
            #expect(
                try await service.call(.post, path + "/release", "{}", token: adviser.token).code == "already_closed")
            #expect(try await service.call(.get, path, token: adviser.token).status == 404)
            let closed = try await service.call(.get, "/api/v1/callbacks?view=closed", token: adviser.token)
            #expect(closed.status == 200 && closed["items"].array.isEmpty)
            #expect(try await service.claim(adviser).status == 204)
            #expect(try await service.column("SELECT end_reason FROM callback_claims") == "closed")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a message on its way is nobody's any more`() async throws {
        try await withService { service in
            let phone = service.keys.index(of: try PhoneNumber(parsing: "13800000001"))
            try await service.queueNotice(phone: phone)
            try await service.queueNotice(phone: phone)
            try await service.database.query(
                "UPDATE messages SET state = 'sending', lease_until = created_at + interval '1 hour' WHERE id = (SELECT max(id::text)::uuid FROM messages)"
            )
            service.clock.advance(by: 61)
            let (challenge, code) = try await service.challengeUnsent(for: "13800000001")
            let body = #"{"phone":"13800000001","challenge_id":"\#(challenge)","code":"\#(code)","kind":"erase"}"#
            try #require(try await service.call(.post, "/api/v1/privacy-requests", body).status == 202)
            let states = try await service.database.query(
                "SELECT state FROM messages WHERE template = 'notice' ORDER BY state")
            #expect(try states.map { try $0.decode(String.self) } == ["expired", "unknown"])
            #expect(
                try await service.count(
                    "SELECT count(*) FROM messages WHERE phone_sealed IS NOT NULL OR parameters_sealed IS NOT NULL")
                    == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `an erasure and a claim, a result, a submit at the same time have one order`() async throws {
        try await withService(["BUDGET_FACTOR": "20"]) { service in
            let adviser = try await service.colleague("lin")
            for number in 0..<12 {
                let phone = "1380000\(1000 + number)"
                try await service.submit(phone: phone, more: #","remark":"急""#)
                service.clock.advance(by: 61)
                let (privacy, code) = try await service.challenge(for: phone, purpose: "privacy")
                service.clock.advance(by: 61)
                let (inquiry, digits) = try await service.challenge(for: phone)
                let erase = #"{"phone":"\#(phone)","challenge_id":"\#(privacy)","code":"\#(code)","kind":"erase"}"#
                let submit = service.inquiry(phone: phone, challenge: inquiry, code: digits)
                async let erased = service.call(.post, "/api/v1/privacy-requests", erase)
                async let claimed = service.claim(adviser)
                async let submitted = service.call(.post, "/api/v1/inquiries", submit)
                let claim = try await claimed
                if claim.status == 200 {
                    let path = "/api/v1/callbacks/" + claim["id"].string + "/attempts"
                    let result = try await service.call(
                        .post, path, #"{"disposition":"spam","note":"听筒里有人说话"}"#, token: adviser.token)
                    #expect([200, 409].contains(result.status), "\(result.text)")
                }
                let (erasure, submission) = (try await erased, try await submitted)
                #expect(erasure.status == 202, "\(erasure.text)")
                let answer = "\(submission.text)"
                #expect(submission.status == 201 || submission.code == "code_invalid", "\(answer)")
                // Whatever came first: nothing of the first inquiry is left, and nothing is half there.
                #expect(
                    try await service.count(
                        "SELECT count(*) FROM inquiries i JOIN leads l ON l.id = i.lead_id WHERE (l.erased_at IS NULL) <> (i.erased_at IS NULL)"
                    ) == 0)
                #expect(
                    try await service.count(
                        "SELECT count(*) FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id JOIN leads l ON l.id = t.lead_id WHERE l.erased_at IS NOT NULL AND a.note_sealed IS NOT NULL"
                    ) == 0)
                #expect(try await service.soundness() == [])
                // Whoever came after the erasure leaves the queue, so that the next round claims its own.
                try await service.database.query(
                    "UPDATE callback_claims SET ended_at = claimed_at, end_reason = 'released' WHERE ended_at IS NULL")
                try await service.database.query(
                    "UPDATE callback_tasks SET state = 'closed', closed_at = newest_inquiry_at, closed_reason = 'spam', claimed_by = NULL, claim_kind = NULL, claimed_until = NULL WHERE state = 'open'"
                )
            }
            #expect(try await service.count("SELECT count(*) FROM erasure_tombstones") == 12)
        }
    }

    @Test func `what a restored backup brings back is erased again, and only what was accepted before`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001", more: #","remark":"急""#)
            try await service.submit(phone: "13800000002", more: #","remark":"急""#)
            try await service.database.script(
                "CREATE TABLE old_leads AS SELECT * FROM leads; CREATE TABLE old_inquiries AS SELECT * FROM inquiries")
            for phone in ["13800000001", "13800000002"] { try await service.ask("erase", phone: phone) }
            // The backup comes back; the tombstones were carried over.
            try await service.database.script(
                """
                UPDATE leads l SET phone_index = o.phone_index, phone_sealed = o.phone_sealed, last_four_index = o.last_four_index,
                    erased_at = NULL, pseudonym = NULL FROM old_leads o WHERE o.id = l.id;
                UPDATE inquiries i SET name_sealed = o.name_sealed, name_index = o.name_index, remark_sealed = o.remark_sealed,
                    source = o.source, erased_at = NULL, cancelled_at = NULL FROM old_inquiries o WHERE o.id = i.id;
                DROP TABLE old_leads; DROP TABLE old_inquiries
                """)
            service.clock.advance(by: 120)
            // The second one asks anew before anybody noticed.
            let later = try await service.submit(phone: "13800000002", name: "黄女士")
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM leads WHERE erased_at IS NOT NULL") == 1)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE erased_at IS NOT NULL") == 2)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE remark_sealed IS NOT NULL") == 0)
            #expect(try await service.call(.get, try service.receipt(of: later)).status == 200)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            let copy = try await service.result(of: try await service.ask("copy", phone: "13800000002"))
            #expect(copy["inquiries"].array.map(\.["name"].string) == ["黄女士"])
            #expect(try await service.soundness() == [])
            let before = try await service.count("SELECT count(*) FROM audit_events")
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM audit_events") == before)
        }
    }
}
