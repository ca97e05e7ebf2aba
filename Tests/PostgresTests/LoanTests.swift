import Foundation
import Glibc
import Postgres
import Testing

@Suite("The connection's thread on loan")
struct LoanTests {
    private static func thread() -> UInt { UInt(pthread_self()) }

    @Test func `a closure of no actor stays on the connection's thread, whatever it runs`() async throws {
        try await withTestClient {
            $0.options.maximumConnections = 4
        } _: { client async throws in
            let threads = try await withThrowingTaskGroup(of: UInt.self) { group in
                for number in 0..<64 {
                    group.addTask { () async throws in
                        try await client.withConnection { connection async throws in
                            let thread = Self.thread()
                            for _ in 0..<10 {
                                #expect(try await connection.one("SELECT \(number)", as: Int.self) == number)
                                await Task.yield()
                                #expect(Self.thread() == thread)
                            }
                            return thread
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(threads.count == 4)
        }
    }

    @Test func `child tasks, other connections and actors work inside`() async throws {
        actor Counter {
            var count = 0

            func count(with client: PostgresClient) async throws {
                try await client.withTransaction(logger: logger) { connection in
                    let one = try await connection.one("SELECT 1", as: Int.self)
                    self.count += one
                }
            }
        }
        try await withTestClient {
            $0.options.maximumConnections = 4
        } _: { client async throws in
            let counter = Counter()
            try await client.withConnection { outer async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask { () async throws in
                            try await counter.count(with: client)
                            #expect(try await outer.one("SELECT 2", as: Int.self) == 2)
                        }
                    }
                    try await group.waitForAll()
                }
                let sum = try await client.withConnection { inner async throws in
                    async let first = outer.one("SELECT 3", as: Int.self)
                    async let second = inner.one("SELECT 4", as: Int.self)
                    return try await first + second
                }
                #expect(sum == 7)
            }
            #expect(await counter.count == 100)
            #expect(client.statistics.leased == 0)
        }
    }
}
