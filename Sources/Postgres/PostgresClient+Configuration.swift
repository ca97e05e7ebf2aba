extension PostgresClient {
    /// Where to connect, as whom, and how many connections to keep.
    public struct Configuration: Sendable {
        /// Whether connections are encrypted.
        public typealias TLS = PostgresConnection.Configuration.TLS

        /// Less common settings.
        public struct Options: Sendable {
            /// How connections that nobody uses are kept from being cut off.
            public struct KeepAliveBehavior: Sendable {
                /// After which time without use the query runs.
                public var frequency: Duration
                /// The query.
                public var query: PostgresQuery

                /// Makes a behaviour.
                public init(frequency: Duration = .seconds(30), query: PostgresQuery = "SELECT 1") {
                    self.frequency = frequency
                    self.query = query
                }
            }

            /// How long connecting may take, over all hosts.
            public var connectTimeout: Duration = .seconds(10)
            /// Settings of the server for each session.
            public var additionalStartupParameters: [(String, String)] = []
            /// How many connections are open even if nobody uses them.
            public var minimumConnections = 0
            /// How many connections are open at most.
            public var maximumConnections = 16
            /// After which time without use a connection beyond the minimum is closed.
            public var connectionIdleTimeout: Duration = .seconds(60)
            /// How connections that nobody uses are kept from being cut off; nil does nothing.
            public var keepAliveBehavior: KeepAliveBehavior? = KeepAliveBehavior()

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
        /// Whether connections are encrypted.
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
                    connectTimeout: self.options.connectTimeout, startup: self.options.additionalStartupParameters,
                    extras: self.extrasStorage)
            }
        }

        var poolLimits: PoolStateMachine.Limits {
            var limits = PoolStateMachine.Limits()
            limits.minimum = self.options.minimumConnections
            limits.maximum = max(1, self.options.maximumConnections)
            limits.leaseTimeout = self.extrasStorage.leaseTimeout
            limits.idleTimeout = self.options.connectionIdleTimeout
            limits.lifetime = self.extrasStorage.maximumLifetime
            limits.keepAlive = self.options.keepAliveBehavior?.frequency
            return limits
        }
    }
}
