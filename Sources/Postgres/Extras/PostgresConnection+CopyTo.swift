public import Logging
public import NIOCore

/// The bytes of a COPY to the client, in chunks of at least 64 KiB but for the last; each ends with a whole row.
///
/// The server goes on as fast as the chunks are taken.
public struct PostgresCopySequence: AsyncSequence, Sendable {
    /// Chunks of bytes.
    public typealias Element = ByteBuffer

    fileprivate let next: @Sendable () async throws -> ByteBuffer?

    /// Starts, or goes on, where the COPY is; there is only one place.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(advance: self.next)
    }

    /// Takes the chunks.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let advance: @Sendable () async throws -> ByteBuffer?

        /// The next chunk.
        public mutating func next() async throws -> ByteBuffer? {
            try await self.advance()
        }
    }
}

extension PostgresConnection {
    /// Runs a `COPY … TO STDOUT`, which takes no parameters, and hands its bytes to a closure.
    ///
    /// A closure that leaves before the last chunk gives the connection up.
    ///
    /// - Parameters:
    ///   - query: the COPY.
    ///   - logger: where a failure is noted, without the content of any row.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    ///   - isolation: the caller's actor.
    ///   - consume: takes the chunks.
    /// - Returns: what the closure returned.
    public func copyTo<Result>(
        _ query: PostgresQuery, logger: Logger, file: String = #fileID, line: Int = #line,
        isolation: isolated (any Actor)? = #isolation,
        _ consume: (PostgresCopySequence) async throws -> sending Result
    ) async throws -> sending Result {
        let request = self.session.control.makeRequest()
        try await self.perform(request: request, logger: logger, file: file, line: line) {
            try $0.beginCopy(query, request: $1, direction: .toClient)
        }
        let chunks = PostgresCopySequence {
            try await self.perform(request: request, logger: logger, file: file, line: line) {
                try $0.nextCopyChunk(request: $1)
            }
        }
        do {
            let result = try await consume(chunks)
            // A closure may stop after the last chunk without having seen the end.
            if try await chunks.next() != nil {
                await self.session.abandonCopy()
            }
            return result
        } catch {
            await self.session.abandonCopy()
            throw error
        }
    }
}
