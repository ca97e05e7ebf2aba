import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang benefit`.
struct BenefitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benefit", abstract: "What visitors may have after their inquiry.",
        subcommands: [Add.self, Remove.self, List.self])

    private static let actor = "huifang benefit"

    /// `huifang benefit add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offers a file, an address, or something an adviser sends; in the place of what has the same id.",
            discussion:
                "A file is a PDF, PNG or JPEG of at most 4 MiB and is served to holders of a receipt only. An address with https is shown as a code to scan."
        )

        @Argument(help: "The file; without it and --url an adviser sends what was asked for.")
        var file: String?

        @Option(help: "Its name in requests: small letters, digits and hyphens.")
        var id: String

        @Option(help: "What visitors read, at most 40 characters.")
        var title: String

        @Option(help: "A page of ours such as /permit-renewal, or an https address such as a group's invitation.")
        var url: String?

        @OptionGroup var config: ConfigurationOption

        func validate() throws {
            guard self.file == nil || self.url == nil else { throw ValidationError("Either a file or --url.") }
        }

        func run() async throws {
            let file = try self.file.map { try Self.read($0) }
            let (id, title, url) = (self.id, self.title, self.url)
            try await BenefitCommand.change(self.config) { list in
                try await list.add(id: id, title: title, file: file, url: url, by: BenefitCommand.actor)
            }
            Output.line("offered: \(id)")
        }

        private static func read(_ path: String) throws -> BenefitFile {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            // One byte more than allowed tells, however large it is.
            let data = try handle.read(upToCount: BenefitFile.largest + 1) ?? Data()
            do {
                return try BenefitFile(Array(data))
            } catch BenefitFile.Refusal.empty {
                throw Failure.data("\(path) is empty")
            } catch BenefitFile.Refusal.tooLarge {
                throw Failure.data("\(path) is larger than 4 MiB")
            } catch BenefitFile.Refusal.unknownKind {
                throw Failure.data("\(path) is no PDF, PNG or JPEG")
            }
        }
    }

    /// `huifang benefit remove`.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offers something no more; who asked for it stays known.")

        @Argument(help: "Its name in requests.")
        var id: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let id = self.id
            try await BenefitCommand.change(self.config) { try await $0.remove(id, by: BenefitCommand.actor) }
            Output.line("offered no more: \(id)")
        }
    }

    /// `huifang benefit list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints what is offered now, as JSON.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let benefits = try await BenefitCommand.open(self.config) { try await $0.list() }
            Output.json(.array(benefits.map(\.json)))
        }
    }

    private static func open<Result: Sendable>(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (BenefitList) async throws -> Result
    ) async throws -> Result {
        try await Installation.open(config) { installation in
            let settings = installation.settings
            return try await body(
                BenefitList(
                    database: installation.database, dependencies: try await installation.dependencies(),
                    settings: settings))
        }
    }

    private static func change(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (BenefitList) async throws -> Void
    ) async throws {
        do {
            try await Self.open(config, body)
        } catch BenefitList.Refusal.unfit {
            throw Failure.usage(
                "an id has small letters, digits and hyphens; a title 1 to 40 characters; an address begins with / or https://"
            )
        } catch BenefitList.Refusal.full {
            throw Failure.precondition("eight are offered already; remove one first")
        } catch BenefitList.Refusal.unknown {
            throw Failure.usage("nothing of that id is offered; 'huifang benefit list' shows what is")
        }
    }
}
