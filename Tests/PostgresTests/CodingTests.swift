import Foundation
import NIOCore
import Postgres
import Testing

/// Sends a value, has the server name its type and print it, and reads it back.
private func roundTrip<Value: PostgresCodable & Equatable & Sendable>(
    _ value: Value, type: String, text: String, sourceLocation: SourceLocation = #_sourceLocation
) async throws where Value._DecodableType == Value {
    let (name, printed, back) = try await withTestConnection { connection async throws in
        let rows = try await connection.query(
            "SELECT pg_typeof(\(value))::text, (\(value))::text, \(value)", logger: logger
        ).collect()
        return try #require(rows.first).decode((String, String, Value).self)
    }
    #expect(name == type, sourceLocation: sourceLocation)
    #expect(printed == text, sourceLocation: sourceLocation)
    #expect(back == value, sourceLocation: sourceLocation)
}

@Suite("Encoding and decoding")
struct CodingTests {
    @Test func `booleans go to the server and back`() async throws {
        try await roundTrip(true, type: "boolean", text: "true")
        try await roundTrip(false, type: "boolean", text: "false")
    }

    @Test func `integers of every width go to the server and back, at their limits too`() async throws {
        try await roundTrip(Int16.min, type: "smallint", text: "-32768")
        try await roundTrip(Int16.max, type: "smallint", text: "32767")
        try await roundTrip(Int32.min, type: "integer", text: "-2147483648")
        try await roundTrip(Int32.max, type: "integer", text: "2147483647")
        try await roundTrip(Int64.min, type: "bigint", text: "-9223372036854775808")
        try await roundTrip(Int.max, type: "bigint", text: "9223372036854775807")
        try await roundTrip(0, type: "bigint", text: "0")
    }

