import Foundation
import LeadService
import Leads
import Testing

/// The audit's ends in a second place: what the database alone can no longer tell.
@Suite struct AuditAnchorTests {
    private static func withFile(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("anchors-\(UUID().text).ndjson").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private static func verify(_ service: TestService, _ path: String? = nil) async throws -> AuditChain.Break? {
        let kept = try path.map { try AuditAnchorFile(path: $0, keys: service.keys).read().map(\.anchor) }
        return try await AuditChain(database: service.services.database, keys: service.keys)
            .verify(anchors: kept ?? []).firstBreak
    }

    private static let state = ["audit_events", "audit_links", "audit_head", "audit_details", "submit_keys"]

    /// Puts the audit back to what it was, as an older backup would, with everything that the chain itself can check.
    private static func save(_ service: TestService) async throws {
        for table in Self.state {
            try await service.database.script("CREATE TABLE saved_\(table) AS SELECT * FROM \(table)")
        }
    }

    private static func restore(_ service: TestService) async throws {
        try await service.database.script(
            "SET session_replication_role = replica; "
                + Self.state.map { "DELETE FROM \($0); INSERT INTO \($0) SELECT * FROM saved_\($0);" }.joined())
    }

    @Test func `an end is written once an hour, and only when it moved`() async throws {
        try await Self.withFile { path in
            try await withService(["AUDIT_ANCHORS": path]) { service in
                let (chain, anchors) = (service.services.auditChain, service.services.auditAnchors)
                #expect(try await !anchors.runOnce())
                for (minutes, isSubmitted, isWritten) in [
                    (0.0, true, true), (59, true, false), (1, false, true), (61, false, false), (0, true, true),
                ] {
                    service.clock.advance(by: minutes * 60)
                    if isSubmitted { try await service.submit(phone: "1380000000\(Int(minutes) % 7)") }
                    try await chain.runOnce()
                    #expect(try await anchors.runOnce() == isWritten, "\(minutes)")
                }
                let kept = try AuditAnchorFile(path: path, keys: service.keys).read()
                #expect(kept.count == 3 && kept.map(\.anchor.position) == kept.map(\.anchor.position).sorted())
                #expect(try await Self.verify(service, path) == nil)
            }
        }
    }

    @Test func `an older database in the place of this one holds by itself, and not beside the anchors`() async throws {
        try await Self.withFile { path in
            try await withService(["AUDIT_ANCHORS": path]) { service in
                try await service.submit(phone: "13800000001")
                try await service.services.auditChain.runOnce()
                try await Self.save(service)
                try await service.submit(phone: "13800000002")
                try await service.services.auditChain.runOnce()
                #expect(try await service.services.auditAnchors.runOnce())
                try await Self.restore(service)
                #expect(try await Self.verify(service) == nil)
                #expect(try await Self.verify(service, path)?.reason == .anchorBeyond)
                // And grown again by other events, past where it was.
                for number in 3...5 { try await service.submit(phone: "1380000000\(number)") }
                try await service.services.auditChain.runOnce()
                #expect(try await Self.verify(service) == nil)
                let found = try await Self.verify(service, path)
                #expect(found?.reason == .anchorDiffers && found?.position == 2)
            }
        }
    }

    @Test func `a line of another hand is refused, one that broke off is left out and replaced`() async throws {
        try await Self.withFile { path in
            try await withService(["AUDIT_ANCHORS": path]) { service in
                try await service.submit(phone: "13800000001")
                try await service.services.auditChain.runOnce()
                try await service.services.auditAnchors.runOnce()
                let line = try String(contentsOfFile: path, encoding: .utf8)
                try (line + #"{"at":"2026-11"#).write(toFile: path, atomically: false, encoding: .utf8)
                let file = AuditAnchorFile(path: path, keys: service.keys)
                #expect(try file.read().count == 1)
                service.clock.advance(by: 3601)
                try await service.submit(phone: "13800000002")
                try await service.services.auditChain.runOnce()
                #expect(try await service.services.auditAnchors.runOnce())
                #expect(try file.read().count == 2)
                let forged = try String(contentsOfFile: path, encoding: .utf8)
                    .replacing(#""position":1"#, with: #""position":2"#)
                try forged.write(toFile: path, atomically: false, encoding: .utf8)
                let refusal = #expect(throws: AuditAnchorFile.Forged.self) { try file.read() }
                #expect(refusal?.line == 1)
            }
        }
    }

    @Test func `processes that write at once leave whole lines`() async throws {
        try await Self.withFile { path in
            try await withService(["AUDIT_ANCHORS": path]) { service in
                try await service.submit(phone: "13800000001")
                try await service.services.auditChain.runOnce()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<16 {
                        let worker = AuditAnchorWorker(
                            database: service.services.database, dependencies: service.dependencies, path: path)
                        group.addTask { try await worker.runOnce() }
                    }
                    try await group.waitForAll()
                }
                let kept = try AuditAnchorFile(path: path, keys: service.keys).read()
                #expect(!kept.isEmpty && kept.allSatisfy { $0.anchor.position == 1 })
                #expect(try await Self.verify(service, path) == nil)
            }
        }
    }

    @Test func `a place that cannot be written to fails the round, and the service goes on`() async throws {
        try await withService(["AUDIT_ANCHORS": "/nowhere/anchors"]) { service in
            try await service.submit(phone: "13800000001")
            try await service.services.auditChain.runOnce()
            await #expect(throws: (any Error).self) { try await service.services.auditAnchors.runOnce() }
            try await service.submit(phone: "13800000002")
        }
    }

    @Test func `the page shows the end, and what somebody wrote down is compared`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.services.auditChain.runOnce()
            let boss = try await service.colleague("chen", .administrator)
            let page = try await service.call(.get, "/staff/audit", token: boss.token, headers: [.accept: "text/html"])
            let noted = try #require(page.text.firstMatch(of: /链尾 <code>([0-9]+:[0-9a-f]{16})</)?.1)
            let anchor = try #require(AuditAnchor(noted: String(noted)))
            let chain = AuditChain(database: service.services.database, keys: service.keys)
            #expect(try await chain.verify(anchors: [anchor]).firstBreak == nil)
            let other = AuditAnchor(position: anchor.position, hash: anchor.hash.map { ~$0 })
            #expect(try await chain.verify(anchors: [other]).firstBreak?.reason == .anchorDiffers)
            for text in ["", "1", "1:", "0:9f3c01d2", "1:9f3c01", "1:9f3c01dg", "1:9f3c01d2a", "x:9f3c01d2"] {
                #expect(AuditAnchor(noted: text) == nil, "\(text)")
            }
        }
    }

    @Test func `the command compares with the file and with what was written down`() async throws {
        try await Executable.withInstallation { huifang in
            #expect(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            #expect(try await huifang.run("audit", "verify", "--noted", "9:9f3c01d2").code == 1)
            let wrong = try await huifang.run("audit", "verify", "--noted", "nine")
            #expect(wrong.code == 64 && wrong.errors.contains("no end of the chain"))
        }
    }
}
