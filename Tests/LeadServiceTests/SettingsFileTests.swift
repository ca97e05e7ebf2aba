import Foundation
import LeadService
import Leads
import Testing

/// What people edit, as one file: exported, shown and loaded again.
@Suite struct SettingsFileTests {
    /// A value other than the standard one for every key that the file knows.
    private static let others: [String: String] = {
        var values = [
            "company_name": #""沪上明泽人才咨询有限公司""#, "company_address": #""上海市示例路 100 号""#,
            "company_telephone": #""021-5555 0100""#, "caller_number": #""021-5555 0101""#,
            "icp_number": #""沪ICP备00000000号""#, "opening_hours": #""08:30-17:30""#, "calling_hours": #""09:00-20:00""#,
            "claim_minutes": "20", "fresh_minutes": "5", "contact_target_hours": "18", "cadence": #"{"attempts":5}"#,
            "resend_seconds": "90",
            "assignment": #""weighted""#, "push_cap": "20", "claims_per_day": "60",
            "skill_rules":
                #"[{"skill":"续签","when":[{"in":"extra","name":"需求","values":["续签","换证*"]},{"in":"site","values":["default"]}]}]"#,
            "sends_per_minute": "30",
            "sends_per_hour": "500", "sends_per_day": "1000", "sends_per_address_per_hour": "10",
            "sends_per_site_per_hour": "100", "sends_per_site_per_day": "400", "message_price": "0.045",
            "money_per_day": "90.5", "withheld_prefixes": #"["1700","171"]"#,
            "test_numbers": #"[{"phone":"13900139000","until":"2027-12-31"}]"#,
            "sms_templates": #"{"aliyun":{"inquiry_confirmation":{"id":"SMS_1","parameters":[]}}}"#,
            "sms_texts": #"{"permit_reminder":"您的居住证 {valid_until} 到期，退订回T"}"#,
            "sms_prices": #"{"aliyun":0.045}"#, "sms_reference": "true", "confirmation_sms": "true",
            "breach_sms": "true",
            "missed_call_sms": "true",
            "telephone_system": #"{"enabled":true,"url":"https://pbx.example.com/calls"}"#,
            "embed_origins": #""https://www.example.com""#,
            "benefits": #"[{"id":"guide","title":"攻略"},{"id":"group","title":"群","url":"https://g.example.com/1"}]"#,
            "items_after_verification": "true",
            "consent_recipients":
                #"[{"id":"a","name":"甲","contact":"021","purpose":"办理","manner":"电话","kinds":"称呼"}]"#,
            "company_logo": #"{"height":50,"sha256":"\#(String(repeating: "ab", count: 32))","width":200}"#,
            "company_colour": ##""#7a1f1f""##,
            "extra_questions":
                #"[{"key":"grade","kind":"choice","label":"孩子几年级","options":["小学","初中"],"required":true}]"#,
            "privacy_notices": #"[{"version":"2030-01","effective_on":"2030-01-01","text":"第一行\n第二行"}]"#,
            "exports_enabled": "false", "export_row_limit": "5000", "export_approval": "true",
            "export_reason_length": "20",
            "copies_per_day": "5", "snippets": #"["已加微信，资料发过去了"]"#, "call_script": #"["您好，{company}，回您的咨询"]"#,
        ]
        for term in RetentionTerm.allCases { values[term.setting] = term == .exports || term == .audit ? "48" : "5" }
        return values
    }()

    private static func json(_ text: String) throws -> JSONValue { try StrictJSON.read(Array(text.utf8)) }

    private static func settings(_ service: TestService, locked: [String] = []) -> SettingsImport {
        SettingsImport(
            database: service.services.database, dependencies: service.dependencies, locked: locked)
    }

    private static func load(
        _ text: String, _ service: TestService, locked: [String] = [], applies: Bool = true
    ) async throws -> SettingsImport.Outcome {
        let outcome = try await Self.settings(service, locked: locked).load(
            try Self.json(text), applies: applies, by: .command("test"))
        try await service.services.settings.reload()
        return outcome
    }

