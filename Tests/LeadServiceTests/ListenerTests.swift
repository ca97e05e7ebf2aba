import Foundation
import LeadService
import NIOCore
import NIOPosix
import Testing

@Suite struct ListenerTests {
    private static let post =
        "POST /api/v1/assessments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    @Test func `what is not HTTP, too long or too slow gets one answer and the end of the connection`() async throws {
        try await Executable.withInstallation { huifang in
            let serve = try huifang.start(["serve", "--roles", "http"])
            let port = try #require(await serve.port(after: "Form"))
            let cases: [(name: String, bytes: String, status: Int)] = [
                ("bad chunk", Self.post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", 400),
                ("huge chunk", Self.post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n", 400),
                (
                    "length and chunks", Self.post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    400
                ),
                ("chunk with a sign", Self.post + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", 400),
                (
                    "chunk longer than it said", Self.post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n",
                    400
                ),
                (
                    "no JSON in chunks",
                    Self.post + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n{\r\n0\r\n\r\n",
                    400
                ),
                (
                    "too much in chunks",
                    Self.post + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + String(repeating: "4000\r\n\(String(repeating: " ", count: 0x4000))\r\n", count: 5)
                        + "0\r\n\r\n", 413
                ),
                ("half a chunk", Self.post + "Transfer-Encoding: chunked\r\n\r\n5\r\n{", 408),
                ("two lengths", Self.post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400),
                ("negative length", Self.post + "Content-Length: -5\r\n\r\nhello", 400),
                ("no host", "GET / HTTP/1.1\r\n\r\n", 400),
                ("two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere\r\n\r\n", 400),
                ("foreign host", "GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n", 421),
                (
                    "foreign host in the target",
                    "GET http://elsewhere.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 421
                ),
                (
                    "our host before a foreign one",
                    "GET http://localhost@elsewhere.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                    421
                ),
                ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", 400),
                (
                    "long header",
                    "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \(String(repeating: "a", count: 70_000))\r\n\r\n", 431
                ),
                (
                    "many headers",
                    "GET / HTTP/1.1\r\nHost: localhost\r\n"
                        + String(repeating: "X-A: \(String(repeating: "a", count: 900))\r\n", count: 80), 431
                ),
                ("endless target", "GET /" + String(repeating: "a", count: 200_000), 431),
                (
                    "500 MB to import",
                    "POST /api/v1/import-files HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 500000000\r\n\r\nx",
                    413
                ),
                ("slow header", "GET / HTTP/1.1\r\nHost: localhost\r\nX", 408),
                ("slow body", Self.post + "Content-Length: 1000\r\n\r\n{", 408),
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for each in cases {
                    group.addTask {
                        let answer = try await Self.exchange(each.bytes, port: port)
                        #expect(answer.hasPrefix("HTTP/1.1 \(each.status) "), "\(each.name): \(answer.prefix(200))")
                        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(each.name)")
                        #expect(answer.contains("application/problem+json"), "\(each.name)")
                    }
                }
                group.addTask {
                    // A byte now and then keeps the framework's own timer from ever firing.
                    let answer = try await Self.exchange(
                        Self.post + "Content-Length: 1000\r\n\r\n{", port: port, dripping: " ")
                    #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer.prefix(200))")
                }
                group.addTask {
                    let early = "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
                    let answer = try await Self.exchange(early, port: port)
                    #expect(answer.hasPrefix("HTTP/1.1 404 "))
                    #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "answered twice")
                }
                try await group.waitForAll()
            }
            for target in ["/api/v1/assessment-rules", "http://localhost:\(port)/api/v1/assessment-rules"] {
                let well = try await Self.exchange(
                    "GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", port: port)
                #expect(well.hasPrefix("HTTP/1.1 200 "), "\(target)")
            }
            let stored = try await huifang.database.query("SELECT 1 FROM assessments")
            #expect(stored.isEmpty)
            serve.terminate()
            #expect(await serve.end().code == 0)
        }
    }

    @Test func `a request that is under way when SIGTERM comes is answered`() async throws {
        try await Executable.withInstallation { huifang in
            let serve = try huifang.start(["serve"])
            let port = try #require(await serve.port(after: "Form"))
            let channel = try await Self.connect(port)
            let answer = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: Self.post + "Content-Length: 2\r\nExpect: x\r\n\r\n{"))
                // The server has the connection for sure once it answered on another one.
                _ = try await Self.exchange(
                    "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", port: port)
                serve.terminate()
                try await outbound.write(ByteBuffer(string: "}"))
                return try await Self.read(inbound)
            }
            #expect(answer.hasPrefix("HTTP/1.1 422 "), "\(answer.prefix(200))")
            #expect(await serve.end().code == 0)
        }
    }

    private static func connect(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(
                host: "127.0.0.1", port: port,
                channelInitializer: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                })
    }

    /// Sends bytes and returns everything until the other side closes.
    private static func exchange(_ bytes: String, port: Int, dripping drop: String? = nil) async throws -> String {
        let channel = try await Self.connect(port)
        return try await channel.executeThenClose { inbound, outbound in
            try? await outbound.write(ByteBuffer(string: bytes))
            guard let drop else { return try await Self.read(inbound) }
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    for await _ in AsyncTimerSequence(every: .milliseconds(500)) {
                        guard (try? await outbound.write(ByteBuffer(string: drop))) != nil else { break }
                    }
                    return nil
                }
                group.addTask { try await Self.read(inbound) }
                defer { group.cancelAll() }
                while let answer = try await group.next() { if let answer { return answer } }
                return ""
            }
        }
    }

    /// A reset after the answer is an end like any other.
    private static func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws -> String {
        var answer = ""
        do {
            for try await buffer in inbound { answer += String(buffer: buffer) }
        } catch is IOError {}
        return answer
    }
}
