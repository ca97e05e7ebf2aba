import Foundation
import Glibc

/// Runs the programs of a test's own servers as the account that may: PostgreSQL and pgbouncer refuse to run as root.
package enum ServerAccount {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    /// Makes a folder that the account owns, with a short name, because a socket's path has at most 107 bytes.
    package static func makeFolder() async throws -> String {
        var template = Array("/tmp/hfXXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failed(description: "mkdtemp failed") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if getuid() == 0 {
            try await self.execute(["/bin/chown", "postgres:postgres", folder], asOwner: false)
            chmod(folder, 0o755)
        }
        return folder
    }

    /// A program of PostgreSQL, version 15 if it is there.
    package static func program(_ name: String) -> String {
        self.find(name, in: ["/usr/lib/postgresql/15/bin"]) ?? name
    }

    /// Where a program is, in the folders or on the path; nil if it is not installed.
    package static func find(_ name: String, in folders: [String] = []) -> String? {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + path).map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// A TCP port of the loopback interface that nobody listens on.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failed(description: "no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Runs a command to its end; `log` names a file to quote when it fails.
    package static func execute(_ command: [String], asOwner: Bool = true, log: String? = nil) async throws {
        let prefix =
            asOwner && getuid() == 0
            ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : []
        let arguments = prefix + command
        let status: Int32 = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.spawn(arguments)) }
        }
        guard status == 0 else {
            let text = log.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
            throw Failed(description: "\(command.prefix(2)) ended with \(status): \(text.suffix(500))")
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
