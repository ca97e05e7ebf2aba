import AsyncHTTPClient
package import Foundation
import Leads
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// How a call to a vendor may go: connecting takes at most 1 s, everything 3 s, an answer has at most 64 KiB, and no
/// redirect is followed, so that a message goes where it was configured to.
package enum VendorLimits {
    package static let connect: TimeInterval = 1
    package static let total: TimeInterval = 3
    static let answer = 64 * 1024
    /// However long a vendor asks to be left alone, codes that live for five minutes wait no longer than this.
    static let longestRest: TimeInterval = 60
}

/// The HTTP client of every gateway and of webhooks.
package struct VendorClient: Sendable {
    /// What a call came to.
    enum Outcome {
        /// With an empty body when it broke off, dripped or was too long.
        case answered(status: Int, body: [UInt8], rests: TimeInterval? = nil)
        /// Nothing of the request's body was written, so nobody has it.
        case notSent(failure: String)
        /// It may have been written, and no answer came.
        case lost(failure: String)
    }

    private static let shared = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration())

    private let client: HTTPClient
    private let total: TimeInterval

    package init() {
        (self.client, self.total) = (Self.shared, VendorLimits.total)
    }

    /// A client that finds one host at one address, whatever the name service says meanwhile; to be shut down.
    init(host: String, at address: IPAddress, total: TimeInterval) {
        var configuration = Self.configuration(total: total)
        configuration.dnsOverride = [host: address.description]
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.total = total
    }

    func shutDown() async { try? await self.client.shutdown() }

    private static func configuration(total: TimeInterval = VendorLimits.total) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: .milliseconds(Int64(VendorLimits.connect * 1000)), read: .milliseconds(Int64(total * 1000))))
        configuration.httpVersion = .http1Only
        // A refused connection is told at once, and a burst of messages does not wait for a connection.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 128
        // Vendors keep idle connections longer than this: one that they closed under us would cost a code.
        configuration.connectionPool.idleTimeout = .seconds(5)
        return configuration
    }

    /// Posts a body and reads the whole answer.
    func post(_ url: String, _ headers: [(String, String)], _ body: [UInt8]) async -> Outcome {
        let passage = Passage(body: ByteBuffer(bytes: body))
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = HTTPHeaders(headers)
        request.body = .stream(passage, length: .known(Int64(body.count)))
        do {
            return try await Self.within(self.total) { [request] in
                let response = try await self.client.execute(
                    request, timeout: .milliseconds(Int64(self.total * 1000)))
                let status = Int(response.status.code)
                passage.state.withLock { $0.status = status }
                let answer = try await response.body.collect(upTo: VendorLimits.answer)
                return .answered(
                    status: status, body: Array(answer.readableBytesView), rests: Self.rests(response.headers))
            }
        } catch {
            let state = passage.state.withLock { $0 }
            if let status = state.status { return .answered(status: status, body: []) }
            let isTimeout = Self.isTimeout(error)
            if state.wasAsked { return .lost(failure: isTimeout ? "timeout" : "connection_broken") }
            return .notSent(failure: isTimeout ? "connect_timeout" : "connect_failed")
        }
    }

    /// Whether a connection to an address can be made and something there speaks HTTP.
    func canConnect(_ url: URL) async -> Bool {
        var components = URLComponents(url: url, resolvingAgainstBaseURL: false)
        components?.query = nil
        var request = HTTPClientRequest(url: components?.string ?? url.absoluteString)
        request.method = .HEAD
        return (try? await self.client.execute(request, timeout: .seconds(5))) != nil
    }

    /// The client's own deadline ends with the answer's head; this one covers a dripping body too.
    private static func within(
        _ seconds: TimeInterval, _ body: @escaping @Sendable () async throws -> Outcome
    ) async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let outcome = try await group.next() else { throw CancellationError() }
            return outcome
        }
    }

    /// How long somebody who throttles asks to be left alone, in seconds: `Retry-After`, or Aliyun's own header in milliseconds.
    private static func rests(_ headers: HTTPHeaders) -> TimeInterval? {
        let seconds = headers.first(name: "retry-after").flatMap { Int($0) }.map { TimeInterval($0) }
        let milliseconds = headers.first(name: "x-acs-retry-after").flatMap { Int($0) }.map { TimeInterval($0) / 1000 }
        return [seconds, milliseconds].compactMap { $0 }.filter { $0 > 0 }.max().map {
            min($0, VendorLimits.longestRest)
        }
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        guard let error = error as? HTTPClientError else { return false }
        return [.connectTimeout, .deadlineExceeded, .readTimeout].contains(error)
    }
}

/// The body of a call, which knows whether the client came for it, before which nothing of it can be on the wire, and
/// which status was answered.
private final class Passage: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    private let body: ByteBuffer
    let state = Mutex<(wasAsked: Bool, status: Int?)>((false, nil))

    init(body: ByteBuffer) {
        self.body = body
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var passage: Passage?

        mutating func next() async -> ByteBuffer? {
            guard let passage else { return nil }
            passage.state.withLock { $0.wasAsked = true }
            self.passage = nil
            return passage.body
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(passage: self) }
}

extension VendorClient.Outcome {
    /// What a call without a readable answer means for a message.
    ///
    /// - Parameter read: reads the vendor's answer; nil when it is none.
    func sending(_ read: (_ status: Int, _ body: JSONValue) -> SendOutcome?) -> SendOutcome {
        switch self {
        case .notSent(let failure): return .refused(failure: failure, as: .transient)
        case .lost(let failure): return .unknown(failure: failure)
        case .answered(let status, let body, let rests):
            if let json = try? StrictJSON.read(body), let outcome = read(status, json) {
                guard case .refused(let failure, .accountThrottled, _) = outcome else { return outcome }
                return .refused(failure: failure, as: .accountThrottled, rests: rests)
            }
            let failure = "status_\(status)"
            switch status {
            case 429: return .refused(failure: failure, as: .accountThrottled, rests: rests)
            // Somebody before the vendor refused it; 408 says that it was read in part.
            case 400..<500 where status != 408: return .refused(failure: failure)
            case 500...: return .unknown(failure: failure, isFault: true)
            default: return .unknown(failure: (200..<300).contains(status) ? "unreadable_answer" : failure)
            }
        }
    }
}

extension JSONValue {
    /// A member of an object.
    subscript(member name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var asText: String? { if case .string(let text) = self { text } else { nil } }
    var asList: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

    /// A whole number, given as one or as its text.
    var asWhole: Int? {
        switch self {
        case .number(let number): Int(number.description)
        case .string(let text): Int(text)
        default: nil
        }
    }
}
