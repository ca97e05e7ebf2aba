import Foundation
import Postgres
import Testing

extension Sequential {
    @Suite("LISTEN")
    struct ListenTests {
        @Test func `a notification reaches those who listen, from the moment their closure is called`() async throws {
            try await withTestClient { client async throws in
                let channel = "odd \" channel \(UUID())"
                let payloads = try await client.listen(on: channel) { notifications in
                    try await client.query(
                        "SELECT pg_notify(\(channel), \("一")), pg_notify('other', 'x'), pg_notify(\(channel), \("二"))")
                    var payloads: [String] = []
                    for try await notification in notifications {
                        payloads.append(notification.payload)
                        if payloads.count == 2 { break }
                    }
                    return payloads
                }
                #expect(payloads == ["一", "二"])
            }
        }

        @Test func `a lost connection is made anew and said so by an empty notification`() async throws {
            try await withTestConnection {
                $0.extras.applicationName = "listener-\(UUID().uuidString.prefix(8))"
            } _: { connection async throws in
                let name = try await connection.one("SELECT current_setting('application_name')", as: String.self)
                let payloads = try await connection.listen(on: name) { notifications in
                    var payloads: [String] = []
                    try await withTestConnection { killer async throws in
                        try await killer.query(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(name) AND query LIKE 'LISTEN%'",
                            logger: logger)
                        for try await notification in notifications {
                            payloads.append(notification.payload)
                            if payloads.count == 2 { break }
                            try await killer.query("SELECT pg_notify(\(name), 'after')", logger: logger)
                        }
                    }
                    return payloads
                }
                #expect(payloads == ["", "after"])
            }
        }

        @Test func `leaving the closure and cancelling its task end the listening connection`() async throws {
            let name = "listener-\(UUID().uuidString.prefix(8))"
            try await withTestConnection { observer async throws in
                func listeners() async throws -> Int {
                    try await observer.one(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name)", as: Int.self)
                }
                try await withTestClient {
                    $0.extras.applicationName = name
                } _: { client async throws in
                    try await client.listen(on: name) { _ async throws in #expect(try await listeners() == 1) }
                    try await eventually { try await listeners() == 0 }
                    // Its connection is there before it listens; cancelled in between, it would throw.
                    let (begun, begin) = AsyncStream<Void>.makeStream()
                    let task = Task {
                        try await client.listen(on: name) {
                            begin.finish()
                            for try await _ in $0 {}
                        }
                    }
                    for await _ in begun {}
                    #expect(try await listeners() == 1)
                    task.cancel()
                    try await task.value
                    try await eventually { try await listeners() == 0 }
                }
            }
        }

        @Test func `listening that cannot begin is an error`() async throws {
            let client = PostgresClient(configuration: .init(conninfo: "host=/nonexistent"), backgroundLogger: logger)
            let error = try await #require(throws: PSQLError.self) { try await client.listen(on: "x") { _ in } }
            #expect(error.code == .listenFailed)
        }
    }
}
