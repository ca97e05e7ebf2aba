import Foundation

/// The Markdown that a notice may use, as HTML: headings, lists with dots and with numbers, paragraphs; bold and links in them.
///
/// Whatever else is written stays text, HTML too. A line that begins a paragraph under a list needs no empty line before it; one
/// that goes on with an item is indented.
enum NoticeText {
    static func html(_ markdown: String) -> String {
        var blocks: [Block] = []
        var isOpen = false
        for line in markdown.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let text = String(line).trimmed
            guard !text.isEmpty else {
                isOpen = false
                continue
            }
            if let heading = text.wholeMatch(of: /(#{1,3}) +(.+)/) {
                isOpen = false
                // The page has a title of its own.
                if heading.1.count > 1 {
                    blocks.append(Block(kind: .heading(heading.1.count), lines: [String(heading.2)]))
                }
            } else if let item = text.wholeMatch(of: /[-*] +(.+)/) {
                blocks.append(Block(kind: .dotted, lines: [String(item.1)]))
                isOpen = true
            } else if let item = text.wholeMatch(of: /([0-9]{1,4})[.)] +(.+)/) {
                blocks.append(Block(kind: .numbered(Int(item.1) ?? 1), lines: [String(item.2)]))
                isOpen = true
            } else if isOpen, let last = blocks.indices.last,
                blocks[last].kind == .paragraph || line.first?.isWhitespace == true
            {
                blocks[last].lines.append(text)
            } else {
                blocks.append(Block(kind: .paragraph, lines: [text]))
                isOpen = true
            }
        }
        return Self.html(blocks)
    }

    private struct Block {
        enum Kind: Equatable {
            case heading(Int)
            case dotted
            case numbered(Int)
            case paragraph

            /// The list that it is an item of.
            var list: String? {
                switch self {
                case .dotted: "ul"
                case .numbered: "ol"
                case .heading, .paragraph: nil
                }
            }
        }

        var kind: Kind
        var lines: [String]
    }

    private static func html(_ blocks: [Block]) -> String {
        var html = ""
        var list: String?
        for block in blocks {
            if block.kind.list != list {
                if let list { html += "</\(list)>" }
                list = block.kind.list
                if case .numbered(let first) = block.kind, first != 1 {
                    html += "<ol start=\"\(first)\">"
                } else if let list {
                    html += "<\(list)>"
                }
            }
            let text = Self.inline(Self.joined(block.lines))
            switch block.kind {
            case .heading(let level): html += "<h\(level)>\(text)</h\(level)>"
            case .dotted, .numbered: html += "<li>\(text)</li>"
            case .paragraph: html += "<p>\(text)</p>"
            }
        }
        if let list { html += "</\(list)>" }
        return html
    }

    /// A line's end is a space between Latin words and nothing between Chinese ones.
    private static func joined(_ lines: [String]) -> String {
        lines.reduce(into: "") { text, line in
            let isLatin = text.last?.isASCII == true && line.first?.isASCII == true
            text += (isLatin ? " " : "") + line
        }
    }

    private static func inline(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
            .replacing(/\[([^\[\]]+)\]\(((?:https?:\/\/|\/(?!\/)|#)[^\s()*]*)\)/) { "<a href=\"\($0.2)\">\($0.1)</a>" }
            .replacing(/\*\*([^*]+)\*\*/) { "<b>\($0.1)</b>" }
    }
}
