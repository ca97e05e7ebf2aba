import Leads

/// The pages of those who answer for the service, in the order of their links.
enum OfficePage: String, CaseIterable {
    case people
    case settings
    case sites
    case apiKeys = "api-keys"
    case webhooks
    case exports
    case imports
    case privacy
    case retention
    case calendar
    case rules
    case jobs
    case audit
    case start

    var title: String {
        switch self {
        case .people: "员工"
        case .settings: "设置"
        case .sites: "表单"
        case .apiKeys: "密钥"
        case .webhooks: "Webhook"
        case .exports: "导出"
        case .imports: "导入"
        case .privacy: "隐私请求"
        case .retention: "保存期限"
        case .calendar: "日历"
        case .rules: "规则"
        case .jobs: "后台"
        case .audit: "审计"
        case .start: "开始清单"
        }
    }

    var permission: Permission {
        switch self {
        case .people, .apiKeys, .webhooks: .readStaff
        case .privacy: .readPrivacyRequests
        case .audit, .exports, .jobs: .readAudit
        case .imports: .manageStaff
        case .settings, .sites, .retention, .calendar, .rules, .start: .readOffice
        }
    }

    var path: String { "/staff/" + self.rawValue }

    /// What the links need: all pages open to a role, the first for the bar, and which one is looked at.
    static func context(for role: Role, on name: String) -> [String: Any] {
        let pages = self.allCases.filter { role.may($0.permission) }
        guard let first = pages.first else { return [:] }
        return [
            "office_path": first.path, "on_office": OfficePage(rawValue: name) != nil,
            "office": pages.map { ["path": $0.path, "title": $0.title, "is_current": $0.rawValue == name] },
        ]
    }
}
