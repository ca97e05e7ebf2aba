public import NIOCore

extension PostgresConnection {
    /// Where to connect, and as whom.
    public struct Configuration: Sendable {
        /// Whether the connection is encrypted.
        public struct TLS: Sendable {
            let mode: String
            var rootCertificate: String?

            init(mode: String, rootCertificate: String? = nil) {
                self.mode = mode
                self.rootCertificate = rootCertificate
            }

            /// Not encrypted.
            public static var disable: Self { Self(mode: "disable") }
        }

        /// Less common settings.
        public struct Options: Sendable {
            /// How long connecting may take, over all hosts.
            public var connectTimeout: TimeAmount = .seconds(10)
            /// Settings of the server for the session.
            public var additionalStartupParameters: [(String, String)] = []

            /// The defaults.
            public init() {}
        }

        var address: ServerAddress
        var extrasStorage = PostgresExtras()

        /// The server's name or address; nil for a socket.
        public var host: String? { self.address.host }
        /// The server's port; nil for a socket.
        public var port: Int? { self.address.port }
        /// The socket's path; nil for TCP.
        public var unixSocketPath: String? { self.address.unixSocketPath }
        /// Whether the connection is encrypted.
        public var tls: TLS {
            get { self.address.tls }
            set { self.address.tls = newValue }
        }
        /// Less common settings.
        public var options = Options()
        /// The role to log in as.
        public var username: String {
            get { self.address["user"] ?? "" }
            set { self.address["user"] = newValue }
        }
        /// Its password.
        public var password: String? {
            get { self.address["password"] }
            set { self.address["password"] = newValue }
        }
        /// The database, by default the one named as the role.
        public var database: String? {
            get { self.address["dbname"] }
            set { self.address["dbname"] = newValue }
        }

        /// A server on the network.
        public init(host: String, port: Int = 5432, username: String, password: String?, database: String?, tls: TLS) {
            self.address = ServerAddress(host: host, port: port)
            self.username = username
            self.password = password
            self.database = database
            self.tls = tls
        }

        /// A server on this machine.
        public init(unixSocketPath: String, username: String, password: String?, database: String?) {
            self.address = ServerAddress(unixSocketPath: unixSocketPath)
            self.username = username
            self.password = password
            self.database = database
        }

        init(address: ServerAddress) {
            self.address = address
        }

        var session: SessionConfiguration {
            get throws {
                try self.address.session(
                    connectTimeout: .nanoseconds(self.options.connectTimeout.nanoseconds),
                    startup: self.options.additionalStartupParameters, extras: self.extrasStorage)
            }
        }
    }
}
