import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// Calls that a telephone system makes, against a strict one; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct DialTests {
    @Test func `a call goes out once, signed, with the number that was asked for, and no number is logged`()
        async throws
    {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            let number = #"{"number":"021-5555 0100","extension":"8"}"#
            _ = try await service.claim(anna)
            #expect(
                try await service.call(.put, "/api/v1/leads/\(task.lead.text)/second-number", number, token: anna.token)
                    .status == 204)
            #expect(try await service.call(.get, task.path, token: anna.token)["can_dial"].bool)
            let first = try await place.dial(task, anna)
            #expect(first.status == 202 && first.json.names == ["call_id"], "\(first.text)")
            #expect(try await place.work() == 1)
            #expect(try await place.work() == 0)
            let call = first["call_id"].string
            #expect(
                place.taken == [.init(id: call, phone: "+8613800000001", parameters: "", template: "anna")])
            #expect(try await place.shown(task, to: anna)["state"].string == "requested")

            #expect(try await place.say("ended", of: call, more: #","duration_seconds":3"#).status == 200)
            service.clock.advance(by: 1)
            #expect(try await place.dial(task, anna, #"{"number":"second"}"#).status == 202)
            #expect(try await place.work() == 1)
            #expect(place.taken.last?.phone == "+862155550100" && place.taken.last?.parameters == "8")
            #expect(try await place.shown(task, to: anna)["number"].string == "second")
            for line in service.logs.lines {
                #expect(!line.contains("13800000001") && !line.contains("55550100"), "\(line)")
            }
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'callback.dial'") == 2)
            #expect(try await service.unsoundness() == [])
        }
    }

    @Test func `a result counts once the telephone system has dialled, and not when it failed before it rang`()
        async throws
    {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            /// Whether an unanswered call counts after these reports, and keeps the promise.
            func counts(_ number: Int, _ reports: [String], asks: Bool = true, dials: Bool = true) async throws -> Bool
            {
                // What does not count stays servable: the new one is to be the next.
                try await service.database.query(
                    "UPDATE callback_tasks SET next_attempt_at = '2030-01-01' WHERE state = 'open'")
                let task = try await service.seed(TaskSeed(phone: "1380000050\(number)"))
                _ = try await service.claim(anna)
                if dials {
                    let call = try await place.dial(task, anna)["call_id"].string
                    if asks { try await place.work() }
                    service.clock.advance(by: 1)
                    for status in reports { try await place.say(status, of: call) }
                }
                let recorded = try await service.record("no_answer", on: task, anna)
                #expect(recorded.status == 200, "\(recorded.text)")
                let kept = try await service.task(task.id, "met_at IS NOT NULL") == "true"
                let stored =
                    try await service.column(
                        "SELECT counts::text FROM call_attempts WHERE task_id = \(task.id)") == "true"
                #expect(kept == stored)
                return stored
            }
            #expect(try await !counts(1, [], dials: false))
            #expect(try await !counts(2, [], asks: false), "the system has not heard of it")
            #expect(try await counts(3, []))
            #expect(try await counts(4, ["ringing"]))
            #expect(try await counts(5, ["ringing", "answered", "ended"]))
            #expect(try await !counts(6, ["failed"]))
            #expect(try await counts(7, ["ringing", "failed"]), "the line was busy")
            #expect(try await counts(8, ["failed", "ringing"]), "the same, in the other order")
            place.vendor.play { _ in .answer(500, "") }
            #expect(try await !counts(9, []))
            let chief = try await service.colleague("chief", .supervisor)
            let statistics = try await service.call(.get, "/api/v1/stats", token: chief.token)
            let load = statistics["advisers"].array.first { $0["username"].string == "anna" }
            #expect(load?["results_without_reveal"].int == 4, "\(statistics.text)")
        }
    }

    @Test func `the rules of a look at the number hold for a call`() async throws {
        try await withTelephone(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { place in
            let service = place.service
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed(TaskSeed(window: "morning"))
            #expect(try await place.dial(task, anna).code == "not_claimant")
            _ = try await service.claim(anna)
            #expect(try await place.dial(task, boris).code == "not_claimant")
            #expect(try await place.dial(task, anna, #"{"number":"third"}"#).code == "number_unknown")
            #expect(try await place.dial(task, anna, #"{"number":"second"}"#).code == "second_number_missing")
            service.clock.advance(by: 1700)
            _ = try await service.call(.get, task.path, token: anna.token)
            for _ in 0..<3 {
                service.clock.advance(by: 1700)
                _ = try await service.call(.get, task.path, token: anna.token)
            }
            let late = try await place.dial(task, anna)
            #expect(late.status == 422 && late["next_allowed_at"].string == "2026-11-26T09:00:00+08:00")
            // Who rings us is called back at any hour.
            _ = try await service.claim(anna, #"{"lead_id":"\#(task.lead.text)"}"#)
            #expect(try await place.dial(task, anna).status == 202)
            #expect(try await place.work() == 1)
            _ = try await service.record("wrong_person", on: task, anna)
            service.clock.set(try SLATests.time("2026-11-26T09:30"))
            let listed = try await service.seed(TaskSeed(phone: "13800000002"))
            _ = try await service.claim(boris)
            try await service.list("13800000002")
            #expect(try await place.dial(listed, boris).code == "do_not_call")
            #expect(try await place.dial(listed, boris).code == "already_closed")
            try await service.put("telephone_system", #"{"url":"https://pbx.example.com/","enabled":false}"#)
            let off = try await service.seed(TaskSeed(phone: "13800000003"))
            _ = try await service.claim(boris, #"{"lead_id":"\#(off.lead.text)"}"#)
            #expect(try await place.dial(off, boris).code == "telephone_off")
            #expect(try await !service.call(.get, off.path, token: boris.token)["can_dial"].bool)
            #expect(place.taken.count == 1)
        }
    }

    @Test func `eight presses at once are one call, and the next one waits until something is known`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            _ = try await service.claim(anna)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 { group.addTask { try await place.dial(task, anna) } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == 202 }.count == 1)
            #expect(answers.filter { $0.code == "call_running" }.count == 7)
            let rounds = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await place.work() } }
                return try await group.reduce(0, +)
            }
            #expect(rounds == 1 && place.taken.count == 1)
            service.clock.advance(by: 119)
            #expect(try await place.dial(task, anna).code == "call_running")
            service.clock.advance(by: 1)
            #expect(try await place.dial(task, anna).status == 202, "the system never said anything")
        }
    }

    @Test func `a system that cannot now is asked again, one that will not is not`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            place.vendor.play { $0 < 3 ? .answer($0 == 1 ? 503 : 429, "") : .accept }
            let task = try await service.seed()
            _ = try await place.ring(task, anna)
            #expect(try await place.state() == "requested status_503" && place.taken.isEmpty)
            #expect(try await place.work() == 0, "not at once")
            service.clock.advance(by: 2)
            #expect(try await place.work() == 0)
            service.clock.advance(by: 5)
            #expect(try await place.work() == 1)
            #expect(try await place.state() == "requested" && place.taken.count == 1)
            #expect(Set(place.vendor.requests.map { $0.headers["webhook-id"] }).count == 1)

            for (answer, failure) in [
                (VendorServer.Behaviour.answer(500, ""), "status_500"), (.answer(404, ""), "status_404"),
                (.redirect, "status_302"), (.answer(503, ""), "status_503"),
            ] {
                place.vendor.play { _ in answer }
                service.clock.advance(by: 121)
                let asked = place.vendor.requests.count
                #expect(try await place.dial(task, anna).status == 202)
                for _ in 0..<4 {
                    try await place.work()
                    service.clock.advance(by: 6)
                }
                #expect(try await place.state() == "failed \(failure)")
                #expect(place.vendor.requests.count - asked == (failure == "status_503" ? 3 : 1), "\(failure)")
            }
            #expect(place.taken.count == 1)
            // Another secret there than here.
            place.vendor.play { _ in .accept }
            place.vendor.give(secret: "whsec_" + Data(repeating: 1, count: 32).base64EncodedString())
            #expect(try await place.dial(task, anna).status == 202)
            try await place.work()
            #expect(try await place.state() == "failed status_401" && place.taken.count == 1)
        }
    }

    @Test func `a system is asked again when it said, and never when that would be too late`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            place.vendor.play { $0 == 1 ? .answer(503, "", header: "retry-after: 12") : .accept }
            let task = try await service.seed()
            _ = try await place.ring(task, anna)
            #expect(try await place.state() == "requested status_503")
            service.clock.advance(by: 11)
            #expect(try await place.work() == 0 && place.vendor.requests.count == 1, "it wanted to be left alone")
            service.clock.advance(by: 1)
            #expect(try await place.work() == 1 && place.taken.count == 1)

            // In half a minute the adviser would not expect it any more.
            place.vendor.play { _ in .answer(429, "", header: "retry-after: 30") }
            service.clock.advance(by: 121)
            #expect(try await place.dial(task, anna).status == 202)
            try await place.work()
            #expect(try await place.state() == "failed status_429")
            #expect(try await place.shown(task, to: anna)["state"].string == "failed", "the card says so at once")
            service.clock.advance(by: 40)
            #expect(try await place.work() == 0 && place.vendor.requests.count == 3)
        }
    }

    @Test func `after silence nobody is asked twice, and a report says what became of it`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            place.vendor.play { $0 == 1 ? .silence : .accept }
            let task = try await service.seed()
            let call = try await place.ring(task, anna)
            #expect(try await place.state() == "requested timeout" && place.taken.count == 1)
            service.clock.advance(by: 60)
            #expect(try await place.work() == 0)
            #expect(place.vendor.requests.count == 1)
            service.clock.advance(by: 60)
            try await place.work()
            #expect(try await place.state() == "failed timeout")
            try await place.say("ringing", of: call)
            #expect(try await place.state() == "ringing", "it rang after all")
            // One that died after it was asked for.
            #expect(try await place.say("ended", of: call).status == 200)
            #expect(try await place.dial(task, anna).status == 202)
            try await service.database.query(
                "UPDATE calls SET send_at = NULL, attempt = 1, lease_until = \(service.clock.now) WHERE state = 'requested'"
            )
            try await place.work()
            #expect(try await place.state() == "requested lost" && place.vendor.requests.count == 1)
        }
    }

    @Test func `a call that is wanted no more is not made`() async throws {
        try await withTelephone { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            func dialled(_ phone: String) async throws -> SeededTask {
                let task = try await service.seed(TaskSeed(phone: phone))
                _ = try await service.claim(anna, #"{"lead_id":"\#(task.lead.text)"}"#)
                _ = try await service.call(.post, task.path + "/release", token: anna.token)
                _ = try await service.claim(anna)
                #expect(try await place.dial(task, anna).status == 202)
                return task
            }
            _ = try await service.record("spam", on: try await dialled("13800000511"), anna)
            #expect(try await place.work() == 0)
            let listed = try await dialled("13800000512")
            try await service.list("13800000512")
            #expect(try await place.work() == 0)
            _ = try await service.call(.post, listed.path + "/release", token: anna.token)
            let slow = try await dialled("13800000513")
            service.clock.advance(by: 30)
            #expect(try await place.work() == 0)
            #expect(try await place.state() == "failed expired")
            #expect(try await place.shown(slow, to: anna)["failure"].string == "expired")
            #expect(place.vendor.requests.isEmpty)
            #expect(
                try await service.count("SELECT count(*) FROM calls WHERE state = 'failed' AND send_at IS NULL") == 3)
        }
    }

    @Test func `an address that we may not connect to gets no number`() async throws {
        try await withTelephone(["WEBHOOK_PRIVATE_CIDRS": "10.0.0.0/8"]) { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            _ = try await place.ring(try await service.seed(), anna)
            #expect(try await place.state() == "failed address_refused")
            #expect(place.vendor.requests.isEmpty)
        }
    }

    @Test(arguments: [
        (#"{"url":"https://pbx.example.com/calls","enabled":true}"#, true), (#"{"url":"","enabled":false}"#, true),
        (#"{"url":"http://10.0.0.1:8080/x?y=1"}"#, true), ("{}", true), (#"{"enabled":true}"#, false),
        (#"{"url":"ftp://pbx.example.com/","enabled":true}"#, false), (#"{"url":"https:///x"}"#, false),
        (#"{"url":"https://user:pw@pbx.example.com/"}"#, false), (#"{"url":"https://pbx.example.com/#x"}"#, false),
        (#"{"url":"pbx.example.com"}"#, false), (#"{"url":5}"#, false), (#"{"url":"","secret":"x"}"#, false),
        (#"{"enabled":"true"}"#, false),
    ])
    func `the setting takes an address and a switch`(_ json: String, _ isTaken: Bool) throws {
        #expect((TelephoneSystem(try StrictJSON.read(Array(json.utf8))) != nil) == isTaken)
    }
}
