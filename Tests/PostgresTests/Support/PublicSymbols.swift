import Foundation

/// The public declarations of Swift source that is laid out as swift-format does it: four spaces deeper in each type.
struct PublicSymbols {
    private(set) var names: Set<String> = []

    init(folder: URL, except: String) throws {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init()
        where file.pathExtension == "swift" && !file.pathComponents.contains(except) {
            self.read(try String(contentsOf: file, encoding: .utf8))
        }
    }

    /// A declaration's first line: modifiers, keyword and name.
    private let declaration =
        /^(?:(?:public|package|internal|private|fileprivate|final|static|mutating|nonisolated|indirect)(?:\(set\))? )*(?<keyword>extension|struct|class|enum|protocol|actor|typealias|func|var|let|init|subscript)\b\??[ ]*`?(?<name>==|<(?= )|[\w.]*)/

    private mutating func read(_ text: String) {
        var enclosing: [(indentation: Int, name: String)] = []
        let lines = text.components(separatedBy: "\n")
        for (number, line) in lines.enumerated() {
            let indentation = line.prefix { $0 == " " }.count
            let code = line.dropFirst(indentation)
            guard !code.isEmpty, let match = code.firstMatch(of: self.declaration) else { continue }
            enclosing.removeAll { $0.indentation >= indentation }
            let path = enclosing.map { $0.name + "." }.joined()
            let isPublic = match.0.contains(/\bpublic\b(?!\(set\))/)
            let name = String(match.name)
            switch match.keyword {
            case "extension", "struct", "class", "enum", "protocol", "actor":
                enclosing.append((indentation, name))
                guard isPublic, match.keyword != "extension" else { continue }
                self.names.insert(path + name)
            case "func", "init", "subscript":
                guard isPublic else { continue }
                let signature =
                    String(code[match.range.upperBound...]) + lines.dropFirst(number + 1).prefix(20).joined()
                let isSubscript = match.keyword == "subscript"
                let labels = Self.parameters(signature).map { Self.label($0, isSubscript: isSubscript) }
                self.names.insert(
                    path + (match.keyword == "func" ? name : String(match.keyword)) + "(\(labels.joined()))")
            default:
                guard isPublic else { continue }
                self.names.insert(path + name)
            }
        }
    }

    /// The texts between the commas of the first parentheses that are not inside angle brackets.
    private static func parameters(_ signature: String) -> [String] {
        var depth = 0
        var angles = 0
        var parameters = [""]
        var previous: Character = " "
        for character in signature {
            defer { previous = character }
            switch character {
            case "<": angles += 1
            case ">" where previous != "-": angles -= 1
            case "(" where depth == 0 && angles > 0: continue
            case "(", "[", "{":
                depth += 1
                if depth == 1 { continue }
            case ")", "]", "}":
                guard depth > 0 else { continue }
                depth -= 1
                if depth == 0 { return parameters.filter { $0.contains(":") } }
            case "," where depth == 1 && angles == 0:
                parameters.append("")
                continue
            default: break
            }
            if depth > 0 { parameters[parameters.count - 1].append(character) }
        }
        return []
    }

    /// A subscript's parameters have no label unless they have two names.
    private static func label(_ parameter: String, isSubscript: Bool) -> String {
        let words = parameter.prefix { $0 != ":" }.split(separator: " ")
        return (isSubscript && words.count < 2 ? "_" : String(words.first ?? "_")) + ":"
    }
}
