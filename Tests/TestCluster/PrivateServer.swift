import Foundation
import Glibc

/// A cluster of a test's own, which the test may stop, crash and start again.
package final class PrivateServer: Sendable {
    package let folder: String
    package var conninfo: String { "host=\(self.folder) port=5432 user=postgres dbname=postgres" }

    private init(folder: String) {
        self.folder = folder
    }

    /// Makes and starts a cluster for as long as `body` takes.
    ///
    /// - Parameters:
    ///   - settings: lines of its `postgresql.conf`.
    ///   - prepare: puts into the folder what the settings name.
    ///   - body: uses the cluster.
    package static func run<Result>(
        settings: [String] = [], prepare: (_ folder: String) async throws -> Void = { _ in },
        _ body: (PrivateServer) async throws -> Result
    ) async throws -> Result {
        try await self.serve(settings: settings) { server in
            try await ServerAccount.execute([
                ServerAccount.program("initdb"), "-D", "\(server.folder)/data", "-U", "postgres", "-A", "trust",
                "--locale=C.UTF-8", "-E", "UTF8", "--no-sync",
            ])
            try await prepare(server.folder)
        } _: {
            try await body($0)
        }
    }

    /// Makes and starts a standby of this cluster for as long as `body` takes.
    package func withStandby<Result>(_ body: (PrivateServer) async throws -> Result) async throws -> Result {
        try await Self.serve(settings: []) { standby in
            try await ServerAccount.execute([
                ServerAccount.program("pg_basebackup"), "-D", "\(standby.folder)/data", "-h", self.folder, "-U",
                "postgres",
                "-R", "-X", "stream", "-c", "fast", "--no-sync",
            ])
        } _: {
            try await body($0)
        }
    }

    private static func serve<Result>(
        settings: [String], make: (PrivateServer) async throws -> Void, _ body: (PrivateServer) async throws -> Result
    ) async throws -> Result {
        let server = PrivateServer(folder: try await ServerAccount.makeFolder())
        defer { try? FileManager.default.removeItem(atPath: server.folder) }
        try await make(server)
        let lines =
            [
                "listen_addresses = ''", "unix_socket_directories = '\(server.folder)'", "fsync = off",
                "autovacuum = off",
            ] + settings
        try await ServerAccount.execute(
            ["/bin/sh", "-c", "printf '%s\\n' \"$@\" >> \(server.folder)/data/postgresql.conf", "sh"] + lines)
        try await server.start()
        do {
            let result = try await body(server)
            try? await server.stop(mode: "immediate")
            return result
        } catch {
            try? await server.stop(mode: "immediate")
            throw error
        }
    }

    package func start() async throws {
        let log = "\(self.folder)/log"
        try await ServerAccount.execute(
            [ServerAccount.program("pg_ctl"), "-D", "\(self.folder)/data", "-l", log, "-w", "start"], log: log)
    }

    package func stop(mode: String = "fast") async throws {
        try await ServerAccount.execute([
            ServerAccount.program("pg_ctl"), "-D", "\(self.folder)/data", "-m", mode, "-w", "stop",
        ])
    }

    /// Freezes the server while `body` runs: its processes are there, take connections, and say nothing.
    package func frozen<Result>(_ body: () async throws -> Result) async throws -> Result {
        let first = try String(contentsOfFile: "\(self.folder)/data/postmaster.pid", encoding: .utf8)
            .split(separator: "\n").first.flatMap { pid_t($0) }
        guard let postmaster = first else { throw ServerAccount.Failed(description: "postmaster.pid has no number") }
        // It first, so that it makes no more of them.
        kill(postmaster, SIGSTOP)
        let processes = try [postmaster] + Self.children(of: postmaster)
        for process in processes { kill(process, SIGSTOP) }
        defer {
            for process in processes.reversed() { kill(process, SIGCONT) }
        }
        return try await body()
    }

    private static func children(of parent: pid_t) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { process in
            // A process's name may hold spaces; after its bracket come its state and its parent.
            let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            let fields = status?.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && pid_t(fields[1]) == parent
        }
    }
}
