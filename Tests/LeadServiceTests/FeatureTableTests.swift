import Foundation
import Testing

/// The tables in `PublicSide.md`, `Desk.md` and `Office.md` have every row, and every test that they name exists.
@Suite struct FeatureTableTests {
    private static let tables = [
        "PublicSide": (1...18).map { "A1.\($0)" } + (1...22).map { "A2.\($0)" } + (1...9).map { "A3.\($0)" }
            + ["A7.4", "A7.8"],
        "Desk": (1...21).map { "A4.\($0)" } + (1...13).map { "A5.\($0)" },
        "Office": (1...18).map { "A6.\($0)" } + [1, 2, 3, 5, 6, 7].map { "A7.\($0)" } + (1...8).map { "A8.\($0)" }
            + (1...4).map { "S.\($0)" },
    ]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: self.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The cells of each row, by its number.
    private static func rows(_ page: String) throws -> [String: [String]] {
        let lines = try self.text("Sources/LeadService/LeadService.docc/\(page).md").split(separator: "\n")
        let rows = lines.filter { $0.hasPrefix("| A") || $0.hasPrefix("| S.") }.map { line in
            line.dropFirst(2).dropLast(1).components(separatedBy: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return Dictionary(grouping: rows, by: { $0[0] }).compactMapValues { $0.count == 1 ? $0[0] : nil }
    }

    @Test(arguments: Self.tables.keys.sorted())
    func `every row is there once, and names a test unless it says that it is not there`(_ page: String) throws {
        let rows = try Self.rows(page)
        #expect(Set(rows.keys) == Set(Self.tables[page] ?? []))
        for (number, cells) in rows {
            try #require(cells.count == 5, "\(number)")
            // "Partly" says what is missing, here or in words of its own.
            #expect(["yes", "partly", "not"].contains(cells[2].prefix { $0 != ":" }), "\(number)")
            #expect((cells[2] == "not") == cells[4].isEmpty, "\(number)")
        }
    }

    @Test(arguments: Self.tables.keys.sorted())
    func `every test that a row names exists`(_ page: String) throws {
        let swift = try ["Tests/LeadServiceTests", "Tests/LeadsTests"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: Self.root.appendingPathComponent(folder).path)
                .filter { $0.hasSuffix(".swift") }.map { try Self.text("\(folder)/\($0)") }
        }
        for (number, cells) in try Self.rows(page) {
            let names = cells[4].matches(of: /`([^`\/]+)\/([^`]+)`/).map { (String($0.1), String($0.2)) }
            // Nothing but names, so that none is passed over because it is written in another way.
            let rest = cells[4].replacing(/`[^`\/]+\/[^`]+`/, with: "")
            #expect(rest.trimmingCharacters(in: .whitespaces).isEmpty, "\(number): \(rest)")
            for (suite, name) in names {
                if suite.hasSuffix(".py") {
                    // The words of a check, not any words of the file.
                    let words = NSRegularExpression.escapedPattern(for: name)
                    let check = try Regex(#"tally\.check\(f?"(?:[^"]*[:,] )?"# + words + "\"")
                    #expect(try Self.text("Tests/Browser/\(suite)").contains(check), "\(number): \(suite)/\(name)")
                } else {
                    let head = try Regex("(struct|extension) `?\(NSRegularExpression.escapedPattern(for: suite))`? \\{")
                    let holds = swift.contains { $0.contains(head) && $0.contains("func `\(name)`(") }
                    #expect(holds, "\(number): \(suite)/\(name)")
                }
            }
        }
    }
}
