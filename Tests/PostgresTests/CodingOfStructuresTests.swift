import Foundation
import NIOCore
import Postgres
import Testing

private struct Answers: Codable, PostgresCodable, Equatable {
    var months: Int
    var name: String?
}

private enum Disposition: String, Codable, PostgresCodable, CaseIterable {
    case reached
    case busy
}

private enum Plain: Int32, PostgresCodable {
    case one = 1
}

@Suite("Encoding and decoding of structures")
struct CodingOfStructuresTests {
    @Test func `structures go to the server and back as JSON`() async throws {
        let answers = Answers(months: 60, name: "张三 \"x\"")
        try await withTestConnection { connection async throws in
            let query: PostgresQuery = try
                "SELECT \(answers), \(answers)->>'name', pg_typeof(\(answers))::text, \(answers)::json"
            let row = try #require(try await connection.query(query, logger: logger).collect().first)
            let (back, name, type, json) = try row.decode((Answers, String, String, Answers).self)
            #expect(back == answers)
            #expect(name == answers.name)
            #expect(type == "jsonb")
            #expect(json == answers)
        }
    }

    @Test func `JSON that does not fit is refused without quoting it`() async throws {
        try await withTestConnection { connection async throws in
            let error = try await #require(throws: PostgresDecodingError.self) {
                try await connection.one(#"SELECT '{"months": "secret"}'::jsonb AS answers"#, as: Answers.self)
            }
            #expect(error.code == .failure)
            #expect(!String(reflecting: error).contains("secret"))
        }
    }

