public import Logging

/// A connection to a server.
///
/// Behind it one actor talks to libpq in straight lines on a thread of its own, so that statements of several tasks on
/// one connection wait for each other. Usually a ``PostgresClient`` makes connections and lends them.
public final class PostgresConnection: Sendable {
    /// A connection's number.
    public typealias ID = Int

    /// The connection's number.
    public let id: ID
    let session: LibpqSession
    let logger: Logger

    init(session: LibpqSession, id: ID, logger: Logger) {
        self.session = session
        self.id = id
        self.logger = logger
    }

    /// Whether the connection was closed or given up.
    public var isClosed: Bool { self.session.control.isDiscarded }

    /// Connects.
    ///
    /// - Throws: `PSQLError` with `connectionError`, whose debug description holds the reason of each host.
    public static func connect(
        configuration: Configuration, id connectionID: ID, logger: Logger
    ) async throws -> PostgresConnection {
        try await self.connect(configuration.session, id: connectionID, logger: logger)
    }

    static func connect(
        _ configuration: SessionConfiguration, id: ID, logger: Logger
    ) async throws -> PostgresConnection {
        let session = LibpqSession(id: id, configuration: configuration)
        return try await withTaskCancellationHandler {
            try await session.open()
            return PostgresConnection(session: session, id: id, logger: logger)
        } onCancel: {
            session.control.wakeUp.signal()
        }
    }

    /// Closes the connection, after the statement that is running on it.
    public func close() async throws {
        await self.session.close()
    }

    /// Runs a statement and returns its complete result.
    ///
    /// Cancelling the task asks the server to stop and gives the connection up, because a late cancellation could hit
    /// the next statement.
    ///
    /// - Parameters:
    ///   - query: the statement.
    ///   - logger: where a failure is noted, without the content of any row.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    /// - Throws: `PSQLError`.
    @discardableResult
    public func query(
        _ query: PostgresQuery, logger: Logger, file: String = #fileID, line: Int = #line
    ) async throws -> PostgresRowSequence {
        PostgresRowSequence(
            try await self.perform(logger: logger, file: file, line: line) { try $0.execute(query, request: $1) })
    }

    /// Runs something on the session; a cancellation of the task interrupts it.
    func perform<Answer: Sendable>(
        request: Int? = nil, logger: Logger, file: String, line: Int,
        _ body: @Sendable (isolated LibpqSession, _ request: Int) throws -> Answer
    ) async throws -> Answer {
        let session = self.session
        let request = request ?? session.control.makeRequest()
        do {
            return try await withTaskCancellationHandler {
                try await session.run { try body($0, request) }
            } onCancel: {
                session.control.interrupt(request)
            }
        } catch let error as PSQLError {
            logger.debug(
                "A statement failed",
                metadata: [
                    "psql_connection_id": "\(self.id)", "psql_code": "\(error.code)",
                    "psql_sqlstate": "\(error.serverInfo?[.sqlState] ?? "none")", "psql_at": "\(file):\(line)",
                ])
            throw error.at(file, line)
        }
    }
}
