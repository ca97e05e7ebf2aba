import ArgumentParser
import LeadService

/// `huifang version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints version, schema version and build.")
    static let text = "0.1.0"

    #if DEBUG
    private static let build = "debug"
    #else
    private static let build = "release"
    #endif

    func run() throws {
        Output.line("huifang \(Self.text), schema \(try SchemaSetup.migrator().version), \(Self.build) build")
    }
}
