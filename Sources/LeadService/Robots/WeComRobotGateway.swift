package import Foundation

/// A group robot of 企业微信: its key in the address is all there is.
package struct WeComRobotGateway: RobotGateway {
    package let codeMembers = ["errcode"]

    package init() {}

    package func request(_ text: String, to address: URL, secret: String, at now: Date) -> RobotRequest {
        RobotRequest(url: address.absoluteString, body: self.body(text))
    }

    package func pause(after code: Int) -> TimeInterval? {
        switch code {
        case -1: 10  // Busy.
        case 45009: 60  // More than 20 a minute.
        default: nil
        }
    }
}
