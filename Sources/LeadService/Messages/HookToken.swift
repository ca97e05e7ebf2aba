import Crypto
import Foundation

/// The token in the vendors' report addresses: the configured one, else one derived from the oldest key.
///
/// Derived, it is random since the key file was made and the same in every process, without being kept anywhere.
package struct HookToken: Sendable {
    package let text: String

    package init(configuration: ServiceConfiguration, keys: KeyRing) {
        self.text = configuration.vendors.hookToken ?? keys.hookToken
    }

    /// Compares without telling by its time how much was right.
    func isRight(_ given: String) -> Bool {
        let (left, right) = (SHA256.hash(data: Data(given.utf8)), SHA256.hash(data: Data(self.text.utf8)))
        return left == right
    }

    /// The address to enter in a telephone system.
    package func callAddress(_ configuration: ServiceConfiguration) -> String {
        "\(configuration.publicURL.base)/hooks/calls/\(self.text)"
    }

    /// The addresses to enter at the vendors, by gateway.
    package func addresses(_ configuration: ServiceConfiguration) -> [(gateway: String, address: String)] {
        configuration.gateways.filter { $0 != "console" }.map {
            ($0, "\(configuration.publicURL.base)/hooks/sms/\($0)/\(self.text)")
        }
    }
}
