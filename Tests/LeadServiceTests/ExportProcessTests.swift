import Crypto
import Foundation
import LeadService
import Leads
import NIOCore
import NIOPosix
import Postgres
import Testing

/// An export out of a real process: memory, and what happens when it breaks in the middle.
@Suite struct ExportProcessTests {
    /// More leads than the sockets between server and client hold, so that an unread export stands still.
    private static let remark = String(repeating: "请在下午联系。", count: 70)
    private static let many = 9_000

    /// How many leads the memory is measured with; the default is quick.
    private static let leads =
        ProcessInfo.processInfo.environment["HUIFANG_EXPORT_LEADS"].flatMap { Int($0) } ?? 3000

    @Test func `memory stays as it is however many leads are exported`() async throws {
        try await withInstallation { installation in
            let server = try await installation.start()
            let token = try await installation.administrator(of: server)
            let keys = try KeyRing(file: installation.folder.appendingPathComponent("data/keys"))
            try await BulkLeads(keys: keys).write(0..<Self.leads / 10, to: installation.database)
            try await installation.rows("ANALYZE")
            let small = try await Self.export(from: server, token)
            // The login's hash took more for a moment than an export does.
            try server.forgetMostResident()
            let before = try server.residentMegabytes
            try await BulkLeads(keys: keys).write(Self.leads / 10..<Self.leads, to: installation.database)
            try await installation.rows("ANALYZE")
            let clock = ContinuousClock()
            let start = clock.now
            let large = try await Self.export(from: server, token)
            let seconds = start.duration(to: clock.now)
            let most = try server.mostResidentMegabytes
            print(
                "export of \(large.rows) leads: \(seconds), \(large.bytes) bytes, resident \(before) MB before, \(most) MB at most"
            )
            #expect(small.rows == Self.leads / 10 && large.rows == Self.leads)
            #expect(most - before < 16)
        }
    }

