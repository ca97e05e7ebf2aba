/// Something went wrong with a connection or a statement.
///
/// `code` says what, `serverInfo` what the server said about it, `file` and `line` which call of the program it was.
/// Neither its description nor its debug description holds a row's content.
public struct PSQLError: Error, Sendable {
    /// What went wrong.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        init(_ name: String) {
            self.description = name
        }

        /// The server refused the statement; `serverInfo` says why.
        public static let server = Self("server")
        /// The task was cancelled; the connection is given up.
        public static let queryCancelled = Self("queryCancelled")
        /// More parameters than the protocol can number, 65,535.
        public static let tooManyParameters = Self("tooManyParameters")
        /// The connection was closed or given up by this side before.
        public static let clientClosedConnection = Self("clientClosedConnection")
        /// The connection was lost.
        public static let serverClosedConnection = Self("serverClosedConnection")
        /// No connection could be made.
        public static let connectionError = Self("connectionError")
        /// The server and the program are out of step.
        public static let unexpectedBackendMessage = Self("unexpectedBackendMessage")
        /// The connection that listens could not be made.
        public static let listenFailed = Self("listenFailed")
        /// The client was shut down.
        public static let poolClosed = Self("poolClosed")
    }

    /// What went wrong.
    public internal(set) var code: Code
    /// What the server said about it.
    public var serverInfo: ServerInfo? { self.details.serverInfo }
    /// What caused it.
    public internal(set) var underlying: (any Error)? {
        get { self.details.underlying }
        set { self.details.underlying = newValue }
    }
    /// The file of the call that failed.
    public internal(set) var file: String? {
        get { self.details.file }
        set { self.details.file = newValue }
    }
    /// The line of the call that failed.
    public internal(set) var line: Int? {
        get { self.details.line }
        set { self.details.line = newValue }
    }

    private struct Details: Sendable {
        var serverInfo: ServerInfo?
        var underlying: (any Error)?
        var file: String?
        var line: Int?
        var mayHaveCommitted = false
    }

    private var details = Details()

    /// Whether the statement ran outside a transaction block and its answer was lost, so that it may have taken effect.
    var mayHaveCommitted: Bool {
        get { self.details.mayHaveCommitted }
        set { self.details.mayHaveCommitted = newValue }
    }

    init(code: Code, serverInfo: ServerInfo? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.details.serverInfo = serverInfo
        self.details.underlying = underlying
    }

    func at(_ file: String, _ line: Int) -> Self {
        var copy = self
        copy.file = file
        copy.line = line
        return copy
    }
}

extension PSQLError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The same for every failure, because descriptions tend to reach users.
    public var description: String {
        "PSQLError: something went wrong with the database (String(reflecting:) tells more)"
    }

    /// What went wrong and where, without the content of any row.
    public var debugDescription: String {
        var parts = ["code: \(self.code)"]
        if let serverInfo = self.serverInfo {
            parts.append("serverInfo: [\(serverInfo.harmless.map { "\($0): \($1)" }.joined(separator: ", "))]")
        }
        if let underlying = self.underlying {
            parts.append("underlying: \(String(reflecting: underlying))")
        }
        if let file = self.file {
            parts.append("at: \(file):\(self.line ?? 0)")
        }
        return "PSQLError(\(parts.joined(separator: ", ")))"
    }
}

/// Why a connection could not be made, in libpq's words, which name hosts, users and databases but no password.
struct ConnectFailure: Error, CustomStringConvertible {
    let description: String
}
