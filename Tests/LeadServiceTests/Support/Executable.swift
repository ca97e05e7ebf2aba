import Foundation
import Synchronization
import TestDatabase

/// What a finished command left.
struct CommandResult: Sendable {
    var code: Int32
    var output: String
    var errors: String
}

/// The built `huifang`, run as a process of its own, on a database and in a data folder of its own.
struct Executable: Sendable {
    /// The database it finds.
    enum Provision {
        case migrated, empty, none
    }

    /// None was made for it.
    struct NoDatabase: Error {}

    let folder: URL
    private let made: TestDatabase?

    var database: TestDatabase {
        get throws {
            guard let made else { throw NoDatabase() }
            return made
        }
    }

    /// It lies beside the executable that runs the tests.
    private static let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("huifang")

    /// Runs `body` with an installation and removes it.
    static func withInstallation(
        _ provision: Provision = .migrated, _ body: @Sendable (Executable) async throws -> Void
    ) async throws {
        await Gate.shared.enter()
        do {
            try await self.provide(provision, body)
        } catch {
            await Gate.shared.leave()
            throw error
        }
        await Gate.shared.leave()
    }

    private static func provide(
        _ provision: Provision, _ body: @Sendable (Executable) async throws -> Void
    ) async throws {
        let database: TestDatabase? =
            switch provision {
            case .migrated: try await TestDatabase.make()
            case .empty: try await TestDatabase.makeEmpty()
            case .none: nil
            }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("huifang-test-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await body(Executable(folder: folder, made: database))
            try FileManager.default.removeItem(at: folder)
            try await database?.drop()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            try? await database?.drop()
            throw error
        }
    }

    /// Runs a command to its end.
    ///
    /// - Parameter environment: further variables, without the prefix.
    func run(
        _ arguments: String..., environment: [String: String] = [:], input: String = ""
    ) async throws -> CommandResult {
        try await self.start(arguments, environment: environment, input: input).end()
    }

    /// Starts a command.
    func start(_ arguments: [String], environment: [String: String] = [:], input: String = "") throws -> RunningCommand
    {
        var values = ["HUIFANG_HTTP_PORT": "0", "HUIFANG_OPS_PORT": "0"]
        values["HUIFANG_DATABASE_URL"] = self.made?.conninfo
        values["HUIFANG_DATA_DIR"] = self.folder.path
        values["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        for (name, value) in environment {
            values[name.hasPrefix("CREDENTIALS") || name == "SUDO_USER" ? name : "HUIFANG_\(name)"] = value
        }
        return try RunningCommand(Self.url, arguments, values, folder: self.folder, input: input)
    }
}

/// A command that runs; its output is read line by line.
final class RunningCommand: Sendable {
    private let process: Process
    private let lines: AsyncStream<String>
    private let errors: URL
    private let ended: AsyncStream<Int32>

    fileprivate init(
        _ url: URL, _ arguments: [String], _ environment: [String: String], folder: URL, input: String
    ) throws {
        let name = UUID().uuidString
        let (given, said) = (folder.appendingPathComponent("\(name).in"), Pipe())
        self.errors = folder.appendingPathComponent("\(name).err")
        try Data(input.utf8).write(to: given)
        try Data().write(to: self.errors)
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: given)
        process.standardOutput = said
        process.standardError = try FileHandle(forWritingTo: self.errors)
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        (self.lines, self.ended, self.process) = (lines, ended, process)
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        try process.run()
        // A thread of its own, because reading blocks.
        Thread.detachNewThread {
            var rest = ""
            while true {
                let data = said.fileHandleForReading.availableData
                guard !data.isEmpty else { break }
                rest += String(decoding: data, as: UTF8.self)
                while let newline = rest.firstIndex(of: "\n") {
                    line.yield(String(rest[..<newline]))
                    rest = String(rest[rest.index(after: newline)...])
                }
            }
            if !rest.isEmpty { line.yield(rest) }
            line.finish()
        }
    }

    /// Reads on to the first line that begins so; nil when the command ended without one.
    func line(beginning prefix: String) async -> String? {
        for await line in self.lines where line.hasPrefix(prefix) { return line }
        return nil
    }

    /// The port of the address that a line which begins so names.
    func port(after prefix: String) async -> Int? {
        guard let line = await self.line(beginning: prefix), let match = line.firstMatch(of: /:([0-9]+)\//) else {
            return nil
        }
        return Int(match.1)
    }

    func terminate() {
        self.send(SIGTERM)
    }

    func send(_ signal: Int32) {
        kill(self.process.processIdentifier, signal)
    }

    /// What it logged so far.
    var logged: String { (try? String(contentsOf: self.errors, encoding: .utf8)) ?? "" }

    /// Waits for the end; `output` is what was not read before.
    func end() async -> CommandResult {
        var output: [String] = []
        for await line in self.lines { output.append(line) }
        var code: Int32 = -1
        for await status in self.ended { code = status }
        return CommandResult(code: code, output: output.joined(separator: "\n"), errors: self.logged)
    }
}
