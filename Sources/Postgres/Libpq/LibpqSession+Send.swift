import Clibpq
import Glibc

extension LibpqSession {
    static func key(_ query: PostgresQuery) -> StatementCache.Key {
        StatementCache.Key(sql: query.sql, types: query.binds.metadata.map(\.dataType.rawValue))
    }

    static func prepare(_ query: PostgresQuery, _ name: String, _ connection: OpaquePointer) -> Bool {
        let types = query.binds.metadata.map(\.dataType.rawValue)
        return PQsendPrepare(connection, name, query.sql, Int32(types.count), types) == 1
    }

    static func send(_ query: PostgresQuery, prepared name: String, _ connection: OpaquePointer) -> Bool {
        Self.withParameters(query.binds) { values, lengths, formats in
            PQsendQueryPrepared(connection, name, Int32(values.count), values, lengths, formats, 1) == 1
        }
    }

    static func sendUnprepared(_ query: PostgresQuery, _ connection: OpaquePointer) -> Bool {
        let types = query.binds.metadata.map(\.dataType.rawValue)
        return Self.withParameters(query.binds) { values, lengths, formats in
            PQsendQueryParams(connection, query.sql, Int32(values.count), types, values, lengths, formats, 1) == 1
        }
    }

    private static func withParameters(
        _ binds: PostgresBindings, _ body: ([UnsafePointer<CChar>?], [Int32], [Int32]) -> Bool
    ) -> Bool {
        binds.withValues { values in
            body(
                values.map { $0?.baseAddress?.assumingMemoryBound(to: CChar.self) },
                values.map { Int32($0?.count ?? 0) },
                binds.metadata.map { Int32($0.format.rawValue) })
        }
    }

    /// Refuses what the protocol or PostgreSQL cannot take, before anything is sent.
    static func check(_ query: PostgresQuery) throws {
        guard query.binds.count <= Int(UInt16.max) else { throw PSQLError(code: .tooManyParameters) }
        guard !Self.containsNUL(query.sql) else { throw PSQLError(code: .nulInText) }
        try query.binds.withValues { values in
            for (value, metadata) in zip(values, query.binds.metadata) {
                guard let value else { continue }
                let hasNUL =
                    switch metadata.dataType {
                    case .text, .varchar, .bpchar, .name, .json, .xml: Self.containsNUL(value)
                    case .textArray, .varcharArray: Self.elementsContainNUL(value)
                    default: false
                    }
                guard !hasNUL else { throw PSQLError(code: .nulInText) }
            }
        }
    }

    private static func containsNUL(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { Self.containsNUL(UnsafeRawBufferPointer($0)) }
            ?? text.utf8.contains(0)
    }

    private static func containsNUL(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return false }
        return memchr(start, 0, bytes.count) != nil
    }

    /// An array's header is twenty bytes; every element has its length before it.
    private static func elementsContainNUL(_ array: UnsafeRawBufferPointer) -> Bool {
        var offset = 20
        while offset + 4 <= array.count {
            let length = Int(Int32(bigEndian: array.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            offset += 4
            guard length > 0, offset + length <= array.count else { continue }
            if Self.containsNUL(UnsafeRawBufferPointer(rebasing: array[offset..<offset + length])) { return true }
            offset += length
        }
        return false
    }
}
