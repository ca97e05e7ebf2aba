import Foundation

/// What somebody of the staff is there for.
package enum Role: String, Sendable, Hashable, CaseIterable {
    case adviser, supervisor, administrator, auditor, privacy

    package var title: String {
        switch self {
        case .adviser: "顾问"
        case .supervisor: "主管"
        case .administrator: "管理员"
        case .auditor: "审计"
        case .privacy: "隐私专员"
        }
    }

    /// Whether somebody of the role logs in with a second factor where one is required: who sees more than their own
    /// calls.
    package var needsSecondFactor: Bool { self != .adviser }

    /// Whether the role has a permission; the one table of who may what.
    package func may(_ permission: Permission) -> Bool {
        switch permission {
        case .workCallbacks: [.adviser, .supervisor, .administrator].contains(self)
        case .assignCallbacks, .browseLeads: [.supervisor, .administrator].contains(self)
        case .searchLeads: [.adviser, .supervisor, .administrator].contains(self)
        case .exportLeads, .manageStaff: self == .administrator
        case .readStaff: self == .administrator || self == .auditor
        case .readPrivacyRequests: [.administrator, .auditor, .privacy].contains(self)
        case .workPrivacyRequests: self == .administrator || self == .privacy
        case .readAudit, .readOffice: self == .administrator || self == .auditor
        case .readStatistics: [.supervisor, .administrator, .auditor].contains(self)
        case .seeConsole: true
        }
    }
}

/// Something that not everybody may do.
package enum Permission: Sendable, Hashable, CaseIterable {
    case workCallbacks, assignCallbacks, searchLeads, browseLeads, exportLeads, manageStaff, readStaff, readAudit,
        readOffice,
        readPrivacyRequests, workPrivacyRequests, readStatistics,
        seeConsole
}

/// A staff member's login name.
package struct Username: Sendable, Hashable {
    package let text: String

    /// - Throws: `username_invalid`, also for somebody's number, as usernames are in logs and lists.
    package init(parsing raw: String) throws(ValidationFailure) {
        guard raw.wholeMatch(of: /[a-z0-9][a-z0-9._-]{1,31}/) != nil, !PhoneNumber.isTold(in: raw),
            !IdentityNumber.isTold(in: raw)
        else {
            throw ValidationFailure(
                "username_invalid", "用户名为 2–32 个小写字母、数字、点、横线，不含电话或证件号码",
                english: "2–32 lower-case letters, digits, dots or hyphens, and no telephone or identity number.")
        }
        self.text = raw
    }
}