    private static func reasons(_ text: String, _ service: TestService) async -> [String] {
        do {
            _ = try await Self.load(text, service)
            return ["taken"]
        } catch let problem as Problem {
            #expect(problem.status == .unprocessableContent)
            return problem.failures.map { "\($0.pointer) \($0.code)" }
        } catch { return ["\(error)"] }
    }

    @Test func `the standard value of every key is what counts without it, and another can be stored`() throws {
        #expect(Set(Self.others.keys) == Set(Settings.standardValues.map(\.key)))
        for (key, standard) in Settings.standardValues {
            var settings = Settings()
            let takesStandard = settings.apply(key, standard)
            #expect(takesStandard == (standard != .null) && settings == Settings(), "\(key)")
            let takesOther = settings.apply(key, try Self.json(Self.others[key] ?? ""))
            #expect(takesOther && settings != Settings(), "\(key)")
        }
        #expect(!Settings.takes(.string("甲"), for: "company") && !Settings.takes(.null, for: "company"))
    }

    @Test func `an export that is imported again changes nothing, whatever is stored`() async throws {
        try await withService { service in
            let bare = try await Self.settings(service).export().text
            #expect(try await Self.load(bare, service).changes == [])
            for (key, json) in Self.others { try await service.put(key, json) }
            try await service.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                VALUES ('opening_hours', '"09:00-17:00"', '2027-01-01 00:00:00.25+08', 'test', '2026-01-01'),
                       ('sends_per_hour', 'null', '2027-01-01 00:00:00.25+08', 'test', '2026-01-01'),
                       ('claim_minutes', '"25"', '2027-02-01 08:00+08', 'test', '2026-01-01'), ('unknown', '1', '2026-01-01', 'test', '2026-01-01'),
                       ('claim_minutes', '0', '2026-02-01', 'test', '2026-01-01')
                """)
            let text = try await Self.settings(service).export().text
            let before = try await service.contents()
            #expect(try await Self.load(text, service).changes == [])
            #expect(try await service.contents() == before)
            #expect(try await Self.settings(service).export().text == text)
            let file = try Self.json(text)
            for (key, json) in Self.others { #expect(file[key] == (try Self.json(json)), "\(key)") }
            #expect(
                file["later"].array.map(\.["effective_at"].string) == [
                    "2027-01-01T00:00:00+08:00", "2027-02-01T08:00:00+08:00",
                ])
            #expect(
                file["later"][0].names.sorted() == ["effective_at", "opening_hours", "sends_per_hour"]
                    && !file.names.contains("unknown"))
        }
    }

    @Test func `a difference is shown first, then applied with an event each, and only what differs is stored`()
        async throws
    {
        try await withService { service in
            let text = #"{"company_name":"沪上明泽","claim_minutes":20,"fresh_minutes":"15"}"#
            let before = try await service.contents()
            let shown = try await Self.load(text, service, applies: false)
            #expect(shown.changes.map(\.line) == [#"company_name: "" → 沪上明泽"#, "claim_minutes: 30 → 20"])
            #expect(try await service.contents() == before)

            #expect(try await Self.load(text, service) == shown)
            #expect(service.services.settings.current.companyName == "沪上明泽")
            #expect(service.services.settings.current.claimLength == 20 * 60)
            #expect(try await service.count("SELECT count(*) FROM settings WHERE changed_by = 'test'") == 2)
            #expect(try await service.call(.get, "/").text.contains("本站由沪上明泽运营"))
            #expect(
                try await service.count(
                    "SELECT count(*) FROM audit_events e JOIN audit_details d ON d.event_id = e.id WHERE action = 'settings.change' AND actor = 'test' AND object IN ('company_name', 'claim_minutes') AND e.detail = '{}'"
                ) == 2)
            #expect(try await Self.load(text, service).changes == [])
        }
    }

    @Test func `null is the standard value again`() async throws {
        try await withService { service in
            _ = try await Self.load(#"{"sends_per_hour":500,"claim_minutes":20}"#, service)
            #expect(service.services.settings.current.sends.perHour == 500)
            service.clock.advance(by: 1)
            let back = try await Self.load(
                #"{"sends_per_hour":null,"claim_minutes":null,"money_per_day":null}"#, service)
            #expect(back.changes.map(\.line) == ["claim_minutes: 20 → none", "sends_per_hour: 500 → none"])
            #expect(service.services.settings.current == Settings().with("calling_hours", "always"))
        }
    }

    @Test func `a value to come waits for its time, is replaced and is taken back`() async throws {
        try await withService { service in
            let first = try await Self.load(
                #"{"effective_at":"2026-12-01T00:00:00+08:00","claim_minutes":20}"#, service)
            #expect(first.changes.map(\.line) == ["claim_minutes (from 2026-12-01T00:00:00+08:00): 30 → 20"])
            #expect(service.services.settings.current.claimLength == 30 * 60)
            let second = try await Self.load(
                #"{"later":[{"effective_at":"2026-12-01T00:00:00+08:00","claim_minutes":25},{"effective_at":"2026-12-02T00:00:00+08:00","claim_minutes":30}]}"#,
                service)
            #expect(
                second.changes.map(\.line) == [
                    "claim_minutes (from 2026-12-01T00:00:00+08:00): 20 → 25",
                    "claim_minutes (from 2026-12-02T00:00:00+08:00): 25 → 30",
                ])
            // A part that says nothing of what is to come leaves it.
            _ = try await Self.load(#"{"fresh_minutes":10}"#, service)
            #expect(try await service.count("SELECT count(*) FROM settings WHERE effective_at > '2026-11-30'") == 2)
            let third = try await Self.load(
                #"{"later":[{"effective_at":"2026-12-01T00:00:00+08:00","claim_minutes":25}]}"#, service)
            #expect(third.changes.map(\.line) == ["claim_minutes (from 2026-12-02T00:00:00+08:00): 30 → taken back"])
            service.clock.set(try #require(RFC3339.date("2026-12-03T00:00:00+08:00")))
            #expect(service.services.settings.current.claimLength == 25 * 60)
        }
    }

    @Test func `what the environment locks is skipped and listed, and exported as it is stored`() async throws {
        try await withService(["CLAIM_MINUTES": "45"]) { service in
            try await service.put("claim_minutes", "20")
            #expect(try Self.json(try await Self.settings(service).export().text)["claim_minutes"].int == 20)
            let outcome = try await Self.load(
                #"{"claim_minutes":10,"fresh_minutes":10}"#, service, locked: ["claim_minutes"])
            #expect(outcome.locked == ["claim_minutes"] && outcome.changes.map(\.key) == ["fresh_minutes"])
            #expect(try await service.count("SELECT value::text::int FROM settings WHERE key = 'claim_minutes'") == 20)
            #expect(service.services.settings.current.claimLength == 45 * 60)
        }
    }

    @Test(arguments: [
        (#"{"company_nam":"甲"}"#, ["/company_nam setting_unknown"]),
        (
            #"{"claim_minutes":0,"opening_hours":"late"}"#,
            ["/claim_minutes setting_invalid", "/opening_hours setting_invalid"]
        ),
        (#"{"company_name":"甲\n乙"}"#, ["/company_name setting_invalid"]),
        (#"{"test_numbers":[{"phone":"1390","until":"2027-12-31"}]}"#, ["/test_numbers setting_invalid"]),
        (#"{"effective_at":"2026-11-24T17:00:00+08:00","claim_minutes":20}"#, ["/effective_at effective_at_past"]),
        (#"{"effective_at":"soon","claim_minutes":20}"#, ["/effective_at malformed_time"]),
        (#"{"later":{}}"#, ["/later type_mismatch"]),
        (#"{"later":[{"claim_minutes":20}]}"#, ["/later/0/effective_at required"]),
        (
            #"{"later":[{"effective_at":"2026-11-24T00:00:00Z","x":1}]}"#,
            ["/later/0/effective_at effective_at_past", "/later/0/x setting_unknown"]
        ),
        (
            #"{"later":[{"effective_at":"2027-01-01T00:00:00Z"},{"effective_at":"2027-01-01T08:00:00+08:00"}]}"#,
            ["/later/1/effective_at effective_at_repeated"]
        ),
        ("[]", [" type_mismatch"]),
        (
            #"{"benefits":[{"id":"guide","title":"攻略","file":"\#(String(repeating: "a", count: 64))"}]}"#,
            ["/benefits benefit_file_unknown"]
        ),
        (
            #"{"privacy_notices":[{"version":"2026-11","effective_on":"2026-11-01","text":"别的"}]}"#,
            ["/privacy_notices notice_published"]
        ),
    ])
    func `what cannot be taken is refused by name, and nothing is stored`(text: String, reasons: [String]) async throws
    {
        try await withService { service in
            let before = try await service.contents()
            #expect(await Self.reasons(text, service) == reasons)
            #expect(try await service.contents() == before)
        }
    }

    @Test func `of two imports at once the second sees what the first did`() async throws {
        try await withService { service in
            let outcomes = try await withThrowingTaskGroup(of: SettingsImport.Outcome.self) { group in
                for _ in 0..<8 { group.addTask { try await Self.load(#"{"claim_minutes":20}"#, service) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { !$0.changes.isEmpty } == 1)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'settings.change'") == 1)
        }
    }

    @Test func `the command shows, changes with --yes, hides numbers and says what it skips`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("settings.json").path
            #expect(try await huifang.run("settings", "export", file).code == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(try await huifang.run("settings", "export").output == text.dropLast())
            let nothing = try await huifang.run("settings", "import", file, "--yes")
            #expect(nothing.code == 0 && nothing.output == "nothing differs", "\(nothing.errors)")

            try text.replacing(#""company_name": """#, with: #""company_name": "沪上明泽""#)
                .replacing(
                    #""test_numbers": []"#, with: #""test_numbers": [{"phone": "13900139000", "until": "2199-12-31"}]"#
                )
                .write(toFile: file, atomically: true, encoding: .utf8)
            let locks = ["OPENING_HOURS": "08:00-17:00"]
            let shown = try await huifang.run("settings", "import", file, environment: locks)
            #expect(
                shown.output == """
                    company_name: "" → 沪上明泽
                    test_numbers: [] → [{"phone":"[number]","until":"2199-12-31"}]
                    opening_hours: skipped, HUIFANG_OPENING_HOURS locks it
                    2 would change; --yes changes them
                    """, "\(shown.errors)")
            let done = try await huifang.run("settings", "import", file, "--yes", environment: locks)
            #expect(done.code == 0 && done.output.hasSuffix("2 changed"), "\(done.errors)")
            let piped = try await huifang.run("settings", "import", "-", input: #"{"company_name":"沪上明泽"}"#)
            #expect(piped.output == "nothing differs")
            let stored = try await huifang.run("settings", "export")
            #expect(stored.output.contains(#"{"phone":"13900139000","until":"2199-12-31"}"#))
            #expect(try await huifang.run("fsck").code == 0)
            #expect(try await huifang.run("audit", "verify").code == 0)

            for (text, said) in [
                (#"{"claim_minutes": "soon"}"#, "/claim_minutes This value cannot be used; the standard value is 30."),
                (#"{"13900139000": 1}"#, "/[number] There is no such setting."),
                ("{\n\"a\": 1,\n\"a\": 2}", "line 3 has a name that stands there already"), ("{", "line 1 is not JSON"),
            ] {
                try text.write(toFile: file, atomically: true, encoding: .utf8)
                let refused = try await huifang.run("settings", "import", file, "--yes")
                #expect(refused.code == 65 && refused.output == "")
                #expect(refused.errors == "huifang: \(file): \(said)\n")
            }
            #expect(try await huifang.run("settings", "import", file + ".none").code == 65)
        }
    }
}

extension Settings {
    fileprivate func with(_ key: String, _ text: String) -> Settings {
        var settings = self
        _ = settings.apply(key, .string(text))
        return settings
    }
}
