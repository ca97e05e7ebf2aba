import Clibpq
import Glibc

extension LibpqSession {
    /// Starts listening on a channel.
    func listen(on channel: String) throws {
        let connection = try self.connection()
        var deadline = self.deadline(for: .begin)
        let quoted = channel.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
        _ = try self.run(script: "LISTEN \"\(quoted)\"", connection, until: &deadline)
    }

    /// Hands on payloads until the session's `wakeUp` is signalled.
    ///
    /// - Throws: `serverClosedConnection`.
    func receiveNotifications(_ handler: (String) -> Void) throws {
        let connection = try self.connection()
        while true {
            // The first of them may have come with the answer to LISTEN.
            while let notification = PQnotifies(connection) {
                handler(String(cString: notification.pointee.extra))
                PQfreemem(notification)
            }
            guard Self.poll(PQsocket(connection), Int32(POLLIN), self.control.wakeUp.descriptor, until: nil) == false
            else { return }
            guard PQconsumeInput(connection) == 1 else { throw self.sendFailure(connection) }
        }
    }
}
