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

    /// Whether the role has a permission; the one table of who may what.
    package func may(_ permission: Permission) -> Bool {
        switch permission {
        case .workCallbacks: [.adviser, .supervisor, .administrator].contains(self)
        case .assignCallbacks, .browseLeads: [.supervisor, .administrator].contains(self)
        case .searchLeads: [.adviser, .supervisor, .administrator].contains(self)
        case .exportLeads, .manageStaff: self == .administrator
        case .readAudit: self == .administrator || self == .auditor
        case .seeConsole: true
        }
    }
}

/// Something that not everybody may do.
package enum Permission: Sendable, Hashable, CaseIterable {
    case workCallbacks, assignCallbacks, searchLeads, browseLeads, exportLeads, manageStaff, readAudit, seeConsole
}

/// A password people choose: 12–128 characters after NFC, not one that everybody tries (ASVS 5.0 V6.2).
package struct Password: Sendable {
    package let text: String

    /// - Throws: `password_weak`.
    package init(choosing raw: String, username: String) throws(ValidationFailure) {
        let composed = raw.precomposedStringWithCanonicalMapping
        guard (12...128).contains(composed.count) else {
            throw ValidationFailure("password_weak", "密码需要 12–128 个字符", english: "A password has 12 to 128 characters.")
        }
        let lowered = composed.lowercased()
        let core = lowered.filter { $0.isLetter }
        let nameCore = username.lowercased().filter { $0.isLetter }
        let isCommon =
            Self.blocked.contains(lowered) || Self.blocked.contains(core) || Set(lowered).count < 5
            || lowered.contains("huifang") || Self.isOneWordRepeated(lowered)
            || (nameCore.count >= 3 && core == nameCore)
            || Self.runs.contains { $0.contains(lowered) || String($0.reversed()).contains(lowered) }
        guard !isCommon else {
            throw ValidationFailure("password_weak", "这个密码太常见，请换一个，例如几个不相干的词", english: "This password is too common.")
        }
        self.text = composed
    }

    /// `abcabcabcabc`: a start of at most six characters, over and over.
    private static func isOneWordRepeated(_ text: String) -> Bool {
        let characters = Array(text)
        return (1...6).contains { length in
            characters.indices.allSatisfy { characters[$0] == characters[$0 % length] }
        }
    }

    private static let runs = [
        "01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm",
    ]

    /// Whole passwords, or what is left of one without digits and signs.
    private static let blocked: Set<String> = [
        "password", "passw", "passwd", "passwordpassword", "administrator", "admin", "root", "adminadmin", "qwerty",
        "qwertyuiop",
        "qwert", "asdfgh", "asdfghjkl", "zxcvbnm", "iloveyou", "iloveyouiloveyou", "letmein", "letmeinletmein",
        "welcome",
        "welcomewelcome", "changeme", "changemechangeme", "woaini", "woaiwojia", "abc", "abcd", "abcdef",
        "a123456789012", "aa123456789", "test", "testtest",
        "shanghai", "jifen", "luohu", "juzhuzheng", "callback", "guanliyuan", "mima",
    ]
}

/// A staff member's login name.
package struct Username: Sendable, Hashable {
    package let text: String

    /// - Throws: `username_invalid`.
    package init(parsing raw: String) throws(ValidationFailure) {
        guard raw.wholeMatch(of: /[a-z0-9][a-z0-9._-]{1,31}/) != nil else {
            throw ValidationFailure(
                "username_invalid", "用户名为 2–32 个小写字母、数字、点、横线",
                english: "2–32 lower-case letters, digits, dots or hyphens.")
        }
        self.text = raw
    }
}
