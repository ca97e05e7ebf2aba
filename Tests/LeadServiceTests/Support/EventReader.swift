import AsyncHTTPClient
import Foundation
import Hummingbird
import LeadService
import Leads
import Logging
import NIOCore
import Testing

/// One server-sent event, or a comment line.
struct ReceivedEvent: Sendable {
    var id = ""
    var name = ""
    var data = ""
    var isComment = false

    var json: JSONValue { (try? StrictJSON.read(Array(self.data.utf8))) ?? .null }
    subscript(member: String) -> JSONValue { self.json[member] }
    /// The ids of the tasks it names.
    var changed: [String] { self["changed"].array.map(\.["id"].string) }
    func task(_ id: UUID) -> JSONValue { self["changed"].array.first { $0["id"].string == id.text } ?? .null }
}

/// An open stream of events, read one by one, by one task at a time.
final class EventReader: @unchecked Sendable {
    let status: Int
    let headers: [(String, String)]
    private var body: HTTPClientResponse.Body.AsyncIterator
    private var rest = ""

    /// It ended although an event was waited for.
    struct Ended: Error {}

    init(
        port: Int, token: String, after lastID: String? = nil
    ) async throws {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/api/v1/events")
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        if let lastID { request.headers.add(name: "last-event-id", value: lastID) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        self.status = Int(response.status.code)
        self.headers = response.headers.map { ($0.name.lowercased(), $0.value) }
        self.body = response.body.makeAsyncIterator()
    }

    func header(_ name: String) -> String? { self.headers.first { $0.0 == name }?.1 }

    /// Waits for the first words, which come once the stream is open.
    func greeted() async throws {
        while !self.rest.contains("\n\n") {
            guard let more = try await self.body.next() else { throw Ended() }
            self.rest += String(buffer: more)
        }
        #expect(self.rest.hasPrefix("retry: 3000\n\n"))
    }

    /// The next event or comment; nil at the end.
    func next() async throws -> ReceivedEvent? {
        while true {
            if let end = self.rest.range(of: "\n\n") {
                let block = self.rest[..<end.lowerBound]
                self.rest = String(self.rest[end.upperBound...])
                var event = ReceivedEvent()
                for line in block.split(separator: "\n", omittingEmptySubsequences: false) {
                    if line.hasPrefix(":") { event.isComment = true }
                    if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                    if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
                }
                // `retry` alone is for the browser.
                if event.isComment || !event.name.isEmpty { return event }
                continue
            }
            guard let more = try await self.body.next() else { return nil }
            self.rest += String(buffer: more)
        }
    }

    /// Reads on to the next event of a name that is as wanted.
    func next(
        _ name: String, where isWanted: @Sendable (ReceivedEvent) -> Bool = { _ in true }
    ) async throws -> ReceivedEvent {
        while let event = try await self.next() {
            if event.name == name, isWanted(event) { return event }
        }
        throw Ended()
    }

    /// Whether it ends, whatever still comes before.
    func ends() async throws -> Bool {
        while try await self.next() != nil {}
        return true
    }
}

extension TestService {
    /// Serves on a real port, because what does not end cannot be asked for otherwise.
    ///
    /// - Parameter looks: whether the watch looks by itself; else tests call `runOnce()`.
    func listening(looks: Bool = false, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let server = Application(
            router: self.services.router.build(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            services: looks ? [self.services.queueWatch] : [],
            onServerRunning: { found.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test", factory: { _ in RecordingLogHandler(recorder: self.logs) }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                for await port in ports {
                    try await body(port)
                    return
                }
            }
            _ = try await group.next()
            group.cancelAll()
        }
    }

    /// Opens a stream.
    func watching(_ port: Int, _ colleague: Colleague, after lastID: String? = nil) async throws -> EventReader {
        let reader = try await EventReader(port: port, token: colleague.token, after: lastID)
        try #require(reader.status == 200)
        try await reader.greeted()
        return reader
    }
}
