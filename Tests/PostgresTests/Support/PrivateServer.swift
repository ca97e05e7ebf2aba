import Foundation
import Glibc
import Testing

/// A cluster of a test's own, which the test may stop, crash and start again.
final class PrivateServer: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String
    var conninfo: String { "host=\(self.folder) port=5432 user=postgres dbname=postgres" }

    private init(folder: String) {
        self.folder = folder
    }

    /// Makes and starts a cluster for as long as `body` takes.
    static func run<Result>(
        settings: [String] = [], _ body: (PrivateServer) async throws -> Result
    ) async throws -> Result {
        var template = Array("/tmp/hfXXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed(description: "mkdtemp failed") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let server = PrivateServer(folder: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if getuid() == 0 {
            try await server.execute(["/bin/chown", "postgres:postgres", folder], asOwner: false)
            chmod(folder, 0o755)
        }
        try await server.execute([
            server.program("initdb"), "-D", "\(folder)/data", "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E",
            "UTF8", "--no-sync",
        ])
        let lines =
            ["listen_addresses = ''", "unix_socket_directories = '\(folder)'", "fsync = off", "autovacuum = off"]
            + settings
        try await server.execute(
            ["/bin/sh", "-c", "printf '%s\\n' \"$@\" >> \(folder)/data/postgresql.conf", "sh"] + lines)
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

    func start() async throws {
        try await self.execute([
            self.program("pg_ctl"), "-D", "\(self.folder)/data", "-l", "\(self.folder)/log", "-w", "start",
        ])
    }

    func stop(mode: String = "fast") async throws {
        try await self.execute([self.program("pg_ctl"), "-D", "\(self.folder)/data", "-m", mode, "-w", "stop"])
    }

    private func program(_ name: String) -> String {
        let folders =
            ["/usr/lib/postgresql/15/bin"]
            + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? name
    }

    /// PostgreSQL refuses to run as root, so root becomes the account that the Debian package makes.
    private func execute(_ command: [String], asOwner: Bool = true) async throws {
        let prefix =
            asOwner && getuid() == 0
            ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : []
        let arguments = prefix + command
        let status: Int32 = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.spawn(arguments)) }
        }
        guard status == 0 else {
            let log = (try? String(contentsOfFile: "\(self.folder)/log", encoding: .utf8)) ?? ""
            throw Failed(description: "\(command.prefix(2)) ended with \(status): \(log.suffix(500))")
        }
    }

    /// Foundation's `Process` would wait for the postmaster too, because that inherits a socket of it.
    ///
    /// The shell closes what the test has open, so that a postmaster keeps no socket of a proxy alive.
    private static func spawn(_ arguments: [String]) -> Int32 {
        let script =
            "cd /; for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ $fd -le 2 ] || eval \"exec $fd>&-\"; done; exec \"$@\""
        let pointers = (["/bin/bash", "-c", script, "bash"] + arguments).map { strdup($0) } + [nil]
        defer {
            for pointer in pointers {
                free(pointer)
            }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, "/bin/bash", &actions, nil, pointers, environ)
        guard failure == 0 else { return failure }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
