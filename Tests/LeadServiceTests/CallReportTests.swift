import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// What a telephone system says of its calls.
@Suite struct CallReportTests {
    @Test func `a call only goes forward, whatever the order and however often it is said`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            let call = try await place.ring(task, anna)
            service.clock.advance(by: 90)
            #expect(try await place.say("ringing", of: call, in: -85).text == "{}")
            #expect(try await place.state() == "ringing")
            try await place.say("ended", of: call, more: #","duration_seconds":65,"recording_reference":"rec-1""#)
            // Late, contradicted and repeated: they fill in what is missing and change nothing else.
            try await place.say("answered", of: call, in: -70)
            try await place.say("ringing", of: call, in: -1)
            try await place.say("failed", of: call)
            try await place.say(
                "ended", of: call, in: 600, more: #","duration_seconds":99,"recording_reference":"rec-2""#)
            let shown = try await place.shown(task, to: anna)
            #expect(
                shown["state"].string == "ended" && shown["duration_seconds"].int == 65
                    && shown["recording_reference"].string == "rec-1", "\(shown)")
            let times = try await service.column(
                """
                SELECT concat_ws(' ', extract(epoch FROM ringing_at - requested_at)::int, extract(epoch FROM answered_at - requested_at)::int,
                                 extract(epoch FROM ended_at - requested_at)::int) FROM calls
                """)
            #expect(times == "5 20 90")
            // A clock that is ahead or behind puts nothing before the request or after now.
            let other = try await service.seed(TaskSeed(phone: "13800000002"))
            _ = try await service.record("no_answer", on: task, anna)
            let second = try await place.ring(other, anna)
            try await place.say("ringing", of: second, in: -3600)
            try await place.say("ended", of: second, in: 3600)
            #expect(
                try await service.column(
                    "SELECT (ringing_at = requested_at AND ended_at = reported_at)::text FROM calls WHERE id::text = \(second)"
                ) == "true")
        }
    }

    @Test func `eight reports at once are one`() async throws {
        try await withTelephone { place in
            let anna = try await place.service.colleague("anna")
            let task = try await place.service.seed()
            let call = try await place.ring(task, anna)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seconds in 1...8 {
                    group.addTask {
                        let more = #","duration_seconds":\#(seconds)"#
                        let answer = try await place.say(seconds % 2 == 0 ? "ended" : "answered", of: call, more: more)
                        #expect(answer.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await place.state() == "ended")
            #expect(try await place.service.count("SELECT count(*) FROM calls WHERE duration_seconds IS NOT NULL") == 1)
        }
    }

    @Test func `strangers and garbage change nothing`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            let call = try await place.ring(task, anna)
            let before = try await service.column("SELECT row_to_json(c)::text FROM calls c")
            let good = #"{"call_id":"\#(call)","status":"ringing","at":"2026-11-25T10:30:00+08:00"}"#
            #expect(try await place.report(good, token: "hook-tokem").status == 404)
            let unsigned = try await service.call(.post, "/hooks/calls/hook-token", good)
            #expect(unsigned.status == 401 && unsigned.code == "signature_invalid")
            let foreign = "whsec_" + Data(repeating: 1, count: 32).base64EncodedString()
            #expect(try await place.report(good, secret: foreign).code == "signature_invalid")
            #expect(try await place.report(good, skew: -301).code == "signature_invalid")
            for garbled in [
                "", "{", "[]", "5", #"{"call_id":"\#(call)","status":"ringing"}"#,
                #"{"call_id":"\#(call)","status":"dancing","at":"2026-11-25T10:30:00+08:00"}"#,
                #"{"call_id":"\#(call)","status":"ringing","at":"10:30"}"#,
                #"{"status":"ringing","at":"2026-11-25T10:30:00+08:00"}"#,
                #"{"call_id":"","status":"ringing","at":"2026-11-25T10:30:00+08:00"}"#,
            ]
                + [
                    #""duration_seconds":-1"#, #""duration_seconds":1.5"#, #""duration_seconds":86401"#,
                    #""duration_seconds":"65""#, #""recording_reference":"""#, #""recording_reference":7"#,
                    #""recording_reference":"\#(String(repeating: "a", count: 501))""#,
                    #""recording_reference":"a\u202eb""#,
                ].map({ #"{"call_id":"\#(call)","status":"ended","at":"2026-11-25T10:30:00+08:00",\#($0)}"# })
            {
                let answer = try await place.report(garbled)
                #expect(answer.status == 400 && answer.code == "malformed_report", "\(garbled)")
            }
            for unknown in [UUID().text, "pbx-7"] {
                #expect(try await place.say("ringing", of: unknown).status == 200)
            }
            #expect(try await service.column("SELECT row_to_json(c)::text FROM calls c") == before)
            #expect(try await place.report(String(repeating: " ", count: 65_537)).status == 413)
            // Members of the system's own are its own, and null is as absent.
            let more = #","trunk":{"id":3},"duration_seconds":null,"recording_reference":null"#
            #expect(try await place.say("ringing", of: call, more: more).status == 200)
            #expect(try await place.state() == "ringing")
            // A new secret ends the old one.
            let secret = try await service.services.telephoneSecrets.make(by: "test")
            #expect(try await place.report(good).code == "signature_invalid")
            #expect(try await place.report(good, secret: secret).status == 200)
            try await service.database.query("DELETE FROM telephone_secrets")
            #expect(try await place.report(good).status == 404)
        }
    }

    @Test func `a recording is named to the claimant and the supervisor, sealed, and forgotten with the person`()
        async throws
    {
        try await withTelephone { place in
            let service = place.service
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed()
            let call = try await place.ring(task, anna)
            let recording = #","duration_seconds":65,"recording_reference":"rec-13800000001""#
            #expect(try await place.say("ended", of: call, more: recording).status == 200)
            for (colleague, sees) in [(anna, true), (chief, true), (boris, false)] {
                let shown = try await place.shown(task, to: colleague)
                #expect(shown["duration_seconds"].int == 65)
                #expect((shown["recording_reference"].string == "rec-13800000001") == sees, "\(colleague.username)")
            }
            #expect(try await service.unsoundness() == [])
            let copy = try await service.result(of: try await service.ask("copy", phone: "13800000001"))
            #expect(
                copy["dialled"][0]["duration_seconds"].int == 65 && copy["dialled"][0]["recorded"].bool, "\(copy.text)")

            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM calls WHERE recording_reference_sealed IS NULL") == 1)
            #expect(try await place.say("ended", of: call, more: recording).status == 200)
            #expect(try await service.count("SELECT count(*) FROM calls WHERE recording_reference_sealed IS NULL") == 1)
            #expect(try await service.unsoundness() == [])
        }
    }
}