    @Test func `an integer that does not fit is refused, a narrower one is widened`() async throws {
        try await withTestConnection { connection async throws in
            #expect(try await connection.one("SELECT 7::int2", as: Int.self) == 7)
            #expect(try await connection.one("SELECT 7::int8", as: Int16.self) == 7)
            let error = try await #require(throws: PostgresDecodingError.self) {
                try await connection.one("SELECT 40000 AS big", as: Int16.self)
            }
            #expect(error.code == .failure)
            #expect(error.columnName == "big")
        }
    }

    @Test func `floating-point numbers go to the server and back, the special ones too`() async throws {
        try await roundTrip(Double.pi, type: "double precision", text: "3.141592653589793")
        try await roundTrip(Double.leastNonzeroMagnitude, type: "double precision", text: "5e-324")
        try await roundTrip(-Double.greatestFiniteMagnitude, type: "double precision", text: "-1.7976931348623157e+308")
        try await roundTrip(Double.infinity, type: "double precision", text: "Infinity")
        try await roundTrip(Float(1.5), type: "real", text: "1.5")
        try await withTestConnection { connection async throws in
            #expect(try await connection.one("SELECT 'NaN'::float8", as: Double.self).isNaN)
        }
    }

    @Test(arguments: [
        "0", "1", "-1", "0.1", "-0.0001", "9999", "10000", "10001", "12345.6789", "100000000", "0.00000000000000000001",
        "99999999999999999999999999999999999999", "-0.99999999999999999999999999999999999999",
        "1200000000000000000000000000000",
    ])
    func `decimal numbers go to the server and back digit by digit`(_ text: String) async throws {
        try await roundTrip(try #require(Decimal(string: text)), type: "numeric", text: text)
    }

    @Test func `a decimal number without a counterpart in Swift is refused`() async throws {
        try await withTestConnection { connection async throws in
            #expect(try await connection.one("SELECT 'NaN'::numeric", as: Decimal.self).isNaN)
            #expect(try await connection.one("SELECT 1.500::numeric", as: Decimal.self) == Decimal(string: "1.5"))
            for query: PostgresQuery in [
                "SELECT 'Infinity'::numeric", "SELECT 123456789012345678901234567890123456789.5",
            ] {
                let error = try await #require(throws: PostgresDecodingError.self) {
                    try await connection.one(query, as: Decimal.self)
                }
                #expect(error.code == .failure)
            }
        }
    }

    @Test(arguments: [
        "", "王小明", "\u{20BB7}野家 𠮷", "👩‍👩‍👧‍👦", "e\u{301} ≠ é", "\u{FFFD}\u{FEFF}\u{200F}", "a\"b\\c'd;--\n\t\u{1}",
        String(repeating: "深", count: 100_000),
    ])
    func `text of every script goes to the server and back`(_ text: String) async throws {
        try await roundTrip(text, type: "text", text: text)
        let characters = try await withTestConnection {
            try await $0.one("SELECT length(\(text))::bigint", as: Int.self)
        }
        #expect(characters == text.unicodeScalars.count)
    }

    @Test func `every kind of text column is read as a string`() async throws {
        try await withTestConnection { connection async throws in
            for type in ["varchar", "char(3)", "name", "json", "xml", "\"char\"[]"] where type != "\"char\"[]" {
                #expect(try await connection.one("SELECT '123'::\(unescaped: type)", as: String.self) == "123")
            }
            #expect(try await connection.one(#"SELECT '{"a":1}'::jsonb"#, as: String.self) == #"{"a": 1}"#)
            try await connection.query("CREATE TYPE pg_temp.mood AS ENUM ('glad')", logger: logger)
            #expect(try await connection.one("SELECT 'glad'::pg_temp.mood", as: String.self) == "glad")
        }
    }

    @Test func `a text with NUL is refused before anything is sent`() async throws {
        try await withTestConnection { connection async throws in
            for query: PostgresQuery in [
                "SELECT \("a\0b")", "SELECT \(["x", "a\0b"])", PostgresQuery(unsafeSQL: "SELECT 1\0"),
            ] {
                let error = try await #require(throws: PSQLError.self) {
                    try await connection.query(query, logger: logger)
                }
                #expect(error.code == .nulInText)
                #expect(!error.outcomeIsUnknown)
            }
            #expect(try await connection.one("SELECT \(Data([0, 1, 0]))", as: Data.self) == Data([0, 1, 0]))
        }
    }

    @Test func `bytes go to the server and back`() async throws {
        try await roundTrip(ByteBuffer(), type: "bytea", text: "\\x")
        try await roundTrip(ByteBuffer(bytes: [0, 255, 16]), type: "bytea", text: "\\x00ff10")
        try await roundTrip(
            Data((0...255).map { UInt8($0) }), type: "bytea",
            text: "\\x" + (0...255).map { String(format: "%02x", $0) }.joined())
    }

    @Test func `a large value goes to the server and back`() async throws {
        let bytes = ByteBuffer(repeating: 0xA5, count: 20_000_000)
        let back = try await withTestConnection { try await $0.one("SELECT \(bytes)", as: ByteBuffer.self) }
        #expect(back == bytes)
    }

    @Test func `universally unique identifiers go to the server and back`() async throws {
        let id = try #require(UUID(uuidString: "0190F5C4-0000-7ABC-8DEF-FFFFFFFFFFFF"))
        try await roundTrip(id, type: "uuid", text: "0190f5c4-0000-7abc-8def-ffffffffffff")
        try await withTestConnection { connection async throws in
            #expect(try await connection.one("SELECT \(id)::text", as: UUID.self) == id)
            #expect(try await connection.one("SELECT \(id)", as: String.self) == id.uuidString)
        }
    }

    @Test(arguments: [
        ("2026-11-24 18:00:00+00", 1_795_543_200.0), ("2026-02-28 23:59:59.999999+00", 1_772_323_199.999999),
        ("1970-01-01 00:00:00+00", 0), ("1969-12-31 23:59:59.999999+00", -0.000001),
        ("2000-01-01 00:00:00+00", 946_684_800),
        ("1730-06-01 12:00:00.000001+00", -7560561599.0 - 0.999999),
        ("2270-06-01 12:00:00.000001+00", 9480196800.000001),
    ])
    func `points in time go to the server and back to the microsecond`(_ text: String, _ seconds: Double) async throws {
        try await withTestConnection { connection async throws in
            let date = try await connection.one("SELECT \(text)::text::timestamptz", as: Date.self)
            #expect(abs(date.timeIntervalSince1970 - seconds) < 0.000002)
            #expect(try await connection.one("SELECT \(date)::text", as: String.self) == text)
            #expect(try await connection.one("SELECT \(date) = \(text)::text::timestamptz", as: Bool.self))
        }
    }

    @Test func `infinite and unimaginable times do not crash`() async throws {
        try await withTestConnection { connection async throws in
            for type in ["timestamptz", "timestamp", "date"] {
                let error = try await #require(throws: PostgresDecodingError.self) {
                    try await connection.one("SELECT '-infinity'::\(unescaped: type)", as: Date.self)
                }
                #expect(error.code == .failure)
            }
            #expect(
                try await connection.one("SELECT '294276-12-31 23:59:59+00'::timestamptz", as: Date.self)
                    > .distantFuture)
            for (interval, text) in [
                (Double.infinity, "infinity"), (-.infinity, "-infinity"), (1e300, "infinity"), (.nan, "-infinity"),
            ] {
                #expect(
                    try await connection.one(
                        "SELECT \(Date(timeIntervalSinceReferenceDate: interval))::text", as: String.self) == text)
            }
        }
    }

    @Test func `days go to the server and back`() async throws {
        try await roundTrip(PostgresDate(daysSince2000: 0), type: "date", text: "2000-01-01")
        try await roundTrip(PostgresDate(daysSince2000: 9824), type: "date", text: "2026-11-24")
        try await roundTrip(PostgresDate(daysSince2000: -1), type: "date", text: "1999-12-31")
        let midnight = try await withTestConnection { try await $0.one("SELECT date '2026-11-24'", as: Date.self) }
        #expect(midnight == Date(timeIntervalSince1970: 1_795_478_400))
    }
}
