import Foundation
import NIOCore
import Postgres
import Testing

@Suite("Pipelines and COPY")
struct BulkTests {
    private struct Enough: Error {}

    @Test func `a pipeline returns the results in their order and prepares once`() async throws {
        try await withTestConnection { connection async throws in
            for _ in 1...3 {
                let results = try await connection.pipeline(logger: logger) { pipeline in
                    pipeline.query("CREATE TEMP TABLE IF NOT EXISTS t (n bigint)")
                    for number in 1...3 {
                        pipeline.query("SELECT \(number), \("x")")
                    }
                    pipeline.query("INSERT INTO t VALUES (\(1)) RETURNING n")
                }
                #expect(results.count == 5)
                var numbers: [Int] = []
                for result in results.dropFirst() {
                    numbers.append(try #require(try await result.collect().first).decode(Int.self))
                }
                #expect(numbers == [1, 2, 3, 1])
            }
            #expect(
                try await connection.one(
                    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1, $2'", as: Int.self)
                    == 1)
            #expect(try await connection.pipeline(logger: logger) { _ in }.isEmpty)
        }
    }

    @Test func `a pipeline is one transaction, and its first failure is what is thrown`() async throws {
        try await withTestConnection { connection async throws in
            try await connection.query("CREATE TEMP TABLE t (n bigint)", logger: logger)
            let line = #line + 2
            func run() async throws {
                _ = try await connection.pipeline(logger: logger) {
                    $0.query("INSERT INTO t VALUES (\(1))")
                    $0.query("SELECT 1/\(0)")
                    $0.query("SELECT nothing")
                }
            }
            let error = try await #require(throws: PSQLError.self) { try await run() }
            #expect(error.serverInfo?[.sqlState] == "22012" && error.line == line)
            #expect(!connection.isClosed)
            #expect(try await connection.one("SELECT count(*) FROM t", as: Int.self) == 0)
            #expect(try await connection.pipeline(logger: logger) { $0.query("SELECT 1/\(1)") }.count == 1)
        }
    }

    @Test
    func `a pipeline works without prepared statements, inside a transaction and with much data in both directions`()
        async throws
    {
        try await withTestConnection {
            $0.extras.preparedStatements = false
        } _: { connection async throws in
            let text = String(repeating: "中", count: 200_000)
            let results = try await connection.withTransaction(logger: logger) { connection in
                try await connection.pipeline(logger: logger) { pipeline in
                    for _ in 1...40 {
                        pipeline.query("SELECT \(text)")
                    }
                }
            }
            for result in results {
                #expect(try #require(try await result.collect().first).decode(String.self) == text)
            }
        }
    }

    @Test func `COPY out arrives whole, in chunks of 64 KiB that end with a row`() async throws {
        try await withTestConnection { connection async throws in
            let (bytes, chunks) = try await connection.copyTo(
                "COPY (SELECT n, 'x' FROM generate_series(1, 100000) n) TO STDOUT", logger: logger
            ) { sequence in
                var all = ByteBuffer()
                var sizes: [Int] = []
                for try await var chunk in sequence {
                    #expect(chunk.readableBytesView.last == UInt8(ascii: "\n"))
                    sizes.append(chunk.readableBytes)
                    all.writeBuffer(&chunk)
                }
                return (all, sizes)
            }
            #expect(String(buffer: bytes) == (1...100_000).map { "\($0)\tx\n" }.joined())
            #expect(chunks.dropLast().allSatisfy { (65_536..<131_072).contains($0) })
            #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
        }
    }

    @Test func `a COPY out that is left early or fails gives the connection up or goes on`() async throws {
        try await withTestConnection { connection async throws in
            await #expect(throws: Enough.self) {
                try await connection.copyTo("COPY (SELECT generate_series(1, 100000000)) TO STDOUT", logger: logger) {
                    sequence in
                    for try await _ in sequence { throw Enough() }
                }
            }
            #expect(connection.isClosed)
        }
        try await withTestConnection { connection async throws in
            let refused = try await #require(throws: PSQLError.self) {
                try await connection.copyTo("COPY nothing TO STDOUT", logger: logger) { _ in }
            }
            #expect(refused.serverInfo?[.sqlState] == "42P01")
            #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
            let late = try await #require(throws: PSQLError.self) {
                try await connection.copyTo(
                    "COPY (SELECT 1/(50000 - n) FROM generate_series(1, 100000) n) TO STDOUT", logger: logger
                ) { sequence in
                    for try await _ in sequence {}
                }
            }
            #expect(late.serverInfo?[.sqlState] == "22012")
            #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
        }
    }

    @Test func `COPY in stores what is written, and nothing if the writer or the server refuses`() async throws {
        try await withTestConnection { connection async throws in
            try await connection.query("CREATE TEMP TABLE \"odd \"\" name\" (n bigint, t text)", logger: logger)
            func count() async throws -> Int {
                try await connection.one("SELECT count(*) FROM \"odd \"\" name\"", as: Int.self)
            }
            try await connection.copyFrom(table: "odd \" name", columns: ["n", "t"], logger: logger) { writer in
                for start in stride(from: 0, to: 100_000, by: 1000) {
                    try await writer.write(ByteBuffer(string: (start..<start + 1000).map { "\($0)\t深圳\n" }.joined()))
                }
            }
            #expect(try await count() == 100_000)
            await #expect(throws: Enough.self) {
                try await connection.copyFrom(table: "odd \" name", logger: logger) { writer in
                    try await writer.write(ByteBuffer(string: "1\tx\n"))
                    throw Enough()
                }
            }
            let error = try await #require(throws: PSQLError.self) {
                try await connection.copyFrom(table: "odd \" name", logger: logger) {
                    try await $0.write(ByteBuffer(string: "secret\tx\n"))
                }
            }
            #expect(error.serverInfo?[.sqlState] == "22P02")
            #expect(!String(reflecting: error).contains("secret"))
            var format = PostgresCopyFromFormat.TextOptions()
            format.delimiter = "'"
            try await connection.copyFrom(table: "odd \" name", format: .text(format), logger: logger) {
                try await $0.write(ByteBuffer(string: "7'y\n"))
            }
            #expect(try await count() == 100_001)
        }
    }

    @Test func `a failure in the middle of a COPY out is thrown where the chunks are taken`() async throws {
        try await withTestConnection { connection async throws in
            let seen = try await connection.copyTo(
                "COPY (SELECT 1/(50000 - n) FROM generate_series(1, 100000) n) TO STDOUT", logger: logger
            ) { sequence in
                await #expect(throws: PSQLError.self) { for try await _ in sequence {} }
                return true
            }
            #expect(seen)
            #expect(!connection.isClosed)
        }
    }

    @Test func `a cancelled COPY gives the connection up and stores nothing`() async throws {
        let table = "t_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        try await withTestConnection { observer async throws in
            try await observer.query("CREATE TABLE \(unescaped: table) (n bigint)", logger: logger)
            try await withTestConnection { connection async throws in
                let task = Task {
                    try await connection.copyFrom(table: table, logger: logger) { writer in
                        try await writer.write(ByteBuffer(string: "1\n"))
                        withUnsafeCurrentTask { $0?.cancel() }
                    }
                }
                let error = try await #require(throws: PSQLError.self) { try await task.value }
                #expect(error.code == .queryCancelled)
                #expect(connection.isClosed)
            }
            try await withTestConnection { connection async throws in
                let task = Task {
                    try await connection.copyTo("COPY (SELECT generate_series(1, 100000000)) TO STDOUT", logger: logger)
                    {
                        for try await _ in $0 { withUnsafeCurrentTask { $0?.cancel() } }
                    }
                }
                let error = try await #require(throws: PSQLError.self) { try await task.value }
                #expect(error.code == .queryCancelled)
                #expect(connection.isClosed)
            }
            #expect(try await observer.one("SELECT count(*) FROM \(unescaped: table)", as: Int.self) == 0)
            try await observer.query("DROP TABLE \(unescaped: table)", logger: logger)
        }
    }
}
