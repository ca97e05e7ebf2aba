import Clibpq
import Glibc
import NIOCore

extension LibpqSession {
    /// What has to be remembered between the steps of a COPY.
    struct CopyState {
        /// Whether its end is the end of its transaction too.
        let commitsByItself: Bool
    }

    enum CopyDirection {
        case toClient
        case fromClient
    }

    /// How many bytes a chunk of a COPY holds at least, except the last one.
    static let copyChunkSize = 64 * 1024

    /// Starts a COPY to or from the client; all its steps have the same `request`.
    func beginCopy(_ query: PostgresQuery, request: Int, direction: CopyDirection) throws {
        let expected = direction == .toClient ? PGRES_COPY_OUT : PGRES_COPY_IN
        let isInTransaction = self.isInTransaction
        try self.perform(request, .statement) { connection in
            try Self.check(query)
            guard query.binds.count == 0, PQsendQuery(connection, query.sql) == 1 else {
                throw self.sendFailure(connection)
            }
            var deadline = self.deadline(for: .statement)
            try self.flush(connection, until: &deadline)
            let result = try self.nextResult(connection, until: &deadline)
            guard result?.status != expected else { return }
            _ = try self.end(of: result, connection, until: &deadline)
            throw PSQLError(code: .unexpectedBackendMessage)
        }
        self.copy = CopyState(commitsByItself: direction == .fromClient && !isInTransaction)
    }

    /// The next chunk of a COPY to the client, nil at its end.
    ///
    /// - Throws: the failure that ended the COPY.
    func nextCopyChunk(request: Int) throws -> ByteBuffer? {
        guard self.copy != nil else { return nil }
        return try self.perform(request, .statement) { connection in
            var deadline = self.deadline(for: .statement)
            var chunk = ByteBuffer()
            while chunk.readableBytes < Self.copyChunkSize {
                var row: UnsafeMutablePointer<CChar>?
                let count = PQgetCopyData(connection, &row, 1)
                switch count {
                case 0:
                    try self.wait(connection, for: Int32(POLLIN), until: &deadline)
                    guard PQconsumeInput(connection) == 1 else { throw self.sendFailure(connection) }
                case 1...:
                    chunk.writeBytes(UnsafeRawBufferPointer(start: row, count: Int(count)))
                    PQfreemem(row)
                default:
                    guard chunk.readableBytes == 0 else { return chunk }
                    self.copy = nil
                    _ = try self.end(of: nil, connection, until: &deadline)
                    return nil
                }
            }
            return chunk
        }
    }

    /// Sends bytes of a COPY from the client.
    func writeCopy(_ bytes: ByteBuffer, request: Int) throws {
        try self.perform(request, .statement) { connection in
            var deadline = self.deadline(for: .statement)
            try bytes.withUnsafeReadableBytes { bytes in
                guard bytes.count > 0 else { return }
                while true {
                    let sent = PQputCopyData(
                        connection, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
                    guard sent == 0 else {
                        guard sent == 1 else { throw self.sendFailure(connection) }
                        break
                    }
                    try self.flush(connection, until: &deadline)
                }
            }
            try self.flush(connection, until: &deadline)
        }
    }

    /// Completes a COPY from the client, or has the server drop it.
    func endCopy(failure: String? = nil, request: Int) throws {
        guard let copy = self.copy else { return }
        try self.perform(request, .statement, commitsByItself: copy.commitsByItself && failure == nil) { connection in
            var deadline = self.deadline(for: .statement)
            while true {
                let sent = PQputCopyEnd(connection, failure)
                guard sent == 0 else {
                    guard sent == 1 else { throw self.sendFailure(connection) }
                    break
                }
                try self.flush(connection, until: &deadline)
            }
            try self.flush(connection, until: &deadline)
            self.copy = nil
            _ = try self.end(of: nil, connection, until: &deadline)
        }
    }

    /// Gives the connection up if a COPY is not over.
    func abandonCopy() {
        guard self.copy != nil else { return }
        self.copy = nil
        self.cancelRunningStatement()
        self.close()
    }

    /// Reads how a COPY ended.
    private func end(
        of first: ResultHandle?, _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> ResultHandle {
        var last = first
        while let result = try self.nextResult(connection, until: &deadline) {
            last = Self.telling(last, result)
        }
        return try self.checked(last, connection)
    }
}