    @Test func `enumerations go to the server and back as their raw values`() async throws {
        try await withTestConnection { connection async throws in
            for value in Disposition.allCases {
                let query: PostgresQuery = try "SELECT \(value)"
                #expect(try await connection.one(query, as: Disposition.self) == value)
                #expect(try await connection.one(query, as: String.self) == value.rawValue)
            }
            let query: PostgresQuery = try "SELECT \(Plain.one)"
            #expect(try await connection.one(query, as: Plain.self) == .one)
            let error = try await #require(throws: PostgresDecodingError.self) {
                try await connection.one("SELECT 'x'", as: Disposition.self)
            }
            #expect(error.code == .failure)
        }
    }

    @Test func `arrays of every type go to the server and back`() async throws {
        func check<Element: PostgresArrayEncodable & PostgresArrayDecodable & Equatable & Sendable>(
            _ array: [Element], _ type: String
        ) async throws
        where Element._DecodableType == Element {
            try await withTestConnection { connection async throws in
                let rows = try await connection.query(
                    try "SELECT \(array), pg_typeof(\(array))::text, cardinality(\(array))::bigint", logger: logger
                ).collect()
                let (back, name, count) = try #require(rows.first).decode(([Element], String, Int).self)
                #expect(back == array)
                #expect(name == type)
                #expect(count == array.count)
            }
        }
        try await check([true, false], "boolean[]")
        try await check([Int16.min, 0, .max], "smallint[]")
        try await check([Int32.min, 0, .max], "integer[]")
        try await check([Int64.min, 0, .max], "bigint[]")
        try await check([Int](0..<10_000), "bigint[]")
        try await check([Float(0.5)], "real[]")
        try await check([Double.pi, -.infinity], "double precision[]")
        try await check([Decimal(1), try #require(Decimal(string: "-0.001"))], "numeric[]")
        try await check(["", "深圳", "NULL", "{\"a\",b}"], "text[]")
        try await check([ByteBuffer(bytes: [0]), ByteBuffer()], "bytea[]")
        try await check([Data([0, 1])], "bytea[]")
        try await check([UUID(), UUID()], "uuid[]")
        try await check([Date(timeIntervalSince1970: 1.5)], "timestamp with time zone[]")
        try await check([PostgresDate(daysSince2000: 1)], "date[]")
        try await check([String](), "text[]")
    }

    @Test func `arrays with NULL elements go to the server and back as arrays of optionals`() async throws {
        func check<Element: PostgresArrayEncodable & PostgresArrayDecodable & Equatable & Sendable>(
            _ array: [Element?], _ type: String
        ) async throws
        where Element._DecodableType == Element {
            try await withTestConnection { connection async throws in
                let rows = try await connection.query(
                    try """
                    SELECT \(array), pg_typeof(\(array))::text, array_positions(\(array), NULL)::bigint[],
                           \([Element?]?.none), array_append(\(array), NULL)
                    """, logger: logger
                ).collect()
                let (back, name, nulls, none, longer) = try #require(rows.first).decode(
                    ([Element?], String, [Int], [Element?]?, [Element?]).self)
                #expect(back == array)
                #expect(name == type)
                #expect(nulls == array.indices.filter { array[$0] == nil }.map { $0 + 1 })
                #expect(none == nil)
                #expect(longer == array + [nil])
            }
        }
        try await check([true, nil, false], "boolean[]")
        try await check([nil, Int16.min, .max], "smallint[]")
        try await check([Int32.min, nil], "integer[]")
        try await check([1, nil, Int.max], "bigint[]")
        try await check([Double.pi, nil], "double precision[]")
        try await check([Decimal(1), nil], "numeric[]")
        try await check(["", nil, "NULL", "深圳"], "text[]")
        try await check([ByteBuffer(bytes: [0]), nil, ByteBuffer()], "bytea[]")
        try await check([UUID(), nil], "uuid[]")
        try await check([nil, Date(timeIntervalSince1970: 1.5)], "timestamp with time zone[]")
        try await check([PostgresDate(daysSince2000: 1), nil], "date[]")
        try await check([String?.none, nil], "text[]")
        try await check([String?](), "text[]")
    }

    @Test func `U+0000 beside a NULL element is refused before it is sent`() async throws {
        let error = try await #require(throws: PSQLError.self) {
            try await withTestConnection { connection async throws in
                try await connection.query("SELECT \([nil, "a\0b"])", logger: logger)
            }
        }
        #expect(error.code == .nulInText)
    }

    @Test func `an array with NULL or of another type is refused`() async throws {
        try await withTestConnection { connection async throws in
            let missing = try await #require(throws: PostgresDecodingError.self) {
                try await connection.one("SELECT ARRAY[1, NULL]", as: [Int].self)
            }
            #expect(missing.code == .missingData)
            for query: PostgresQuery in ["SELECT 1::int8", "SELECT 'abcdefghijklmnopqrst'", "SELECT ARRAY['a']"] {
                let error = try await #require(throws: PostgresDecodingError.self) {
                    try await connection.one(query, as: [Int].self)
                }
                #expect(error.code == .typeMismatch)
            }
            let nested = try await #require(throws: PostgresDecodingError.self) {
                try await connection.one("SELECT ARRAY[[1],[2]]", as: [Int].self)
            }
            #expect(nested.code == .failure)
        }
    }

    @Test func `optionals of every type are NULL of that type`() async throws {
        func check<Value: PostgresCodable & Equatable & Sendable>(_: Value.Type, _ type: String) async throws
        where Value._DecodableType == Value {
            try await withTestConnection { connection async throws in
                let rows = try await connection.query(
                    try "SELECT \(Value?.none), pg_typeof(\(Value?.none))::text, \(Value?.none) IS NULL", logger: logger
                ).collect()
                let (back, name, isNull) = try #require(rows.first).decode((Value?, String, Bool).self)
                #expect(back == nil)
                #expect(name == type)
                #expect(isNull)
            }
        }
        try await check(Bool.self, "boolean")
        try await check(Int.self, "bigint")
        try await check(Double.self, "double precision")
        try await check(Decimal.self, "numeric")
        try await check(String.self, "text")
        try await check(Data.self, "bytea")
        try await check(UUID.self, "uuid")
        try await check(Date.self, "timestamp with time zone")
        try await check(Answers.self, "jsonb")
        try await check(Disposition.self, "text")
        try await check([Int].self, "bigint[]")
    }

    @Test func `a present optional is its value`() async throws {
        let name: String? = "x"
        #expect(try await withTestConnection { try await $0.one("SELECT \(name)", as: String?.self) } == "x")
    }
}
