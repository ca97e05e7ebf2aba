package import Foundation
package import Logging
import Synchronization

/// The last messages of a development run, for `/dev/messages`.
package final class SentMessages: Sendable {
    /// One message as the page shows it.
    package struct Entry: Sendable {
        package var at: Date
        package var message: OutgoingMessage
    }

    private let entries = Mutex<[Entry]>([])

    package init() {}

    /// Newest first, at most fifty.
    package var newest: [Entry] { self.entries.withLock { $0.reversed() } }

    func add(_ entry: Entry) {
        self.entries.withLock { entries in
            entries.append(entry)
            if entries.count > 50 { entries.removeFirst() }
        }
    }
}

/// Sends nothing: keeps the message for the page of a development run and logs that it did, without number or code.
package struct ConsoleSMSGateway: SMSGateway {
    package let name = "console"
    private let sent: SentMessages
    private let now: @Sendable () -> Date
    private let logger: Logger

    package init(sent: SentMessages, now: @escaping @Sendable () -> Date, logger: Logger) {
        self.sent = sent
        self.now = now
        self.logger = logger
    }

    package func send(_ message: OutgoingMessage) async -> SendOutcome {
        self.sent.add(SentMessages.Entry(at: self.now(), message: message))
        self.logger.info(
            "message on /dev/messages", metadata: ["message": "\(message.id)", "template": "\(message.template)"])
        return .accepted(vendorID: nil)
    }

    package func canConnect() async -> Bool { true }
}
