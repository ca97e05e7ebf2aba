import Foundation
import LeadService
import Leads
import Testing

@Suite struct BoardTests {
    private func adviser(_ name: String, _ service: TestService, as chief: Colleague) async throws -> JSONValue {
        let board = try await service.call(.get, "/api/v1/board", token: chief.token)
        return try #require(board["advisers"].array.first { $0["username"].string == name })
    }

    private func path(_ colleague: Colleague, _ rest: String) -> String {
        "/api/v1/staff/\(colleague.id.text)/\(rest)"
    }

    @Test func `the board shows who is on which call since when, and what each did today`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let first = try await service.seed()
            _ = try await service.seed(TaskSeed(phone: "13800000002", name: "赵敏", dueIn: 40 * 3600))
            try await service.workThrough("no_answer", on: first, anna)
            _ = try await service.claim(anna)
            let since = service.clock.now
            service.clock.advance(by: 300)
            let board = try await service.call(.get, "/api/v1/board", token: chief.token)
            let call = board["calls"][0]
            #expect(board["calls"].array.count == 1 && call["claimed_by"].string == "anna")
            #expect(call["name_masked"].string == "赵*" && RFC3339.date(call["since"].string) == since)
            #expect(call["kind"].string == "ordinary" && call["revealed_at"] == .null)
            let shown = try await self.adviser("anna", service, as: chief)
            #expect(shown["results"].int == 1 && shown["counted"].int == 1 && shown["contacts"].int == 0)
            #expect(shown["present"] == .bool(true) && shown["availability"].string == "on_shift")
            #expect(shown["today"].array.map(\.string) == ["09:00–18:00"])
            #expect(!board.text.contains("13800000002") && !board.text.contains("赵敏"))
        }
    }

    @Test func `an adviser says of themselves that they pause, of nobody else; a supervisor of anybody`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let pause = #"{"availability":"break"}"#
            func set(_ colleague: Colleague, by: Colleague, _ body: String = pause) async throws -> Answer {
                try await service.call(.put, self.path(colleague, "availability"), body, token: by.token)
            }
            #expect(try await set(anna, by: anna).status == 204)
            #expect(try await set(anna, by: boris).code == "forbidden")
            #expect(try await set(boris, by: chief, #"{"availability":"off"}"#).status == 204)
            #expect(try await set(anna, by: anna, #"{"availability":"asleep"}"#).code == "availability_unknown")
            #expect(try await self.adviser("anna", service, as: chief)["availability"].string == "break")
            #expect(try await self.adviser("boris", service, as: chief)["availability"].string == "off")
            #expect(
                try await service.column("SELECT count(*)::text FROM audit_events WHERE action = 'staff.availability'")
                    == "2")
        }
    }

    @Test func `leave and shifts are entered by a supervisor, shown and taken back`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let leave = #"{"first_day":"2026-11-25","last_day":"2026-11-26"}"#
            let added = try await service.call(.post, self.path(anna, "leaves"), leave, token: chief.token)
            #expect(added.status == 201)
            #expect(try await self.adviser("anna", service, as: chief)["on_leave"] == .bool(true))
            #expect(
                try await service.call(.post, self.path(anna, "leaves"), leave, token: anna.token).code == "forbidden")
            let gone = self.path(anna, "leaves/\(added["id"].string)")
            #expect(
                try await service.call(.delete, self.path(chief, "leaves/\(added["id"].string)"), token: chief.token)
                    .status == 404)
            #expect(try await service.call(.delete, gone, token: chief.token).status == 204)
            #expect(try await service.call(.delete, gone, token: chief.token).status == 404)
            #expect(try await self.adviser("anna", service, as: chief)["on_leave"] == .bool(false))
            let shifts =
                #"{"shifts":[{"weekday":3,"from":"13:00","to":"17:00"},{"weekday":3,"from":"9:00","to":"11:00"}]}"#
            #expect(try await service.call(.put, self.path(anna, "shifts"), shifts, token: chief.token).status == 204)
            let shown = try await self.adviser("anna", service, as: chief)
            #expect(shown["today"].array.map(\.string) == ["09:00–11:00", "13:00–17:00"])
            #expect(shown["shifts"][0]["from"].string == "09:00")
            #expect(
                try await service.call(.put, self.path(anna, "shifts"), #"{"shifts":[]}"#, token: chief.token).status
                    == 204)
            #expect(try await self.adviser("anna", service, as: chief)["shifts"].array.isEmpty)
        }
    }

    @Test(arguments: [
        ("leaves", #"{"first_day":"2026-11-26","last_day":"2026-11-25"}"#, "leave_invalid"),
        ("leaves", #"{"first_day":"2026-11-26","last_day":"2027-11-28"}"#, "leave_invalid"),
        ("leaves", #"{"first_day":"2026-11-31","last_day":"2026-12-01"}"#, "date_invalid"),
        ("leaves", #"{"first_day":"2026-11-26"}"#, "required"),
        ("shifts", #"{"shifts":[{"weekday":8,"from":"09:00","to":"10:00"}]}"#, "shift_invalid"),
        ("shifts", #"{"shifts":[{"weekday":1,"from":"10:00","to":"09:00"}]}"#, "shift_invalid"),
        ("shifts", #"{"shifts":[{"weekday":"1","from":"09:00","to":"10:00"}]}"#, "shift_invalid"),
        (
            "shifts",
            #"{"shifts":[{"weekday":1,"from":"09:00","to":"12:00"},{"weekday":1,"from":"11:00","to":"13:00"}]}"#,
            "shifts_overlap"
        ),
        ("shifts", #"{"shifts":[{"weekday":1,"from":"09:00","to":"12:00","x":1}]}"#, "unknown_member"),
        ("shifts", #"{"shifts":5}"#, "type_mismatch"),
    ])
    func `what cannot be is refused by its field`(_ what: String, _ body: String, _ code: String) async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            let answer = try await service.call(
                what == "leaves" ? .post : .put, self.path(chief, what), body, token: chief.token)
            #expect(answer.status == 422 && answer.code == code, "\(answer.text)")
        }
    }

    @Test func `everything an absent adviser owns or holds goes over in one action`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let held = try await service.seed()
            _ = try await service.claim(anna)
            var seed = TaskSeed(phone: "13800000002", nextAttemptIn: 7200)
            (seed.owner, seed.ownerReason, seed.callAgainIn) = (anna.id, "appointment", 7200)
            let agreed = try await service.seed(seed)
            (seed.phone, seed.ownerReason, seed.callAgainIn) = ("13800000003", "contacted", nil)
            let contacted = try await service.seed(seed)
            (seed.phone, seed.owner) = ("13800000004", boris.id)
            let others = try await service.seed(seed)
            let moved = try await service.call(
                .post, self.path(anna, "handover"), #"{"adviser":"boris"}"#, token: chief.token)
            #expect(moved["tasks"].int == 3)
            #expect(
                try await service.task(
                    held.id, "claimed_by IS NULL AND owner_reason = 'assigned' AND owner_id = '\(boris.id.text)'")
                    == "true")
            let alerts = try await service.call(.get, "/api/v1/alerts", token: boris.token)
            #expect(alerts["items"].array.count == 3 && alerts["items"][0]["kind"].string == "assigned")
            #expect(
                try await service.task(agreed.id, "owner_reason = 'appointment' AND owner_id = '\(boris.id.text)'")
                    == "true")
            #expect(
                try await service.task(contacted.id, "owner_reason = 'assigned' AND owner_id = '\(boris.id.text)'")
                    == "true")
            #expect(try await service.task(others.id, "owner_reason") == "contacted")
            // The fence holds: what anna was doing belongs to nobody now.
            #expect(try await service.record("no_answer", on: held, anna).code == "not_claimant")
            #expect(
                try await service.column(
                    "SELECT end_reason FROM callback_claims WHERE task_id = '\(unescaped: held.id.text)'")
                    == "assigned")
            let pool = try await service.call(.post, self.path(boris, "handover"), token: chief.token)
            #expect(pool["tasks"].int == 4)
            #expect(try await service.task(agreed.id, "owner_id IS NULL AND owner_reason IS NULL") == "true")
            for (body, code) in [
                (#"{"adviser":"nobody"}"#, "adviser_unknown"), (#"{"adviser":"anna"}"#, "adviser_unknown"),
            ] {
                #expect(
                    try await service.call(.post, self.path(anna, "handover"), body, token: chief.token).code == code)
            }
            #expect(try await service.call(.post, self.path(anna, "handover"), token: anna.token).code == "forbidden")
            #expect(
                try await service.call(.post, "/api/v1/staff/\(UUID().text)/handover", token: chief.token).status == 404
            )
        }
    }

    @Test func `a forecast says when today will be done, names what may be late and counts heads for the next days`()
        async throws
    {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (_, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            // Due today at 18:00: far more than two people can ring.
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 17 * 60))
            for number in 1...60 {
                _ = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)", acceptedAgo: 86400, dueIn: 3600))
            }
            let busy = try await service.call(.get, "/api/v1/forecast", token: chief.token)
            #expect(busy["assumed"] == .bool(true) && busy["today"]["advisers"].int == 1)
            #expect(
                busy["today"]["overdue"].int == 0 && busy["today"]["unmet"].int == 60
                    && busy["today"]["finished_at"] == .null)
            #expect(busy["today"]["late_count"].int > 20 && busy["today"]["late"].array.count == 20)
            #expect(busy["today"]["late"][0]["percent"].int == 100)
            #expect(busy["today"]["late"][0]["phone_masked"].string.hasPrefix("138****"))
            #expect(busy["days"].array.map { $0["date"].string }.first == "2026-11-26")
            #expect(busy["days"].array.allSatisfy { $0["advisers_needed"].int >= 1 })
            // The same minute answers the same; a later one looks again.
            #expect(try await service.call(.get, "/api/v1/forecast", token: chief.token).text == busy.text)
            _ = try await service.services.database.transaction { tx in
                try await tx.execute("UPDATE callback_tasks SET met_at = due_at WHERE state = 'open'")
            }
            service.clock.advance(by: 60)
            let done = try await service.call(.get, "/api/v1/forecast", token: chief.token)
            #expect(done["today"]["unmet"].int == 0 && done["today"]["late"].array.isEmpty)
        }
    }

    @Test func `what is overdue is listed, the longest first, and can be assigned`() async throws {
        try await withService { service in
            _ = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .supervisor)
            let newer = try await service.seed(TaskSeed(phone: "13800000001", acceptedAgo: 90_000, dueIn: -60))
            let older = try await service.seed(TaskSeed(phone: "13800000002", acceptedAgo: 90_000, dueIn: -7200))
            // Kept, ended or due ahead: none of them is overdue.
            _ = try await service.seed(TaskSeed(phone: "13800000003", acceptedAgo: 90_000, dueIn: -60, isMet: true))
            _ = try await service.seed(TaskSeed(phone: "13800000005"))
            func listed() async throws -> [JSONValue] {
                try await service.call(.get, "/api/v1/board", token: chief.token)["overdue"].array
            }
            #expect(try await listed().map { $0["id"].string } == [older.id.text, newer.id.text])
            #expect(try await listed().allSatisfy { $0["overdue"] == .bool(true) })
            let today = try await service.call(.get, "/api/v1/forecast", token: chief.token)["today"]
            #expect(today["overdue"].int == 2 && today["working_day"] == .bool(true))
            let given = try await service.call(
                .post, older.path + "/assign", #"{"adviser":"anna"}"#, token: chief.token)
            #expect(given.status == 204)
            #expect(try await service.task(older.id, "owner_reason") == "assigned")
        }
    }

    @Test func `a day off is said to be one, and pages know which years are settled`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            service.clock.set(try SLATests.time("2026-11-28T10:00"))
            let today = try await service.call(.get, "/api/v1/forecast", token: chief.token)["today"]
            #expect(today["working_day"] == .bool(false) && today["advisers"].int == 0)
            #expect(
                try await service.call(.get, "/api/v1/my-day", token: anna.token)["working_day"] == .bool(false))
            for path in ["/staff/desk", "/staff/board"] {
                let page = try await service.call(.get, path, token: chief.token)
                #expect(page.text.contains(#"data-covered-years="2023 2024 2025 2026""#), "\(path)")
            }
        }
    }

    @Test func `what a third person owns stays theirs when whoever holds it hands over`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            var seed = TaskSeed(nextAttemptIn: -3600)
            (seed.owner, seed.ownerReason) = (boris.id, "contacted")
            let task = try await service.seed(seed)
            #expect(try await service.claim(anna)["id"].string == task.id.text)
            let moved = try await service.call(
                .post, self.path(anna, "handover"), #"{"adviser":"chief"}"#, token: chief.token)
            #expect(moved["tasks"].int == 1)
            #expect(
                try await service.task(
                    task.id, "claimed_by IS NULL AND owner_reason = 'contacted' AND owner_id = '\(boris.id.text)'")
                    == "true")
        }
    }

    @Test(arguments: ["off", "leave", "break"])
    func `whoever is off or on leave leaves their tasks to others, a break does not`(_ absence: String) async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            var seed = TaskSeed()
            (seed.owner, seed.ownerReason) = (anna.id, "contacted")
            let task = try await service.seed(seed)
            #expect(try await service.claim(boris).status == 204)
            if absence == "leave" {
                let days = #"{"first_day":"2026-11-25","last_day":"2026-11-25"}"#
                _ = try await service.call(.post, self.path(anna, "leaves"), days, token: chief.token)
            } else {
                let body = #"{"availability":"\#(absence)"}"#
                _ = try await service.call(.put, self.path(anna, "availability"), body, token: anna.token)
            }
            let claimed = try await service.claim(boris)
            #expect(absence == "break" ? claimed.status == 204 : claimed["id"].string == task.id.text)
        }
    }

    @Test func `who went home is at the desk again with the next day's login, not with one of the same day`()
        async throws
    {
        try await withService { service in
            _ = try await service.services.accounts.bootstrap(password: "correct-horse-battery-9")
            func logIn() async throws -> String {
                try await service.call(
                    .post, "/api/v1/session", #"{"username":"admin","password":"correct-horse-battery-9"}"#)["token"]
                    .string
            }
            func availability(_ token: String) async throws -> String {
                let board = try await service.call(.get, "/api/v1/board", token: token)
                return board["advisers"][0]["availability"].string
            }
            let token = try await logIn()
            let admin = try await service.call(.get, "/api/v1/board", token: token)["advisers"][0]["id"].string
            _ = try await service.call(
                .put, "/api/v1/staff/\(admin)/availability", #"{"availability":"off"}"#, token: token)
            #expect(try await availability(try await logIn()) == "off")
            service.clock.advance(by: 86400)
            #expect(try await availability(try await logIn()) == "on_shift")
        }
    }

    @Test func `the board is for supervisors`() async throws {
        try await withService { service in
            let (anna, auditor) = (try await service.colleague("anna"), try await service.colleague("eyes", .auditor))
            for path in ["/api/v1/board", "/api/v1/forecast"] {
                #expect(try await service.call(.get, path).status == 401)
                #expect(try await service.call(.get, path, token: anna.token).code == "forbidden")
                #expect(try await service.call(.get, path, token: auditor.token).code == "forbidden")
                let chief = try await service.colleague("chief" + path.suffix(4), .supervisor)
                #expect(try await service.call(.get, path + "?x=1", token: chief.token).code == "unknown_member")
            }
        }
    }
}
