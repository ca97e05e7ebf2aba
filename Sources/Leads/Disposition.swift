/// How a call ended (contract §3; flags of the console's table).
package enum Disposition: String, Sendable, Hashable, CaseIterable {
    case reachedInterested = "reached_interested"
    case reachedNeedMaterials = "reached_need_materials"
    case callBackAt = "call_back_at"
    case noAnswer = "no_answer"
    case busyOrRejected = "busy_or_rejected"
    case poweredOff = "powered_off"
    case wrongPerson = "wrong_person"
    case reachedNotInterested = "reached_not_interested"
    case doNotCall = "do_not_call"
    case notEligible = "not_eligible"
    case converted, duplicate, spam

    package var title: String {
        switch self {
        case .reachedInterested: "已联系·有意向"
        case .reachedNeedMaterials: "已联系·补材料/待确认"
        case .callBackAt: "约定回拨"
        case .noAnswer: "无人接听"
        case .busyOrRejected: "占线/拒接"
        case .poweredOff: "关机/停机/不在服务区"
        case .wrongPerson: "非本人/号码错误"
        case .reachedNotInterested: "已联系·无意向"
        case .doNotCall: "要求不再联系"
        case .notEligible: "不符合条件"
        case .converted: "已签约/转化"
        case .duplicate: "重复线索"
        case .spam: "恶意/测试"
        }
    }

    /// The key on the desk, 1–9.
    package var key: Int? {
        Self.allCases.firstIndex(of: self).flatMap { $0 < 9 ? $0 + 1 : nil }
    }

    /// Whether the person was spoken to.
    package var isContact: Bool {
        switch self {
        case .reachedInterested, .reachedNeedMaterials, .callBackAt, .reachedNotInterested, .doNotCall, .notEligible,
            .converted:
            true
        case .noAnswer, .busyOrRejected, .poweredOff, .wrongPerson, .duplicate, .spam: false
        }
    }

    /// Whether the person was spoken to and wants to go on.
    package var isQualified: Bool {
        [.reachedInterested, .reachedNeedMaterials, .converted].contains(self)
    }

    /// Whether a result can count at all (contract §4.9).
    package var canCount: Bool { self != .spam && self != .duplicate }

    /// Why the task is closed, for a disposition that closes it.
    package var closedReason: String? {
        switch self {
        case .wrongPerson: "bad_number"
        case .reachedNotInterested: "not_interested"
        case .doNotCall, .notEligible, .converted, .duplicate, .spam: self.rawValue
        default: nil
        }
    }

    package var needsCallAgainAt: Bool { self == .reachedInterested || self == .callBackAt }
    package var needsReason: Bool { self == .reachedNotInterested }
    package var needsMergeTarget: Bool { self == .duplicate }
    package var needsItem: Bool { self == .notEligible }
}

/// Why a phone could not be reached, for `powered_off`.
package enum PoweredOffReason: String, Sendable, CaseIterable {
    case off, suspended
    case noService = "no_service"
}
