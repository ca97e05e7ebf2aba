package import Foundation
import Leads

/// What became of a post.
package enum RobotOutcome: Sendable, Equatable {
    case taken
    /// It will not be taken however often it is sent.
    case refused(failure: String)
    /// It may be taken later, or was taken and nobody said so: a notice may come twice.
    case later(failure: String, after: TimeInterval = 0)

    package var failure: String? {
        switch self {
        case .taken: nil
        case .refused(let failure), .later(let failure, _): failure
        }
    }
}

/// What goes over the wire.
package struct RobotRequest: Sendable, Equatable {
    package var url: String
    package var body: String
}

/// One vendor's way to post to a group: where the signature goes, and what its codes mean.
package protocol RobotGateway: Sendable {
    /// The request for a text.
    func request(_ text: String, to address: URL, secret: String, at now: Date) -> RobotRequest

    /// Where an answer holds its code; 0 is success.
    var codeMembers: [String] { get }

    /// How long a robot has to rest after a code; nil when the same post will never be taken.
    func pause(after code: Int) -> TimeInterval?
}

extension RobotGateway {
    /// Posts a text; vendors answer 200 to refusals too, so only their own code counts.
    package func post(
        _ text: String, to address: URL, secret: String, _ client: VendorClient, at now: Date
    ) async -> RobotOutcome {
        let request = self.request(text, to: address, secret: secret, at: now)
        let outcome = await client.post(
            request.url, [("content-type", "application/json; charset=utf-8")], Array(request.body.utf8))
        switch outcome {
        case .notSent(let failure), .lost(let failure): return .later(failure: failure)
        case .answered(let status, let body, _):
            let json = try? StrictJSON.read(body)
            if let code = self.codeMembers.lazy.compactMap({ json?[member: $0]?.asWhole }).first {
                if code == 0, status == 200 { return .taken }
                if code != 0 {
                    return self.pause(after: code).map { .later(failure: "code_\(code)", after: $0) }
                        ?? .refused(failure: "code_\(code)")
                }
            }
            let failure = (200..<300).contains(status) ? "unreadable_answer" : "status_\(status)"
            // A redirect is never followed: where it leads is not where somebody configured posts to go.
            return (300..<500).contains(status) && status != 408 && status != 429
                ? .refused(failure: failure) : .later(failure: failure, after: status == 429 ? 60 : 0)
        }
    }

    /// The text as the vendors that are alike take it.
    func body(_ text: String) -> String {
        JSONOutput.object(["msgtype": .string("text"), "text": .object(["content": .string(text)])]).text
    }
}
