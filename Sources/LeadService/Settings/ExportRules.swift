import Leads

/// What the settings say about exports.
package struct ExportRules: Sendable, Equatable {
    /// The switch for everybody: without it nothing is exported and no file is handed out.
    package var isOn = true
    /// More rows than this are refused; nil is any number.
    package var rowLimit: Int?
    /// Whether a second administrator has to agree to plain numbers, once there is one.
    package var needsApproval = false
    /// How long the reason of a job with plain numbers is at least.
    package var reasonLength = 10

    package init() {}

    /// - Returns: false for another key, or a value that does not fit.
    mutating func apply(_ key: String, _ value: JSONValue) -> Bool {
        switch (key, value) {
        case ("exports_enabled", .bool(let isOn)): self.isOn = isOn
        case ("export_approval", .bool(let isOn)): self.needsApproval = isOn
        case ("export_row_limit", _): return Settings.whole(value, 1...100_000_000) { self.rowLimit = $0 }
        case ("export_reason_length", _): return Settings.whole(value, 1...200) { self.reasonLength = $0 }
        default: return false
        }
        return true
    }
}
