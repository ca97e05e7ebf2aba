import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang site`.
struct SiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "site", abstract: "Pages of others that carry the form.",
        discussion: "The form without a key needs none of this: HUIFANG_EMBED_ORIGINS says whose pages may carry it.",
        subcommands: [Add.self, Change.self, List.self])

    /// What can be said of a site, when it is added and later.
    struct Rules: ParsableArguments {
        @Option(
            name: .customLong("origin"),
            help:
                "Scheme, host and port of pages that may carry the form, such as https://www.example.com; several times. Replaces those before."
        )
        var origins: [String] = []

        @Option(help: "How many inquiries are taken from now on, or none for no limit. Those put aside do not count.")
        var quota: String?

        @Option(help: "The last day on which inquiries are taken, such as 2026-12-31, or none.")
        var closesOn: String?

        @Option(help: "What visitors read when it is closed, or none for the usual words. The telephone is added.")
        var closedText: String?

        @Flag(inversion: .prefixedNo, help: "Whether inquiries are taken at all.")
        var active: Bool?

        func validate() throws {
            for origin in self.origins where (try? Origin(parsing: origin)) == nil {
                throw ValidationError("'\(origin)' is no origin: scheme, host and port, no path, no wildcard.")
            }
            if self.origins.count > 20 { throw ValidationError("A site has at most 20 origins.") }
            if let quota, quota != "none", !(Int(quota).map { (1...1_000_000_000).contains($0) } ?? false) {
                throw ValidationError("--quota is a whole number above 0, or none.")
            }
            if let closesOn, closesOn != "none", (try? ShanghaiDate(parsing: closesOn)) == nil {
                throw ValidationError("--closes-on is a day such as 2026-12-31, or none.")
            }
            if let closedText, !(1...200).contains(closedText.unicodeScalars.count) {
                throw ValidationError("--closed-text has 1 to 200 characters.")
            }
        }

        func apply(to site: inout Site) {
            if !self.origins.isEmpty {
                site.origins = self.origins.compactMap { try? Origin(parsing: $0) }
            }
            if let quota { site.quota = Int(quota) }
            if let closesOn { site.closesOn = try? ShanghaiDate(parsing: closesOn) }
            if let closedText { site.closedText = closedText == "none" ? nil : closedText }
            if let active { site.isActive = active }
        }
    }

    /// `huifang site add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a site and prints its form key, alone, on standard output.")

        @Argument(help: "A short name: lower-case letters, digits, '-' and '_'.")
        var name: String

        @OptionGroup var rules: Rules
        @OptionGroup var config: ConfigurationOption

        func validate() throws {
            if self.rules.origins.isEmpty { throw ValidationError("Say at least one --origin.") }
        }

        func run() async throws {
            let (name, rules) = (self.name, self.rules)
            let site = try await SiteCommand.open(self.config) {
                try await $0.add(name, { rules.apply(to: &$0) }, by: .command(SystemAccount.actor("huifang site add")))
            }
            if let key = site.formKey { Output.line(key) }
        }
    }

    /// `huifang site set`.
    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Changes what is said, and leaves the rest as it is. A quota that changes begins anew.")

        @Argument(help: "The site's name.")
        var name: String

        @OptionGroup var rules: Rules
        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let (name, rules) = (self.name, self.rules)
            let site = try await SiteCommand.open(self.config) {
                try await $0.change(
                    name, { rules.apply(to: &$0) }, by: .command(SystemAccount.actor("huifang site set")))
            }
            guard let site else {
                throw Failure.precondition("there is no site '\(name)'; 'huifang site list' names them")
            }
            Output.json(site.json)
        }
    }

    /// `huifang site list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints every site as one line of JSON.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            for site in try await SiteCommand.open(self.config, { try await $0.all() }) { Output.json(site.json) }
        }
    }

    private static func open<Result: Sendable>(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (Sites) async throws -> Result
    ) async throws -> Result {
        try await Installation.open(config) { installation in
            let settings = installation.settings
            return try await body(
                Sites(
                    database: installation.database, dependencies: try await installation.dependencies(),
                    settings: settings))
        }
    }
}