    @Test
    func `a connection to the database that is lost in the middle breaks the transfer and the record says failed`()
        async throws
    {
        try await withInstallation { installation in
            let server = try await installation.start()
            let request = try await Self.prepare(installation, server)
            let answer = try await Self.connected(to: server) { inbound, outbound in
                try await outbound.write(ByteBuffer(string: request))
                var iterator = inbound.makeAsyncIterator()
                var answer = String(buffer: try #require(try await iterator.next()))
                let isStopped = try await eventually(within: .seconds(20)) {
                    try await installation.count(
                        """
                        SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE 'FETCH%') x
                        """) == 1
                }
                #expect(isStopped)
                // A reset ends it as well as a close.
                while let buffer = try? await iterator.next() { answer += String(buffer: buffer) }
                return answer
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.lowercased().contains("x-row-count: \(Self.many)"))
            #expect(!answer.hasSuffix("\r\n0\r\n\r\n"), "the transfer ended as if it were whole")
            #expect(answer.components(separatedBy: "\r\n").count < Self.many)
            try await Self.expectFailure(installation)
        }
    }

    @Test func `a client that goes away ends the cursor`() async throws {
        try await withInstallation { installation in
            let server = try await installation.start()
            let request = try await Self.prepare(installation, server)
            try await Self.connected(to: server) { inbound, outbound in
                try await outbound.write(ByteBuffer(string: request))
                var iterator = inbound.makeAsyncIterator()
                #expect(try await iterator.next() != nil)
            }
            try await Self.expectFailure(installation)
        }
    }

    @Test func `the command writes to standard output or to a file what the audit says it wrote`() async throws {
        try await Executable.withInstallation { huifang in
            let empty = try await huifang.run("export", "--format", "ndjson")
            #expect(empty.code == 0 && empty.output == "" && empty.errors == "exported 0 leads, left out 0\n")
            let keys = try KeyRing(file: huifang.folder.appendingPathComponent("keys"))
            try await BulkLeads(keys: keys).write(0..<20, to: try huifang.database)
            let plain = ["--format", "ndjson", "--phone", "plain", "--reason", "审计", "--columns", "phone"]
            let shown = try await huifang.start(["export"] + plain).end()
            #expect(shown.code == 0 && shown.errors == "exported 20 leads, left out 0\n")
            #expect(shown.output.split(separator: "\n").count == 20 && shown.output.contains("+8613810000019"))
            let file = huifang.folder.appendingPathComponent("leads.csv")
            let filter = ["--q", "13810000007", "--state", "open", "--source", "article", "--from", "2026-11-25"]
            let written = try await huifang.start(["export", "--format", "csv", "--output", file.path] + filter).end()
            #expect(written.code == 0 && written.errors == "exported 1 leads, left out 0\n", "\(written.errors)")
            let bytes = try Data(contentsOf: file)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("138****0007") && !text.contains("欧阳晓") && !text.contains("13810000007"))
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            let rows = try await huifang.database.query(
                "SELECT detail->>'sha256' FROM audit_events WHERE action = 'export.done' ORDER BY id")
            let digests = [Data(), Data((shown.output + "\n").utf8), bytes].map { Hex.text(SHA256.hash(data: $0)) }
            #expect(try rows.map { try $0.decode(String.self) } == digests)
            let wrong = [
                ["--columns", "phone,phone"], ["--columns", "phone,"], ["--q", "13"], ["--from", "2026-02-30"],
                ["--output", "/nonexistent/leads.csv"], ["--phone", "plain", "--reason", " "], ["--phone", "full"],
                ["--reason", String(repeating: "a", count: 501)],
            ]
            for more in wrong {
                let refused = try await huifang.start(["export", "--format", "csv"] + more).end()
                #expect(
                    refused.code == 64 && refused.output == "" && !refused.errors.isEmpty, "\(more): \(refused.code)")
            }
            let recorded = try await huifang.database.query("SELECT 1 FROM export_records")
            #expect(recorded.count == 3)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `an interrupted command leaves no file and is recorded as failed`(signal: Int32) async throws {
        try await Executable.withInstallation { huifang in
            try #require(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            let keys = try KeyRing(file: huifang.folder.appendingPathComponent("keys"))
            try await BulkLeads(keys: keys).write(0..<3, to: try huifang.database)
            let file = huifang.folder.appendingPathComponent("leads.csv").path
            // The export stands still in the middle, longer than it takes to look.
            try await huifang.database.script(
                """
                CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$;
                CREATE TRIGGER linger BEFORE INSERT ON export_leads FOR EACH STATEMENT EXECUTE FUNCTION linger()
                """)
            let command = try huifang.start(["export", "--format", "csv", "--output", file])
            let waits = try await eventually(within: .seconds(60)) {
                try await huifang.database.query(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
                ).count == 1
            }
            try #require(waits, "\(command.logged)")
            #expect(FileManager.default.fileExists(atPath: file + ".part"))
            command.send(signal)
            let result = await command.end()
            #expect(result.code == 128 + signal && result.errors.hasPrefix("huifang: interrupted"), "\(result)")
            let left = try FileManager.default.contentsOfDirectory(atPath: huifang.folder.path)
            #expect(!left.contains { $0.hasPrefix("leads.csv") }, "\(left)")
            let states = try await huifang.database.query("SELECT state FROM export_records")
            #expect(try states.map { try $0.decode(String.self) } == ["failed"])
        }
    }

