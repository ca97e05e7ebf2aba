import Logging

extension PostgresConnection {
    /// Listens on a channel for as long as the closure runs.
    ///
    /// Listening has a connection of its own with the same settings, which is made anew when it is lost. What was sent
    /// meanwhile is lost with it, so that a notification with an empty payload follows: notifications say that something
    /// may have changed, never what.
    ///
    /// - Parameters:
    ///   - channel: the channel.
    ///   - consume: receives the notifications; listening has begun when it is called.
    /// - Returns: what the closure returned.
    /// - Throws: `PSQLError` with `listenFailed` if listening could not begin, or what the closure threw.
    public func listen<Value>(
        on channel: String, consume: (PostgresNotificationSequence) async throws -> Value
    ) async throws -> Value {
        let listener = NotificationListener(
            channel: channel, configuration: self.session.configuration, id: self.id, logger: self.logger)
        return try await listener.run(consume)
    }
}
