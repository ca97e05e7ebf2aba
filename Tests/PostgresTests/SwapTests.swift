import Foundation
import Testing

@Suite("The rule of the swap")
struct SwapTests {
    private static func names(_ table: String) -> Set<String> {
        Set(
            table.split(separator: "\n").flatMap { line in
                let words = line.split(separator: " ")
                let type = words.first.map { $0.dropLast() } ?? ""
                return words.dropFirst().map { type == "-" ? String($0) : "\(type).\($0)" }
            })
    }

    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/Postgres").standardizedFileURL

    @Test func `what is public outside Extras exists in PostgresNIO with that spelling`() throws {
        let allowed = Self.names(postgresNIOSymbols).union(Self.names(postgresNIOSymbolsWithoutEventLoops))
        let found = try PublicSymbols(folder: Self.sources, except: "Extras").names
        #expect(found.subtracting(allowed).sorted() == [], "move these to Extras")
        #expect(allowed.subtracting(found).sorted() == [], "these are gone; take them off the list")
        #expect(found.contains("PostgresClient.withTransaction(logger:file:line:isolation:_:)"))
    }

    @Test func `what Extras adds is found there`() throws {
        let all = try PublicSymbols(folder: Self.sources, except: "none").names
        let extras = all.subtracting(try PublicSymbols(folder: Self.sources, except: "Extras").names)
        #expect(extras.contains("PostgresClient.statistics"))
        #expect(extras.contains("PostgresConnection.pipeline(logger:file:line:_:)"))
    }

    @Test func `only Libpq and the rows talk to libpq, and no file is long`() throws {
        let files = FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.components(separatedBy: "\n").count <= 300, "\(file.lastPathComponent)")
            let mayCall =
                file.pathComponents.contains("Libpq") || file.lastPathComponent == "PSQLError+ServerInfo.swift"
            #expect(mayCall || !text.contains("import Clibpq"), "\(file.lastPathComponent)")
        }
    }
}
