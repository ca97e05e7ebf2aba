import Clibpq

/// Receives what the server says beside its answers.
final class Notices {
    /// The server gave up waiting for its standby: what it acknowledges next may be lost with the primary.
    private(set) var replicationWaitWasCancelled = false

    func reset() {
        self.replicationWaitWasCancelled = false
    }

    func attach(to connection: OpaquePointer) {
        PQsetNoticeReceiver(
            connection,
            { context, notice in
                guard let context, let notice else { return }
                Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().receive(notice)
            },
            Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ notice: OpaquePointer) {
        // The message is translated, the name of the function that sent it is not.
        let routine = PQresultErrorField(notice, Int32(UInt8(ascii: "R"))).map { String(cString: $0) }
        if routine == "SyncRepWaitForLSN" {
            self.replicationWaitWasCancelled = true
        }
    }
}
