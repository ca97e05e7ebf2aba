import Foundation
import Leads

/// Tells how long a form was open: a signed time, asked for when the visitor first touches the form.
package struct FormTokens: Sendable {
    private let dependencies: Dependencies

    /// Nobody reads, fills and sends the form in less.
    private static let shortest: TimeInterval = 2

    package init(dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    package func make() -> String {
        let milliseconds = String(Int64(self.dependencies.now().timeIntervalSince1970 * 1000))
        return milliseconds + "." + self.signature(milliseconds)
    }

    /// Whether a token shows that a program filled the form: not one of ours, or too fresh.
    package func isSuspicious(_ token: String) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), self.signature(String(parts[0])) == parts[1] else {
            return true
        }
        let opened = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        return self.dependencies.now().timeIntervalSince(opened) < Self.shortest
    }

    private func signature(_ text: String) -> String {
        Base64URL.encode(self.dependencies.keys.mac(.formToken, Data(text.utf8)).prefix(16))
    }
}
