import Configuration
import Foundation
import LeadService
import Leads
import NIOCore
import Postgres
import TestDatabase
import Testing

@Suite struct DemoTests {
    @Test func `it fills a desk through the operations, once, sends nothing, and goes without a trace beside the real`()
        async throws
    {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.close("13800000001", "not_eligible", adviser, more: #","item":"other""#)
            try await service.submit(phone: "13800000002", more: #","answers":{"age":30},"remark":"急""#)
            let before = try await service.tables()
            let sent = service.sms.messages.count

            let desk = try service.demoDesk()
            guard case .filled(let leads, let usernames, let password) = try await desk.fill() else {
                Issue.record("nothing was filled")
                return
            }
            #expect(leads == 24 && usernames.count == 4 && password.utf8.count == 23)
            #expect(try await service.soundness() == [])
            let now = service.clock.now
            let open = "SELECT count(*) FROM callback_tasks WHERE state = 'open'"
            #expect(try await service.number("\(unescaped: open) AND met_at IS NULL AND due_at < \(now)") == 3)
            #expect(try await service.number("\(unescaped: open) AND call_again_at > \(now)") == 3)
            #expect(
                try await service.number(
                    "\(unescaped: open) AND newest_inquiry_at > \(now.addingTimeInterval(-900)) AND id NOT IN (SELECT t.id FROM callback_tasks t JOIN leads l ON l.id = t.lead_id WHERE l.phone_index = \(service.index("13800000002")))"
                ) == 3)
            #expect(try await service.count("SELECT count(*) FROM quarantined_inquiries WHERE state = 'waiting'") == 2)
            #expect(try await service.count("SELECT count(DISTINCT disposition) FROM call_attempts WHERE counts") == 11)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE assessment_id IS NOT NULL") == 18)
            // Nothing of it may reach a gateway: there is no message, and no code can be asked for.
            try await service.services.outboxWorker.runOnce()
            let asked = try await service.askForCode("15400001001")
            #expect(asked.status == 202)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.count == sent)

            let filled = try await service.tables()
            #expect(try await desk.fill() == .filledBefore)
            #expect(try await service.tables() == filled)

            // The password is good, and the desk shows them.
            let login = try await service.call(
                .post, "/api/v1/session", #"{"username":"\#(usernames[0])","password":"\#(password)"}"#)
            #expect(login.status == 200 && login["must_change_password"] == .bool(false))
            let overdue = try await service.call(
                .get, "/api/v1/callbacks?view=overdue", token: login["token"].string)
            #expect(overdue["items"].array.count == 3 && overdue.text.contains("154****"))

            let gone = try await desk.clear()
            #expect(gone == DemoDesk.Clearing(leads: 24, accounts: 4, kept: 0))
            var after = try await service.tables()
            // The audit keeps what was done. Counters of throttles are nobody's rows: they are as they were, or gone in two days.
            // Marked days are counted anew by the next round of the statistics.
            for name in [
                "audit_events", "audit_links", "audit_head", "send_budgets", "budgets", "login_failures",
                "statistics_marks",
            ] {
                after[name] = before[name]
            }
            #expect(try await service.count("SELECT coalesce(sum(used), 0) FROM budgets") == 0)
            #expect(after == before)
            #expect(try await service.soundness() == [])
            #expect(try await desk.clear() == DemoDesk.Clearing(leads: 0, accounts: 0, kept: 0))
        }
    }

    @Test func `whoever of it worked on something real stays, closed, and opens again with the next one`() async throws
    {
        try await withService { service in
            let desk = try service.demoDesk()
            guard case .filled(_, let usernames, let password) = try await desk.fill() else { return }
            let login = try await service.call(
                .post, "/api/v1/session", #"{"username":"\#(usernames[0])","password":"\#(password)"}"#)
            try await service.submit(phone: "13800000001")
            let claimed = try await service.call(
                .post, "/api/v1/callbacks/claim", #"{"phone":"13800000001"}"#, token: login["token"].string)
            #expect(claimed.status == 200, "\(claimed.text)")
            // And a real adviser on something made up.
            let real = try await service.colleague("lin")
            let other = try await service.call(
                .post, "/api/v1/callbacks/claim", #"{"phone":"15400001013"}"#, token: real.token)
            #expect(other.status == 200, "\(other.text)")
            #expect(try await desk.clear() == DemoDesk.Clearing(leads: 24, accounts: 3, kept: 1))
            #expect(try await service.count("SELECT count(*) FROM leads") == 1)
            #expect(try await service.count("SELECT count(*) FROM callback_claims") == 1)
            let closed = try await service.call(
                .post, "/api/v1/session", #"{"username":"\#(usernames[0])","password":"\#(password)"}"#)
            #expect(closed.status == 401)
            #expect(try await service.soundness() == [])
            guard case .filled(_, _, let fresh) = try await desk.fill() else {
                Issue.record("not filled again")
                return
            }
            let again = try await service.call(
                .post, "/api/v1/session", #"{"username":"\#(usernames[0])","password":"\#(fresh)"}"#)
            #expect(again.status == 200)
        }
    }

    @Test func `a fill that broke off is begun anew, and a merge with something real is not torn apart`() async throws {
        try await withService { service in
            let desk = try service.demoDesk()
            _ = try await desk.fill()
            let lead = try await service.lead("15400001014")
            try await service.database.query("DELETE FROM callback_tasks WHERE lead_id = \(lead)")
            try await service.database.query("DELETE FROM consents WHERE lead_id = \(lead)")
            try await service.database.query("DELETE FROM inquiries WHERE lead_id = \(lead)")
            try await service.database.query("DELETE FROM leads WHERE id = \(lead)")
            guard case .filled = try await desk.fill() else {
                Issue.record("not begun anew")
                return
            }
            #expect(try await service.count("SELECT count(*) FROM leads") == 24)
            #expect(try await service.soundness() == [])
            try await service.submit(phone: "13800000001")
            let (real, made) = (try await service.lead("13800000001"), try await service.lead("15400001014"))
            try await service.database.query("UPDATE leads SET merged_into = \(made) WHERE id = \(real)")
            await #expect(throws: DemoDesk.Refusal.mixed) { _ = try await desk.clear() }
            #expect(try await service.count("SELECT count(*) FROM leads") == 25)
        }
    }

    @Test func `it does not run where people are, nor with a gateway that sends, nor over somebody's name`()
        async throws
    {
        try await withService { service in
            let open = try service.demoDesk([
                "HUIFANG_PUBLIC_URL": "https://a.example", "HUIFANG_SMS_GATEWAY": "webhook",
            ])
            await #expect(throws: DemoDesk.Refusal.production) { _ = try await open.fill() }
            let sending = try service.demoDesk(["HUIFANG_SMS_GATEWAY": "webhook"])
            await #expect(throws: DemoDesk.Refusal.gateway) { _ = try await sending.fill() }
            _ = try await service.colleague("demo.chen")
            await #expect(throws: DemoDesk.Refusal.usernameTaken("demo.chen")) {
                _ = try await service.demoDesk().fill()
            }
            _ = try await service.demoDesk().clear()
            #expect(try await service.count("SELECT count(*) FROM staff") == 1)
            #expect(try await service.count("SELECT count(*) FROM leads") == 0)
        }
    }

    @Test func `whatever refers to a lead, an inquiry, a task or an account is known to the clearing`() async throws {
        try await withService { service in
            let references = try await service.database.query(
                """
                SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint c
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                WHERE c.contype = 'f' AND c.confdeltype NOT IN ('c', 'n')
                  AND c.confrelid IN ('leads'::regclass, 'inquiries'::regclass, 'callback_tasks'::regclass, 'staff'::regclass)
                ORDER BY 1
                """
            ).map { try $0.decode(String.self) }
            // A new one belongs into `deleteDemoLeads` or `deleteDemoStaff`, and then here.
            #expect(
                references == [
                    "api_keys.created_by", "assessment_reviews.lead_id", "assessment_reviews.reviewed_by",
                    "call_attempts.adviser_id", "call_attempts.merge_into", "call_attempts.task_id",
                    "callback_claims.adviser_id", "callback_claims.phone_lead_id", "callback_claims.task_id",
                    "callback_pauses.paused_by", "callback_pauses.resumed_by", "callback_tasks.claimed_by",
                    "callback_tasks.latest_inquiry_id", "callback_tasks.lead_id", "callback_tasks.owner_id",
                    "closure_reviews.reviewed_by", "consents.inquiry_id", "consents.lead_id", "consents.recorded_by",
                    "export_jobs.approved_by", "export_jobs.requested_by", "export_leads.lead_id",
                    "export_records.staff_id", "inquiries.lead_id", "job_holds.held_by", "leads.merged_into",
                    "messages.inquiry_id", "permit_reminders.lead_id", "privacy_cases.closed_by",
                    "privacy_cases.opened_by", "privacy_requests.lead_id", "quarantined_inquiries.reviewed_by",
                    "staff_sessions.staff_id", "statistics_advisers.adviser_id", "trial_messages.sent_by",
                    "webhooks.created_by", "wechat_contacts.added_by",
                    "wechat_contacts.lead_id",
                ])
        }
    }

    @Test func `the command fills and clears, and every check holds after both`() async throws {
        try await Executable.withInstallation { huifang in
            for url in ["https://a.example", "http://127.0.0.1:8080"] {
                let environment = [
                    "PUBLIC_URL": url, "SMS_GATEWAY": "webhook", "SMS_WEBHOOK_URL": "http://127.0.0.1:9",
                    "SMS_WEBHOOK_SECRET": "whsec_" + Data(repeating: 7, count: 32).base64EncodedString(),
                ]
                let refused = try await huifang.run("demo", "fill", environment: environment)
                #expect(refused.code == 78 && refused.errors.hasPrefix("huifang: "), "\(refused.errors)")
            }
            let filled = try await huifang.run("demo", "fill")
            #expect(filled.code == 0, "\(filled.errors)")
            #expect(
                filled.output.firstMatch(of: /Log in as demo\.lin, .*, password: [a-z2-9]{5}(-[a-z2-9]{5}){3}/) != nil)
            let again = try await huifang.run("demo", "fill")
            #expect(again.code == 0 && again.output.contains("filled already") && !again.output.contains("password: "))
            for _ in 0..<2 {
                let fsck = try await huifang.run("fsck")
                #expect(fsck.code == 0, "\(fsck.output)")
                let audit = try await huifang.run("audit", "verify")
                #expect(audit.code == 0, "\(audit.output)")
                let cleared = try await huifang.run("demo", "clear")
                #expect(cleared.code == 0 && cleared.output.hasPrefix("Demonstration: "), "\(cleared.errors)")
            }
            let rows = try await huifang.database.query(
                "SELECT (SELECT count(*) FROM leads) + (SELECT count(*) FROM staff)")
            #expect(try rows.first?.decode(Int.self) == 0)
        }
    }
}

extension TestService {
    func demoDesk(_ environment: [String: String] = [:]) throws -> DemoDesk {
        var values = [
            "HUIFANG_DATABASE_URL": self.database.conninfo, "HUIFANG_SMS_WEBHOOK_URL": "http://127.0.0.1:9",
            "HUIFANG_SMS_WEBHOOK_SECRET": "whsec_" + Data(repeating: 7, count: 32).base64EncodedString(),
        ]
        values.merge(environment) { $1 }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))
        return try DemoDesk(
            database: self.services.database, dependencies: self.dependencies,
            configuration: try ServiceConfiguration(reader: reader))
    }

    /// A fingerprint of every table's rows.
    func tables() async throws -> [String: String] {
        let lines = try await self.contents().split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
        return Dictionary(uniqueKeysWithValues: lines.map { (String($0[0]), String($0[1])) })
    }
}
