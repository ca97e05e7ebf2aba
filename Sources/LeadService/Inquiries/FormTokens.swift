import Foundation
import Leads

/// Tells how long a form was open: a signed time, asked for when the visitor first touches the form.
package struct FormTokens: Sendable {
    private let dependencies: Dependencies

    /// Nobody reads, fills and sends the form in less.
    private static let shortest: TimeInterval = 2
    private static let signatureLength = 16

    package init(dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    package func make() -> String {
        let milliseconds = String(Int64(self.dependencies.now().timeIntervalSince1970 * 1000))
        return milliseconds + "." + Base64URL.encode(self.signature(of: milliseconds))
    }

    /// Whether a token shows that a program filled the form: not one of ours, or too fresh.
    package func isSuspicious(_ token: String) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let signature = Base64URL.decode(String(parts[1])),
            self.signature(of: String(parts[0])).elementsEqual(signature)
        else { return true }
        let opened = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        return self.dependencies.now().timeIntervalSince(opened) < Self.shortest
    }

    private func signature(of time: String) -> [UInt8] {
        Array(self.dependencies.keys.mac(.formToken, Data(time.utf8)).prefix(Self.signatureLength))
    }
}
