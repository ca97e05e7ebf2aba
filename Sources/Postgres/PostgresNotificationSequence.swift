/// A notification that another session sent.
public struct PostgresNotification: Sendable {
    /// What the sender wrote; empty also when the connection was made anew and some may have been missed.
    public let payload: String
}

/// The notifications of a channel, for as long as the closure runs that was handed it.
public struct PostgresNotificationSequence: AsyncSequence, Sendable {
    /// The notifications.
    public typealias Element = PostgresNotification

    let base: AsyncThrowingStream<PostgresNotification, any Error>

    /// Starts to receive.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: self.base.makeAsyncIterator())
    }

    /// Receives the notifications.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: AsyncThrowingStream<PostgresNotification, any Error>.AsyncIterator

        fileprivate init(base: AsyncThrowingStream<PostgresNotification, any Error>.AsyncIterator) {
            self.base = base
        }

        /// The next notification; nil when the task is cancelled.
        public mutating func next() async throws -> PostgresNotification? {
            try await self.base.next()
        }
    }
}
