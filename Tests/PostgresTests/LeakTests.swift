import Foundation
import Glibc
import Postgres
import Testing

extension Sequential {
    @Suite("Leaks")
    struct LeakTests {
        /// Resident memory in bytes.
        private static func residentMemory() throws -> Int {
            let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return try #require(Int(statm[1])) * sysconf(Int32(_SC_PAGESIZE))
        }

        private static func openDescriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }

        private static func run(_ count: Int, _ client: PostgresClient) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for number in 0..<count / 4 {
                            let rows = try await client.query("SELECT \(number), \("worker \(worker)"), now()")
                                .collect()
                            let (back, _, _) = try #require(rows.first).decode((Int, String, Date).self)
                            guard back == number else { throw CancellationError() }
                            if number % 1000 == 0 { _ = try? await client.query("SELECT 1/\(0)") }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }

        // In a process of its own, because tests that run beside it have connections, results and memory too.
        @Test func `after a hundred thousand queries connections, results and memory are as before`() async {
            await #expect(processExitsWith: .success) {
                try await withTestClient {
                    $0.options.maximumConnections = 4
                } _: { client async throws in
                    try await Self.run(4000, client)
                    let (memory, descriptors, results) = (
                        try Self.residentMemory(), try Self.openDescriptors(), ResultHandle.liveCount
                    )
                    try await Self.run(100_000, client)
                    #expect(ResultHandle.liveCount == results)
                    #expect(results == 0)
                    #expect(try Self.openDescriptors() == descriptors)
                    #expect(client.statistics == PostgresPoolStatistics(idle: 4, leased: 0, waiting: 0, total: 4))
                    let growth = try Self.residentMemory() - memory
                    #expect(growth <= 5_000_000, "resident memory grew by \(growth) bytes")
                }
            }
        }

        @Test func `threads and descriptors of closed connections are gone`() async {
            await #expect(processExitsWith: .success) {
                func threads() throws -> Int {
                    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
                }
                for _ in 1...10 { try await withTestConnection { _ in } }
                let (before, descriptors) = (try threads(), try Self.openDescriptors())
                for _ in 1...200 {
                    try await withTestConnection { connection async throws in
                        #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
                    }
                }
                // The runtime may start a few threads of its own meanwhile.
                try await eventually { try threads() <= before + 8 && Self.openDescriptors() <= descriptors + 8 }
            }
        }
    }
}
