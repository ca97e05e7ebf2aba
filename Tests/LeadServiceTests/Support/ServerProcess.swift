import AsyncHTTPClient
import Foundation
import HTTPTypes
import LeadService
import NIOCore

/// A running process of the built program, asked over HTTP as everybody else asks it.
final class ServerProcess: Sendable {
    /// What the process wrote to standard error: its log.
    let log: URL
    private let process: Process
    private let output: URL

    /// The process ended, or was not ready, before it should have been.
    struct NotReady: Error, CustomStringConvertible {
        let description: String
    }

    /// The program, beside the tests that were built with it.
    static var program: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("huifang")
    }

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Starts the program; what it writes goes to two new files in `folder`.
    init(_ arguments: [String], environment: [String: String], folder: URL) throws {
        let name = UUID().uuidString
        (self.output, self.log) = (
            folder.appendingPathComponent(name + ".out"), folder.appendingPathComponent(name + ".err")
        )
        for file in [self.output, self.log] { try Data().write(to: file) }
        self.process = Process()
        // A preloaded library that adds to its environment hides the arguments from a Swift program, so another one goes first.
        let isPreloaded = environment["LD_PRELOAD"] != nil
        self.process.executableURL = isPreloaded ? URL(fileURLWithPath: "/usr/bin/env") : Self.program
        self.process.arguments = (isPreloaded ? [Self.program.path] : []) + arguments
        self.process.environment = environment
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = try FileHandle(forWritingTo: self.output)
        self.process.standardError = try FileHandle(forWritingTo: self.log)
        try self.process.run()
    }

    var isRunning: Bool { self.process.isRunning }
    var identifier: Int32 { self.process.processIdentifier }
    /// The port of pages and API.
    var port: Int? { self.base.flatMap { URL(string: $0)?.port } }

    /// Waits until it has ended.
    ///
    /// - Returns: the exit code, or the signal as a negative number.
    @discardableResult
    func ended(within limit: Duration = .seconds(60)) async throws -> Int32 {
        guard try await eventually(within: limit, { !self.process.isRunning }) else {
            throw NotReady(description: "the process goes on")
        }
        return self.process.terminationReason == .exit
            ? self.process.terminationStatus : -self.process.terminationStatus
    }

    /// Ends it at once, as a power cut does.
    func kill() async throws {
        if self.process.isRunning { Foundation.kill(self.process.processIdentifier, SIGKILL) }
        try await self.ended()
    }

    /// Asks it to end.
    func terminate() async throws -> Int32 {
        self.process.terminate()
        return try await self.ended()
    }

    /// Waits for a green `/readyz`.
    func ready() async throws {
        let isReady = try await eventually(within: .seconds(180)) {
            if !self.process.isRunning { return true }
            guard self.base != nil, let answer = try? await self.operations("/readyz") else { return false }
            return answer.status == 200
        }
        guard isReady, self.process.isRunning else {
            let state = self.process.isRunning ? "running" : "ended with \(self.process.terminationStatus)"
            throw NotReady(
                description: "not ready, \(state): \((try? String(contentsOf: self.log, encoding: .utf8)) ?? "")")
        }
    }

    /// Where pages and API are, once they are listened on.
    private var base: String? { self.address(after: "Form ") }

    private func address(after label: String) -> String? {
        let text = (try? String(contentsOf: self.output, encoding: .utf8)) ?? ""
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(label) }),
            let start = line.range(of: "http://")
        else { return nil }
        let host = line[start.upperBound...].prefix { $0 != "/" }
        return "http://\(host)"
    }

    /// Asks the operations port.
    func operations(_ path: String) async throws -> Answer {
        guard let base = self.address(after: "Operations ") else {
            throw NotReady(description: "no operations port yet")
        }
        return try await Self.send(HTTPRequest.Method.get, base + path, body: nil, headers: [:])
    }

    /// Sends a request, its body JSON unless another type is named.
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, token: String? = nil, key: String? = nil,
        type: String = "application/json"
    ) async throws -> Answer {
        guard let base else { throw NotReady(description: "no port yet") }
        var headers: [String: String] = [:]
        if body != nil { headers["content-type"] = type }
        if let token { headers["authorization"] = "Bearer \(token)" }
        if let key { headers["idempotency-key"] = key }
        return try await Self.send(method, base + path, body: body, headers: headers)
    }

    private static func send(
        _ method: HTTPRequest.Method, _ url: String, body: String?, headers: [String: String]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method.rawValue)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await Self.client.execute(request, timeout: .seconds(120))
        var fields = HTTPFields()
        for (name, value) in response.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let text = String(buffer: try await response.body.collect(upTo: 16 * 1024 * 1024))
        return Answer(status: Int(response.status.code), headers: fields, text: text)
    }
}

/// Looks every few milliseconds whether something outside this process has come true.
func eventually(within limit: Duration, _ isTrue: () async throws -> Bool) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: limit)
    while clock.now < deadline {
        if try await isTrue() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return try await isTrue()
}
