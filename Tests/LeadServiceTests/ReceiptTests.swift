import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// The clock starts on Wednesday, 2026-11-25 10:30; the promise is Thursday 18:00.
@Suite struct ReceiptTests {
    private static func wednesday(_ hour: Double) -> Date { Date(timeIntervalSince1970: 1_795_536_000 + hour * 3600) }

    @Test func `a promise that was not kept is not repeated`() async throws {
        try await withService { service in
            let inquiry = try await service.submit(phone: "13800000001")
            let path = try service.receipt(of: inquiry)
            func page() async throws -> String {
                try await service.call(.get, path, headers: [.accept: "text/html"]).text
            }
            #expect(try await page().contains("顾问会按时致电"))
            service.clock.set(try #require(RFC3339.date(inquiry["due_at"].string)).addingTimeInterval(1))
            let late = try await page()
            #expect(late.contains("很抱歉，没能按约定时间给您致电") && !late.contains("按时致电。"))
        }
    }

    @Test func `page, queue, statistics and receipt say the same instant after a change of window`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let accepted = try await service.submit(phone: "13800000001")
            let receipt = try service.receipt(of: accepted)
            let before = try await service.call(.get, receipt)
            #expect(before["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(before["windows"].array.map(\.["preferred_window"].string) == ["morning", "afternoon"])
            #expect(before["days"] == .array([.string("2026-11-25"), .string("2026-11-26")]))

            let changed = try await service.call(.post, receipt + "/window", #"{"preferred_window":"morning"}"#)
            #expect(changed.status == 200)
            #expect(changed["due_at"].string == "2026-11-26T12:00:00+08:00")
            #expect(changed["promise"].string == "我们会在 11月26日（周四）12:00 前致电")
            #expect(changed["next_attempt_at"].string == "2026-11-26T09:00:00+08:00")
            #expect(changed["events"].array.map(\.["kind"].string) == ["accepted", "window_changed"])
            let task =
                "SELECT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI') || ' ' || preferred_window FROM "
            for table in ["callback_tasks", "inquiries"] {
                #expect(try await service.column(PostgresQuery(unsafeSQL: task + table)) == "26 12:00 morning")
            }
            let page = try await service.call(.get, receipt, headers: [.accept: "text/html"])
            #expect(page.text.contains("我们会在 11月26日（周四）12:00 前致电"))
            #expect(try await service.claim(adviser).status == 204)
            // Back to the afternoon of the promised day: closing time, no later.
            let later = try await service.call(
                .post, receipt + "/window", #"{"preferred_window":"afternoon","on":"2026-11-26"}"#)
            #expect(later["due_at"].string == "2026-11-26T18:00:00+08:00")
            // Today, while the morning is open: at once.
            let today = try await service.call(
                .post, receipt + "/window", #"{"preferred_window":"morning","on":"2026-11-25"}"#)
            #expect(today["due_at"].string == "2026-11-25T12:00:00+08:00")
            #expect(try await service.claim(adviser)["due_at"].string == "2026-11-25T12:00:00+08:00")
            #expect(try await service.soundness() == [])
        }
    }

    @Test(arguments: [
        (#"{"preferred_window":"evening"}"#, "window_unavailable"),
        (#"{"preferred_window":"night"}"#, "window_unavailable"),
        (#"{}"#, "required"), (#"{"preferred_window":"morning","on":"2026-11-27"}"#, "window_unavailable"),
        (#"{"preferred_window":"morning","on":"2026-11-24"}"#, "window_unavailable"),
        (#"{"preferred_window":"morning","on":"2026-02-30"}"#, "date_invalid"),
        (#"{"preferred_window":"morning","on":5}"#, "type_mismatch"),
        (#"{"preferred_window":"morning","x":1}"#, "unknown_member"),
    ])
    func `only what is offered can be chosen, and nothing moves`(body: String, code: String) async throws {
        try await withService { service in
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let before = try await service.call(.get, receipt).text
            let refused = try await service.call(.post, receipt + "/window", body)
            #expect(refused.status == 422 && refused.code == code, "\(refused.text)")
            #expect(try await service.call(.get, receipt).text == before)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'receipt.window'") == 0)
        }
    }

    @Test func `a window that is over today, and a promise that is past, move no deadline`() async throws {
        try await withService { service in
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            service.clock.set(Self.wednesday(24 + 12.5))
            let over = try await service.call(.post, receipt + "/window", #"{"preferred_window":"morning"}"#)
            #expect(over.code == "window_unavailable")
            #expect(try await service.call(.get, receipt)["days"] == .array([.string("2026-11-26")]))
            // Friday morning: the promise is broken and stays so; only the next try moves.
            service.clock.set(Self.wednesday(48 + 8))
            let offered = try await service.call(.get, receipt)
            #expect(
                offered["days"].array.map(\.string) == [
                    "2026-11-27", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03",
                ])
            let moved = try await service.call(
                .post, receipt + "/window", #"{"preferred_window":"afternoon","on":"2026-11-30"}"#)
            #expect(moved["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(moved["next_attempt_at"].string == "2026-11-30T13:30:00+08:00")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a call that was moved to an earlier day can be moved back to the day first promised, and no further`()
        async throws
    {
        try await withService { service in
            // Friday: Monday is promised.
            service.clock.set(Self.wednesday(48 + 8.5))
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            #expect(try await service.call(.get, receipt)["due_at"].string == "2026-11-30T18:00:00+08:00")
            func move(_ window: String, _ day: String) async throws -> Answer {
                try await service.call(
                    .post, receipt + "/window", #"{"preferred_window":"\#(window)","on":"\#(day)"}"#)
            }
            for day in ["2026-11-27", "2026-11-30", "2026-11-27"] {
                let moved = try await move("afternoon", day)
                #expect(moved["due_at"].string == "\(day)T18:00:00+08:00", "\(moved.text)")
                #expect(moved["days"] == .array([.string("2026-11-27"), .string("2026-11-30")]))
                #expect(try await service.soundness() == [])
            }
            #expect(try await move("afternoon", "2026-12-01").code == "window_unavailable")
            // Somebody who asks again is promised the earlier day, and that is kept.
            service.clock.advance(by: 61)
            let second = try await service.submit(phone: "13800000001")
            #expect(second["due_at"].string == "2026-11-27T18:00:00+08:00")
            #expect(try await move("afternoon", "2026-11-30").code == "window_unavailable")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `two inquiries of one person move together`() async throws {
        try await withService { service in
            let first = try await service.submit(phone: "13800000001")
            service.clock.advance(by: 61)
            let second = try await service.submit(phone: "13800000001", more: #","preferred_window":"afternoon""#)
            _ = try await service.call(
                .post, try service.receipt(of: first) + "/window", #"{"preferred_window":"morning"}"#)
            for answer in [first, second] {
                let shown = try await service.call(.get, try service.receipt(of: answer))
                #expect(shown["due_at"].string == "2026-11-26T12:00:00+08:00")
            }
            _ = try await service.call(
                .post, try service.receipt(of: second) + "/window", #"{"preferred_window":"afternoon"}"#)
            #expect(
                try await service.call(.get, try service.receipt(of: first))["due_at"].string
                    == "2026-11-26T18:00:00+08:00")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a call that was missed says what happened, when we try again and where to call back`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let path = "/api/v1/callbacks/" + (try await service.claim(adviser))["id"].string
            try #require(
                try await service.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token).status
                    == 200)
            try #require(
                try await service.call(
                    .post, path + "/attempts", #"{"disposition":"no_answer","note":"小王接的"}"#, token: adviser.token
                ).status == 200)
            let shown = try await service.call(.get, receipt)
            #expect(shown["state"].string == "called")
            #expect(shown["progress"].string == "10:30 致电未接，12:30 再拨")
            #expect(shown["events"][1]["text"].string == "致电未接")
            #expect(!shown.text.contains("小王") && !shown.text.contains("lin"))
            let page = try await service.call(.get, receipt, headers: [.accept: "text/html"])
            #expect(page.text.contains("10:30 致电未接，12:30 再拨"))
            #expect(page.text.contains("<h1>上次致电没有联系到您，我们会再打。</h1>") && !page.text.contains("打过电话"))
            // The promise is kept; another window moves the next try only.
            let moved = try await service.call(
                .post, receipt + "/window", #"{"preferred_window":"afternoon","on":"2026-11-27"}"#)
            #expect(moved["due_at"] == shown["due_at"])
            #expect(moved["next_attempt_at"].string == "2026-11-27T13:30:00+08:00")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a cancelled call is closed by the visitor, once, and left out`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let path = "/api/v1/callbacks/" + (try await service.claim(adviser))["id"].string
            for _ in 0..<2 {
                let answer = try await service.call(.post, receipt + "/cancel", "{}")
                #expect(answer.status == 200 && answer["state"].string == "closed")
                #expect(answer["windows"] == .array([]))
            }
            #expect(try await service.column("SELECT closed_reason FROM callback_tasks") == "cancelled_by_visitor")
            #expect(
                try await service.count(
                    "SELECT count(*) FROM audit_events WHERE action = 'receipt.cancel' AND role = 'visitor'") == 1)
            #expect(
                try await service.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token).code
                    == "already_closed")
            #expect(
                try await service.call(.post, receipt + "/window", #"{"preferred_window":"morning"}"#).code
                    == "already_closed")
            #expect(try await service.soundness() == [])
            // A later inquiry's call does not make the cancelled promise a kept one.
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            let next = "/api/v1/callbacks/" + (try await service.claim(adviser))["id"].string
            try #require(
                try await service.call(.post, next + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token).status
                    == 200)
            try #require(
                try await service.call(.post, next + "/attempts", #"{"disposition":"no_answer"}"#, token: adviser.token)
                    .status == 200)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE met_at IS NOT NULL") == 1)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM inquiries WHERE met_at IS NOT NULL AND cancelled_at IS NOT NULL") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a receipt whose task is over stays over after a later inquiry, and moves and cancels nothing of it`()
        async throws
    {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let old = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let claimed = try await service.claim(adviser, #"{"phone":"13800000001"}"#)
            let ended = try await service.call(
                .post, "/api/v1/callbacks/\(claimed["id"].string)/attempts",
                #"{"disposition":"converted","reference":"HT-1"}"#,
                token: adviser.token)
            try #require(ended.status == 200, "\(ended.text)")
            let before = try await service.call(.get, old)
            service.clock.advance(by: 90)
            let new = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let after = try await service.call(.get, old)
            #expect(
                after["state"] == before["state"] && after["next_attempt_at"] == before["next_attempt_at"],
                "\(after.text)")
            #expect(try await service.call(.post, old + "/cancel", "{}").code == "already_closed")
            #expect(
                try await service.call(.post, old + "/window", #"{"preferred_window":"afternoon"}"#).code
                    == "already_closed")
            let waiting = try await service.call(.get, new)
            #expect(waiting["state"].string == "waiting", "\(waiting.text)")
            service.clock.advance(by: 60)
            _ = try await service.claim(adviser, #"{"phone":"13800000001"}"#)
            let task = try #require(
                try await service.column("SELECT id::text FROM callback_tasks WHERE state = 'open'"))
            let called = try await service.call(
                .post, "/api/v1/callbacks/\(task)/attempts", #"{"disposition":"no_answer"}"#, token: adviser.token)
            try #require(called.status == 200, "\(called.text)")
            #expect(try await service.call(.get, old)["events"] == before["events"])
            let shown = try await service.call(.get, new)
            #expect(shown["events"].array.count { $0["kind"].string == "call" } == 1, "\(shown.text)")
        }
    }

    @Test func `without JavaScript the forms lead back to the receipt, and reading changes nothing`() async throws {
        try await withService { service in
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"]
            let events = try await service.count("SELECT count(*) FROM audit_events")
            let page = try await service.call(.get, receipt, headers: [.accept: "text/html"])
            #expect(
                page.text.contains("action=\"\(receipt)/window\"")
                    && page.text.contains("<details><summary>取消这次致电</summary><form action=\"\(receipt)/cancel\"")
            )
            #expect(page.headers[.referrer] == "no-referrer" && page.headers[.cacheControl] == "no-store")
            #expect(try await service.count("SELECT count(*) FROM audit_events") == events)
            let refused = try await service.call(.post, receipt + "/window", "preferred_window=evening", headers: form)
            #expect(refused.status == 422 && refused.text.contains("这个时段已不能选"))
            for (path, body) in [("/window", "preferred_window=morning&on=2026-11-26"), ("/cancel", "")] {
                let done = try await service.call(.post, receipt + path, body, headers: form)
                #expect(done.status == 303 && done.headers[.location] == receipt)
                #expect(done.headers[.referrer] == "no-referrer" && done.headers[.cacheControl] == "no-store")
            }
            let closed = try await service.call(.get, receipt, headers: [.accept: "text/html"])
            #expect(closed.text.contains("已按您的要求停止这次致电") && !closed.text.contains("/cancel"))
            // A page that stood open meanwhile is answered by what became of it, in words for visitors.
            let late = try await service.call(.post, receipt + "/window", "preferred_window=morning", headers: form)
            #expect(late.status == 409 && late.text.contains("已按您的要求停止这次致电"))
            let told = try await service.call(.post, receipt + "/window", #"{"preferred_window":"morning"}"#)
            #expect(told.code == "already_closed" && told["detail"].string == "这次咨询已经结束，需要时欢迎再次提交")
            let ended = try service.receipt(of: try await service.submit(phone: "13800000002"))
            try await service.database.query(
                "UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'spam' WHERE state <> 'closed'"
            )
            let over = try await service.call(.post, ended + "/cancel", "", headers: form)
            #expect(over.status == 409 && over.text.contains("<h1>这次咨询已经结束。需要时欢迎再次提交。</h1>"))
        }
    }

    @Test func `a cancel and a claim at the same time have one order`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            for number in 0..<15 {
                let receipt = try service.receipt(of: try await service.submit(phone: "1380000\(1000 + number)"))
                async let cancelled = service.call(.post, receipt + "/cancel", "{}")
                async let window = service.call(.post, receipt + "/window", #"{"preferred_window":"morning"}"#)
                async let claimed = service.claim(adviser)
                let (cancel, change, claim) = (try await cancelled, try await window, try await claimed)
                #expect(cancel.status == 200, "\(cancel.text)")
                #expect(change.status == 200 || change.code == "already_closed", "\(change.text)")
                #expect([200, 204].contains(claim.status))
                #expect(try await service.soundness() == [])
            }
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state <> 'closed'") == 0)
        }
    }
}
