package import Leads

extension Settings {
    /// Something a visitor may have after the inquiry: a file of ours, an address such as a group's invitation, or something that
    /// an adviser sends.
    package struct Benefit: Sendable, Equatable {
        package enum Content: Sendable, Equatable {
            /// The SHA-256 of a stored file, in hexadecimal.
            case file(String)
            /// A page of ours, or an address with https.
            case address(String)
            case byAdviser
        }

        /// Its name among the requests; without one it is a plain link that nobody's wish is recorded for.
        package var id: String?
        package var title: String
        package var content: Content

        package init(id: String?, title: String, content: Content) {
            self.id = id
            self.title = title
            self.content = content
        }

        /// Until a firm has files and groups of its own to offer, its advisers bring what was wished for.
        static let standard = Self.offers.map { Benefit(id: $0.id, title: $0.title, content: .byAdviser) }
        /// The same as the setting holds them.
        static let standardValues = Self.offers.map { id, title in
            JSONValue.object(["id": .string(id), "title": .string(title)])
        }
        private static let offers = [
            (id: "guide", title: "免费领取攻略"), (id: "material", title: "内部资料"), (id: "plan", title: "定制方案"),
            (id: "daily", title: "每日资讯"),
        ]
    }

    /// Reads the whole list, or nothing when one does not fit.
    mutating func applyBenefits(_ values: [JSONValue]) -> Bool {
        let benefits = values.compactMap { Benefit($0) }
        let ids = benefits.compactMap(\.id)
        guard benefits.count == values.count, benefits.count <= 8, Set(ids).count == ids.count else { return false }
        self.benefits = benefits
        return true
    }
}

extension Settings.Benefit {
    /// Reads `{"id": "guide", "title": "积分攻略", "file": "<sha256>"}`, with `url` in place of `file`, or neither.
    ///
    /// Without an `id` there must be a `url`.
    package init?(_ value: JSONValue) {
        guard case .object(let members) = value, let title = members["title"]?.asText,
            members.keys.allSatisfy({ ["id", "title", "url", "file"].contains($0) }), (1...40).contains(title.count)
        else { return nil }
        var id: String?
        if let name = members["id"] {
            guard let text = name.asText, text.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,31}/) != nil else { return nil }
            id = text
        }
        switch (members["file"], members["url"]) {
        case (.string(let file)?, nil):
            guard id != nil, file.wholeMatch(of: /[0-9a-f]{64}/) != nil else { return nil }
            self.init(id: id, title: title, content: .file(file))
        case (nil, .string(let url)?):
            guard Self.isSafe(url) else { return nil }
            self.init(id: id, title: title, content: .address(url))
        case (nil, nil) where id != nil: self.init(id: id, title: title, content: .byAdviser)
        default: return nil
        }
    }

    /// A path of ours, or an address with https; nothing that a browser would run or take for another host.
    private static func isSafe(_ url: String) -> Bool {
        url.wholeMatch(
            of: /(\/([A-Za-z0-9#?._~%&=+-][^\s\\"<>]*)?|https:\/\/[A-Za-z0-9][A-Za-z0-9.:-]*(\/[^\s\\"<>]*)?)/) != nil
            && url.utf8.count <= 500
    }

    /// As the setting holds it.
    package var json: JSONOutput {
        var members: [String: JSONOutput] = ["title": .string(self.title)]
        if let id { members["id"] = .string(id) }
        switch self.content {
        case .file(let sha256): members["file"] = .string(sha256)
        case .address(let url): members["url"] = .string(url)
        case .byAdviser: break
        }
        return .object(members)
    }

    /// As one visitor is offered it: what may be asked for lies behind their receipt.
    func offered(by receipt: String) -> OfferedBenefit {
        if let id { return OfferedBenefit(title: self.title, url: "/r/\(receipt)/benefits/\(id)") }
        guard case .address(let url) = self.content else {
            return OfferedBenefit(title: self.title, url: "/r/\(receipt)")
        }
        return OfferedBenefit(title: self.title, url: url)
    }
}

/// A benefit with its address, as it stands in the 201.
package struct OfferedBenefit: Sendable, Equatable {
    package var title: String
    package var url: String

    /// For the pages: a link, or a button that records the wish.
    var context: [String: Any] {
        var context: [String: Any] = ["gift_title": self.title]
        context[self.url.hasPrefix("/r/") ? "ask_path" : "gift_url"] = self.url
        return context
    }
}
