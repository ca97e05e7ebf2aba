import Foundation
import Leads

/// What every console page needs to know of the person in front of it.
struct ConsolePage: Sendable {
    let session: StaffSession
    let now: Date
    let people: [Colleague]

    /// - Parameter name: `desk`, `leads` and so on, which is also the script's name.
    func context(_ name: String, title: String) -> [String: Any] {
        let role = self.session.role
        // Who cannot assign needs the names of colleagues on the phone, not the accounts of those who administer.
        let callers = self.people.filter { colleague in
            guard let other = Role(rawValue: colleague.role), other.may(.workCallbacks) else { return false }
            return role.may(.assignCallbacks) || other != .administrator || colleague.username == self.session.username
        }
        return [
            "title": title, "script": "\(name).js", "page_class": "page-\(name)", "on_\(name)": true, "signed_in": true,
            "username": self.session.username, "display_name": self.session.displayName, "role": role.rawValue,
            "role_name": role.title,
            "server_time": RFC3339.text(self.now), "show_desk": role.may(.workCallbacks),
            "show_leads": role.may(.searchLeads), "show_board": role.may(.assignCallbacks),
            "people": callers.map { ["username": $0.username, "display_name": $0.displayName] },
            "can_claim": role.may(.workCallbacks) ? "true" : "false",
            "can_assign": role.may(.assignCallbacks) ? "true" : "false",
            "can_export": role.may(.exportLeads), "can_review": role.may(.browseLeads),
            "can_see_statistics": role.may(.readStatistics),
        ].merging(OfficePage.context(for: role, on: name)) { first, _ in first }
    }

    /// A page before the login.
    static func gate(title: String, script: String, more: [String: Any] = [:]) -> [String: Any] {
        ["title": title, "script": script, "page_class": "page-gate", "signed_in": false].merging(more) { first, _ in
            first
        }
    }
}
