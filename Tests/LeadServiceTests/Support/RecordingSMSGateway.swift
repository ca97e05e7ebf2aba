import LeadService
import Synchronization

/// A gateway that takes everything and remembers it; it can be told to fail.
final class RecordingSMSGateway: SMSGateway {
    let name = "recording"
    private let state = Mutex<(messages: [OutgoingMessage], outcome: SendOutcome)>(([], .accepted(vendorID: "v-1")))

    var messages: [OutgoingMessage] { self.state.withLock { $0.messages } }

    /// The newest code sent to a number.
    func code(to phone: String) -> String? {
        self.messages.last { $0.phone == "+86" + phone }?.parameters["code"]
    }

    /// What every send is answered with from now on.
    func answer(_ outcome: SendOutcome) {
        self.state.withLock { $0.outcome = outcome }
    }

    func send(_ message: OutgoingMessage) async -> SendOutcome {
        self.state.withLock { state in
            state.messages.append(message)
            return state.outcome
        }
    }

    func canConnect() async -> Bool { true }
}
