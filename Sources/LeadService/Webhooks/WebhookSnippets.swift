package import Foundation

/// How a receiver checks a signature, in four languages; the files are whole and run as they are.
package struct WebhookSnippets: Sendable {
    package static let languages = [("python", "py"), ("node", "mjs"), ("go", "go"), ("php", "php")]
    /// By language.
    package let texts: [String: String]

    package init(resources: URL) throws {
        let folder = resources.appendingPathComponent("snippets")
        self.texts = Dictionary(
            uniqueKeysWithValues: try Self.languages.map { language, suffix in
                (language, try String(contentsOf: folder.appendingPathComponent("verify.\(suffix)"), encoding: .utf8))
            })
    }

    /// As the page names them.
    var context: [String: String] {
        Dictionary(uniqueKeysWithValues: self.texts.map { ("snippet_\($0.key)", $0.value) })
    }
}
