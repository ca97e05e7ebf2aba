public import Logging
public import NIOCore

/// Sends the bytes of a COPY from the client.
public struct PostgresCopyFromWriter: Sendable {
    private let session: LibpqSession
    private let request: Int

    fileprivate init(session: LibpqSession, request: Int) {
        self.session = session
        self.request = request
    }

    /// Sends bytes; a row may begin in one call and end in another.
    public func write(_ byteBuffer: ByteBuffer) async throws {
        try await withTaskCancellationHandler {
            try await self.session.run { try $0.writeCopy(byteBuffer, request: self.request) }
        } onCancel: {
            self.session.control.interrupt(self.request)
        }
    }
}

/// How the bytes of a COPY are written.
public struct PostgresCopyFromFormat: Sendable {
    /// Settings of the text format.
    public struct TextOptions: Sendable {
        /// What separates columns; nil is a tab.
        public var delimiter: UnicodeScalar?

        /// The defaults.
        public init() {}
    }

    fileprivate let clause: String

    /// PostgreSQL's text format.
    public static func text(_ options: TextOptions) -> PostgresCopyFromFormat {
        guard let delimiter = options.delimiter else { return Self(clause: "FORMAT text") }
        let digits = String(delimiter.value, radix: 16)
        let code = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return Self(clause: "FORMAT text, DELIMITER U&'\\+\(code)'")
    }
}

extension PostgresConnection {
    /// Runs a `COPY … FROM STDIN` whose bytes a closure writes; if it throws, nothing is copied.
    ///
    /// - Parameters:
    ///   - table: the table.
    ///   - columns: its columns in the order of the bytes; empty means all.
    ///   - format: how the bytes are written.
    ///   - logger: where a failure is noted, without the content of any row.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    ///   - writeData: writes the bytes.
    public func copyFrom(
        table: String, columns: [String] = [], format: PostgresCopyFromFormat = .text(.init()), logger: Logger,
        file: String = #fileID, line: Int = #line, writeData: (PostgresCopyFromWriter) async throws -> Void
    ) async throws {
        func quoted(_ name: String) -> String { "\"\(name.map { $0 == "\"" ? "\"\"" : String($0) }.joined())\"" }
        let list = columns.isEmpty ? "" : " (\(columns.map(quoted).joined(separator: ", ")))"
        let query = PostgresQuery(unsafeSQL: "COPY \(quoted(table))\(list) FROM STDIN WITH (\(format.clause))")
        let request = self.session.control.makeRequest()
        try await self.perform(request: request, logger: logger, file: file, line: line) {
            try $0.beginCopy(query, request: $1, direction: .fromClient)
        }
        do {
            try await writeData(PostgresCopyFromWriter(session: self.session, request: request))
        } catch {
            try? await self.session.endCopy(failure: "the client gave up", request: request)
            await self.session.abandonCopy()
            throw (error as? PSQLError)?.at(file, line) ?? error
        }
        do {
            try await self.perform(request: request, logger: logger, file: file, line: line) {
                try $0.endCopy(request: $1)
            }
        } catch {
            await self.session.abandonCopy()
            throw error
        }
    }
}
