/// How the connections of a pool are used at a moment.
public struct PostgresPoolStatistics: Sendable, Equatable {
    /// Connections that nobody uses.
    public let idle: Int
    /// Connections that are lent.
    public let leased: Int
    /// Tasks that wait for a connection.
    public let waiting: Int
    /// All connections, also those being made or checked.
    public let total: Int

    package init(idle: Int, leased: Int, waiting: Int, total: Int) {
        self.idle = idle
        self.leased = leased
        self.waiting = waiting
        self.total = total
    }
}

extension PostgresClient {
    /// How the pool's connections are used at the moment.
    public var statistics: PostgresPoolStatistics { self.pool.statistics }
}
