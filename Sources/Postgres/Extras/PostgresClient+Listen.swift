extension PostgresClient {
    /// Listens on a channel for as long as the closure runs, on a connection that is none of the pool's.
    ///
    /// - Parameters:
    ///   - channel: the channel.
    ///   - consume: receives the notifications; listening has begun when it is called.
    /// - Returns: what the closure returned.
    /// - Throws: `PSQLError` with `listenFailed` if listening could not begin, or what the closure threw.
    public func listen<Value>(
        on channel: String, consume: (PostgresNotificationSequence) async throws -> Value
    ) async throws -> Value {
        try await self.pool.makeListener(on: channel).run(consume)
    }
}
