import Foundation
import Postgres
import TestDatabase

/// A socket folder in front of the test server's, which can be shut: to a process that connects through it, the server is gone.
struct DatabaseDoor: Sendable {
    private let folder: URL
    private let server: String

    struct NoSocket: Error {}

    init() throws {
        let host = try TestDatabase.serverConninfo.split(separator: " ").first { $0.hasPrefix("host=/") }
        guard let host else { throw NoSocket() }
        self.server = host.dropFirst(5) + "/.s.PGSQL.5432"
        self.folder = URL(fileURLWithPath: "/tmp/huifang-door-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        try self.open()
    }

    private var link: String { self.folder.path + "/.s.PGSQL.5432" }

    func conninfo(of database: TestDatabase) -> String {
        let others = database.conninfo.split(separator: " ").filter { !$0.hasPrefix("host=") }
        return (["host=\(self.folder.path)"] + others.map(String.init)).joined(separator: " ")
    }

    func open() throws {
        try FileManager.default.createSymbolicLink(atPath: self.link, withDestinationPath: self.server)
    }

    /// Lets nobody in and ends every connection.
    func close(_ database: TestDatabase) async throws {
        try FileManager.default.removeItem(atPath: self.link)
        try await database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    }

    func remove() {
        try? FileManager.default.removeItem(at: self.folder)
    }
}

/// A wall clock for one process that the test sets; its monotonic clock stays true.
struct FakeTime: Sendable {
    /// The library's path, where it is installed.
    static let library: String? = {
        let places = [
            "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/local/lib/faketime",
        ]
        return places.map { $0 + "/libfaketimeMT.so.1" }.first { FileManager.default.fileExists(atPath: $0) }
    }()

    private let file: URL

    init(in folder: URL) throws {
        self.file = folder.appendingPathComponent("faketime")
        try self.set("+0")
    }

    var environment: [String: String] {
        [
            "LD_PRELOAD": Self.library ?? "", "FAKETIME_TIMESTAMP_FILE": self.file.path, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
        ]
    }

    /// Sets the offset in seconds, such as `+3600`.
    func set(_ offset: String) throws {
        try Data("\(offset)\n".utf8).write(to: self.file, options: .atomic)
    }
}
