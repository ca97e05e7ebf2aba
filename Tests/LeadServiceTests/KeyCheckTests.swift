import Foundation
import LeadService
import Leads
import Logging
import NIOCore
import Postgres
import TestDatabase
import Testing

/// The database knows the keys it was used with.
@Suite struct KeyCheckTests {
    private static func line(_ number: Int, _ byte: UInt8) -> String {
        "\(number):" + Data(repeating: byte, count: 32).base64EncodedString() + "\n"
    }

    private static func numbers(_ service: TestService) async throws -> String? {
        try await service.column("SELECT string_agg(number::text, ' ' ORDER BY number) FROM key_checks")
    }

    /// What a process with this key file is told when it starts.
    private static func refusal(_ keyText: String, _ service: TestService) async throws -> KeyCheck.Refusal? {
        do {
            try await service.beside(keyText: keyText) { _ in }
            return nil
        } catch let refusal as KeyCheck.Refusal {
            let keys = try KeyRing(text: keyText)
            let seen = try await KeyCheck(database: service.services.database, keys: keys).refusal()
            #expect(seen == refusal)
            return refusal
        }
    }

    @Test func `the same file is taken again, with a further line or without one`() async throws {
        try await withService { service in
            let first = try await Self.numbers(service)
            #expect(first == "1")
            #expect(try await Self.refusal(service.keyText, service) == nil)
            #expect(try await Self.refusal(service.keyText + Self.line(3, 3), service) == nil)
            #expect(try await Self.refusal(service.keyText + Self.line(2, 2) + Self.line(3, 3), service) == nil)
            let all = try await Self.numbers(service)
            #expect(all == "1 2 3")
        }
    }

    @Test func `another key, a line that is gone and a number below the first are refused, and nothing is written`()
        async throws
    {
        try await withService { service in
            let two = service.keyText.replacing("1:", with: "3:", maxReplacements: 1)
            try await service.database.script("DELETE FROM key_checks")
            #expect(try await Self.refusal(two + Self.line(4, 4), service) == nil)
            let before = try await service.contents()
            #expect(try await Self.refusal(Self.line(3, 9) + Self.line(4, 4), service) == .replaced(3))
            #expect(try await Self.refusal(two + Self.line(4, 9), service) == .replaced(4))
            #expect(try await Self.refusal(two, service) == .missing(4))
            #expect(try await Self.refusal(Self.line(1, 4), service) == .missing(3))
            #expect(try await Self.refusal(Self.line(2, 2) + two + Self.line(4, 4), service) == .misnumbered(2))
            #expect(try await service.contents() == before)
        }
    }

    @Test func `a database that was used before it remembered keys knows its own`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.database.script("DELETE FROM key_checks")
            #expect(try await Self.refusal(Self.line(1, 9), service) == .foreign)
            #expect(try await service.count("SELECT count(*) FROM key_checks") == 0)
            #expect(try await Self.refusal(service.keyText + Self.line(2, 2), service) == nil)
            #expect(try await service.count("SELECT count(*) FROM key_checks") == 2)
        }
    }

    @Test func `of processes that start at once with different files one kind goes on`() async throws {
        try await withService { service in
            try await service.database.script("DELETE FROM key_checks")
            let files = (1...4).map { Self.line($0 % 2 + 1, UInt8($0)) } + [Self.line(1, 2)]
            let ends = try await withThrowingTaskGroup(of: Bool.self) { group in
                for file in files {
                    let check = KeyCheck(database: service.services.database, keys: try KeyRing(text: file))
                    let now = service.clock.now
                    group.addTask {
                        do {
                            try await check.remember(at: now)
                            return true
                        } catch is KeyCheck.Refusal {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Two of the files are the same.
            #expect((1...2).contains(ends.count { $0 }), "\(ends)")
            #expect(try await service.count("SELECT count(*) FROM key_checks") == 1)
        }
    }

    @Test func `what is stored comes with a backup and is never changed`() async throws {
        try await withService { service in
            let mac = try #require(try await service.column("SELECT encode(mac, 'hex') FROM key_checks"))
            let master = try #require(Data(base64Encoded: String(service.keyText.dropFirst(2).dropLast())))
            #expect(mac != Hex.text(master) && mac.count == 64)
            for role in ["huifang_app", "huifang_reader"] {
                let may = try await service.column(
                    """
                    SELECT concat_ws(' ', has_table_privilege(\(role), 'key_checks', 'SELECT'),
                                     has_table_privilege(\(role), 'key_checks', 'UPDATE, DELETE, TRUNCATE'))
                    """)
                #expect(may == "t f", "\(role)")
            }
        }
    }

    @Test func `a process that found the database late ends with other keys`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            let migrator = try SchemaSetup.migrator()
            let check = KeyCheck(
                database: service.services.database, keys: try KeyRing(text: Self.line(1, 9)))
            let worker = PreparationWorker(
                migrator: migrator, database: service.services.database,
                readiness: Readiness(database: service.services.database, migrator: migrator),
                logger: service.dependencies.logger
            ) { try await check.remember(at: service.clock.now) }
            await #expect(throws: KeyCheck.Refusal.replaced(1)) { try await worker.run() }
            #expect(service.logs.lines.contains { $0.contains("keys refused") })
        }
    }

    @Test func `every command that needs the keys refuses other ones and says what to do`() async throws {
        try await Executable.withInstallation { huifang in
            try #require(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            let file = huifang.folder.appendingPathComponent("keys")
            let right = try String(contentsOf: file, encoding: .utf8)
            func write(_ text: String) throws {
                try Data(text.utf8).write(to: file)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            }
            try write(Self.line(1, 9))
            for arguments in [
                ["serve"], ["staff", "add", "wang", "--role", "adviser"], ["export", "--format", "csv"],
                ["audit", "verify"], ["retention"],
            ] {
                let refused = try await huifang.start(arguments).end()
                #expect(refused.code == 78 && refused.output == "", "\(arguments): \(refused.code) \(refused.errors)")
                #expect(
                    refused.errors.contains("key 1 of the key file is not the key 1")
                        && refused.errors.contains("restore the key file from its backup"), "\(refused.errors)")
            }
            let doctor = try await huifang.run("doctor")
            #expect(
                doctor.code == 78 && doctor.output.contains("keys: key 1 of the key file is not"), "\(doctor.output)")
            let fsck = try await huifang.run("fsck")
            #expect(fsck.code == 1 && fsck.output.hasPrefix("I7 other_keys: key 1 of"), "\(fsck.output)")
            try write(right)
            #expect(try await huifang.run("audit", "verify").code == 0)
            #expect(try await huifang.run("fsck").code == 0)
            try FileManager.default.removeItem(at: file)
            let without = try await huifang.run("fsck")
            #expect(without.code == 0 && without.output.hasSuffix("nothing sealed was opened"), "\(without.output)")
        }
    }
}