    @Test func `the command takes a number from standard input, and the audit names who ran it`() async throws {
        try await Executable.withInstallation { huifang in
            try #require(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            let keys = try KeyRing(file: huifang.folder.appendingPathComponent("keys"))
            try await BulkLeads(keys: keys).write(0..<3, to: try huifang.database)
            let found = try await huifang.run(
                "export", "--format", "ndjson", "--q", "-", environment: ["SUDO_USER": "chen.ying"],
                input: " 13810000002\n")
            #expect(found.code == 0 && found.errors == "exported 1 leads, left out 0\n", "\(found.errors)")
            #expect(found.output.contains("138****0002"))
            for input in ["", "\n", "  \n"] {
                let nothing = try await huifang.run("export", "--format", "ndjson", "--q", "-", input: input)
                #expect(nothing.code == 64 && nothing.output == "", "\(nothing)")
            }
            let spoiled = try await huifang.run(
                "export", "--format", "ndjson", environment: ["SUDO_USER": "138 1000\n0002"])
            #expect(spoiled.code == 0)
            let account = String(cString: try #require(getpwuid(getuid())).pointee.pw_name)
            let actors = try await huifang.database.query(
                "SELECT actor FROM audit_events WHERE action = 'export.done' ORDER BY id")
            #expect(
                try actors.map { try $0.decode(String.self) } == [
                    "huifang export (chen.ying)", "huifang export (\(account))",
                ])
            let records = try await huifang.database.query("SELECT DISTINCT actor FROM export_records")
            #expect(records.count == 2)
            #expect(try await huifang.run("export", "--help").output.contains("Others on this machine"))
        }
    }

    /// Enough leads, and the request of an export of them.
    private static func prepare(_ installation: ProcessInstallation, _ server: ServerProcess) async throws -> String {
        let token = try await installation.administrator(of: server)
        let keys = try KeyRing(file: installation.folder.appendingPathComponent("data/keys"))
        try await BulkLeads(keys: keys, remark: self.remark).write(0..<self.many, to: installation.database)
        try await installation.rows("ANALYZE")
        return "GET /api/v1/leads/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
    }

    /// The export is recorded as failed, in its record and in the audit, and nobody holds its snapshot any more.
    private static func expectFailure(_ installation: ProcessInstallation) async throws {
        let isRecorded = try await eventually(within: .seconds(20)) {
            try await installation.count(
                """
                SELECT (SELECT count(*) FROM export_records WHERE state = 'failed' AND sha256 IS NULL) * 100
                     + (SELECT count(*) FROM audit_events WHERE action = 'export.failed') * 10
                     + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                        AND query LIKE 'FETCH%' AND state <> 'idle')
                """) == 110
        }
        #expect(isRecorded)
    }

    private static func export(from server: ServerProcess, _ token: String) async throws -> (rows: Int, bytes: Int) {
        let request =
            "GET /api/v1/leads/export HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n\r\n"
        return try await self.connected(to: server) { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var (head, bytes, ends) = ("", 0, 0)
            for try await buffer in inbound {
                if head.isEmpty { head = String(buffer: buffer) }
                bytes += buffer.readableBytes
                ends += buffer.readableBytesView.count { $0 == 0x0A }
            }
            let match = try #require(head.lowercased().firstMatch(of: /x-row-count: ([0-9]+)/))
            let rows = try #require(Int(match.1))
            #expect(ends > rows)
            return (rows, bytes)
        }
    }

    private static func connected<Result>(
        to server: ServerProcess,
        _ body: (NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws ->
            Result
    ) async throws -> Result {
        let port = try #require(server.port)
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { try await body($0, $1) }
    }
}

extension ProcessInstallation {
    /// The token of a new session of `admin`.
    func administrator(of server: ServerProcess) async throws -> String {
        let answer = try await server.call(
            .post, "/api/v1/session", #"{"username":"admin","password":"\#(Self.password)"}"#)
        try #require(answer.status == 200, "\(answer.text)")
        return answer["token"].string
    }
}

extension ServerProcess {
    /// What the kernel counts as resident.
    var residentMegabytes: Int { get throws { try self.status("VmRSS") } }
    var mostResidentMegabytes: Int { get throws { try self.status("VmHWM") } }

    /// Begins `mostResidentMegabytes` anew (proc(5), clear_refs).
    func forgetMostResident() throws {
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/\(self.identifier)/clear_refs"))
    }

    private func status(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(self.identifier)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? .max) / 1024
    }
}
