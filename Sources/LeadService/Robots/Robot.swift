package import Foundation
import Leads

/// Who sits in the group a robot posts to.
package enum RobotAudience: String, Sendable, CaseIterable {
    case team, supervisors
}

/// Whose robot it is.
package enum RobotKind: String, Sendable, CaseIterable {
    case wecom, dingtalk, feishu

    /// Whether its posts are signed with a secret.
    package var signs: Bool { self != .wecom }

    /// Where the vendor takes posts; the rest of an address is the robot's key.
    private var place: (host: String, path: String, parameter: String?) {
        switch self {
        case .wecom: ("qyapi.weixin.qq.com", "/cgi-bin/webhook/send", "key")
        case .dingtalk: ("oapi.dingtalk.com", "/robot/send", "access_token")
        case .feishu: ("open.feishu.cn", "/open-apis/bot/v2/hook/", nil)
        }
    }

    /// An address as this vendor gives them out: https and its own host, or plain http on this machine.
    ///
    /// - Returns: nil for any other, so that nobody makes us call a third party.
    package func address(_ text: String) -> URL? {
        guard text.utf8.count <= 500, let parts = URLComponents(string: text), let host = parts.host,
            let url = parts.url, parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        let place = self.place
        let isVendor = parts.scheme == "https" && host == place.host && parts.port == nil
        let isHere = parts.scheme == "http" && ["127.0.0.1", "localhost"].contains(host)
        guard isVendor || isHere else { return nil }
        guard let parameter = place.parameter else {
            let isKey =
                parts.percentEncodedPath.dropFirst(place.path.utf8.count).wholeMatch(of: /[A-Za-z0-9_-]+/) != nil
            return parts.percentEncodedPath.hasPrefix(place.path) && isKey && parts.percentEncodedQuery == nil
                ? url : nil
        }
        let isKey = (parts.percentEncodedQuery ?? "").wholeMatch(of: /([a-z_]+)=[A-Za-z0-9_-]+/)?.1 == parameter[...]
        return parts.percentEncodedPath == place.path && isKey ? url : nil
    }

    /// How its vendor takes posts.
    package var gateway: any RobotGateway {
        switch self {
        case .wecom: WeComRobotGateway()
        case .dingtalk: DingTalkRobotGateway()
        case .feishu: FeishuRobotGateway()
        }
    }
}

/// A robot, its address and secret still sealed.
package struct Robot: Sendable {
    package var id: UUID
    package var name: String
    package var kind: RobotKind
    package var audience: RobotAudience
    var addressSealed: [UInt8]
    var secretSealed: [UInt8]?

    static func addressPlace(_ id: UUID) -> SealedPlace { SealedPlace("robots", "address_sealed", id) }
    static func secretPlace(_ id: UUID) -> SealedPlace { SealedPlace("robots", "secret_sealed", id) }

    /// Posts a text; one whose address does not open, or is none any more, posts nothing.
    func post(_ text: String, _ keys: KeyRing, _ client: VendorClient, at now: Date) async -> RobotOutcome {
        let address = (try? keys.open(self.addressSealed, at: Self.addressPlace(self.id))).flatMap {
            self.kind.address($0)
        }
        let secret = self.secretSealed.flatMap { try? keys.open($0, at: Self.secretPlace(self.id)) }
        guard let address, (secret != nil) == self.kind.signs else { return .refused(failure: "not_opened") }
        return await self.kind.gateway.post(text, to: address, secret: secret ?? "", client, at: now)
    }
}

/// A robot as commands tell of it: nothing that posts with it.
package struct RobotSummary: Sendable {
    package var name: String
    package var kind: RobotKind
    package var audience: RobotAudience
    package var postedAt: Date?
    package var waiting: Int
    /// Posts of the last week that it never took, and why the newest of them failed.
    package var failed: Int
    package var lastFailure: String?

    package var json: JSONOutput {
        .object([
            "name": .string(self.name), "kind": .string(self.kind.rawValue),
            "audience": .string(self.audience.rawValue),
            "posted_at": .optional(self.postedAt.map { RFC3339.text($0) }), "waiting": .integer(self.waiting),
            "failed": .integer(self.failed), "last_failure": .optional(self.lastFailure),
        ])
    }
}
