import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// `huifang telephone`, as a process of its own.
@Suite struct TelephoneCommandTests {
    @Test func `a secret is printed once with the address for reports, kept sealed, and the doctor misses it`()
        async throws
    {
        try await Executable.withInstallation { huifang in
            let url = #"{"url":"http://127.0.0.1:9/calls","enabled":true}"#
            try await huifang.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                VALUES ('telephone_system', \(url)::text::jsonb, '2026-01-01', 'test', '2026-01-01')
                """)
            let bare = try await huifang.run("doctor")
            #expect(bare.code == 78 && bare.output.contains("no secret to sign with"), "\(bare.output)")
            #expect(bare.output.contains("not one that we may connect to"))
            let made = try await huifang.run(
                "telephone", "secret", environment: ["SMS_HOOK_TOKEN": "hook-token-0123456789"])
            #expect(made.code == 0, "\(made.errors)")
            let lines = made.output.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].wholeMatch(of: /whsec_[A-Za-z0-9+\/=]{44}/) != nil)
            #expect(lines[1].hasSuffix("/hooks/calls/hook-token-0123456789"))
            let again = try await huifang.run("telephone", "secret")
            #expect(again.code == 0 && !again.output.contains(lines[0]))
            let well = try await huifang.run("doctor", environment: ["WEBHOOK_PRIVATE_CIDRS": "127.0.0.0/8"])
            #expect(!well.output.contains("telephone"), "\(well.output)")
            let kept = try await huifang.database.query(
                """
                SELECT (SELECT count(*) FROM telephone_secrets), (SELECT count(*) FROM audit_events WHERE action = 'telephone.secret'),
                       (SELECT encode(secret_sealed, 'escape') FROM telephone_secrets)
                """)
            let (secrets, events, sealed) = try #require(kept.first).decode((Int, Int, String).self)
            #expect(secrets == 1 && events == 2 && !sealed.contains("whsec_"))
        }
    }
}
