import Foundation
import Leads

/// What people read of the settings that the office's page shows, in its order (`Resources/settings.json`).
///
/// Two kinds are not there: test numbers are people's, and terms of retention have a page of their own.
struct SettingTitles: Sendable {
    struct Group: Sendable, Decodable {
        let title: String
        let settings: [Title]
    }

    struct Title: Sendable, Decodable {
        let key: String
        let title: String
        let help: String?
    }

    let groups: [Group]

    init(resources: URL) throws {
        self.groups = try JSONDecoder().decode(
            [Group].self, from: Data(contentsOf: resources.appendingPathComponent("settings.json")))
    }

    var keys: [String] { self.groups.flatMap { $0.settings.map(\.key) } }
}
