import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang export`.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Exports leads as the console does, to standard output or a file; it is recorded in the audit.",
        discussion:
            "Others on this machine can see a command's arguments. '--q -' reads what to search for from standard input instead: a phone number belongs there. The audit names the system account: that of SUDO_USER, else the process's."
    )

    @Option(help: "csv, xlsx or ndjson.")
    var format: String

    @Option(help: "A whole phone number, its last four digits, or a whole name; '-' reads it from standard input.")
    var q: String?

    @Option(help: "open, paused or closed.")
    var state: String?

    @Option(help: "The newest call's result.")
    var disposition: String?

    @Option(help: "An adviser's username.")
    var adviser: String?

    @Option(help: "Where the inquiry came from.")
    var source: String?

    @Option(help: "The first day of acceptance.")
    var from: String?

    @Option(help: "The last day of acceptance.")
    var to: String?

    @Option(help: "Whom the file is for, by the id in the settings: who has not agreed to that is left out.")
    var recipient: String?

    @Option(
        help:
            "Columns, separated by commas; the fourteen usual ones without it. Further ones: site, page_url, landing_url, referrer, utm_medium, utm_campaign, attribution, marketing, recipients."
    )
    var columns: String?

    @Option(help: "masked or plain; plain needs --reason.")
    var phone = "masked"

    @Option(help: "What the numbers are for.")
    var reason = ""

    @Option(help: "A file that appears when the export is whole; standard output without it.")
    var output: String?

    @OptionGroup var config: ConfigurationOption

    func validate() throws {
        guard ExportRequest.Format(rawValue: self.format) != nil else {
            throw ValidationError("--format is csv, xlsx or ndjson.")
        }
        guard let phone = ExportRequest.Phones(rawValue: self.phone) else {
            throw ValidationError("--phone is masked or plain.")
        }
        if phone == .plain, self.reason.trimmingCharacters(in: .whitespaces).isEmpty {
            throw ValidationError("Plain numbers need a --reason.")
        }
        if self.reason.count > 500 { throw ValidationError("The reason has at most 500 characters.") }
        _ = try self.chosenColumns()
    }

    func run() async throws {
        guard let format = ExportRequest.Format(rawValue: self.format),
            let phone = ExportRequest.Phones(rawValue: self.phone)
        else { return }
        let request = ExportRequest(
            format: format, filter: try self.filter(), columns: try self.chosenColumns(), phone: phone,
            reason: self.reason.trimmingCharacters(in: .whitespaces), actor: SystemAccount.actor("huifang export"),
            role: "command",
            staffID: nil)
        let path = self.output
        let counts = try await Installation.open(self.config) { installation in
            let exports = LeadExport(
                database: installation.database, dependencies: try await installation.dependencies())
            let counts = ExportCounts()
            // Inside, so that an interrupted export still has a database to be recorded as failed in.
            try await ExportTarget.write(to: path) { target in
                try await exports.stream(
                    request, begin: { rows, excluded in await counts.set(rows: rows, excluded: excluded) },
                    write: { try target.write($0) })
            }
            return await (rows: counts.rows, excluded: counts.excluded)
        }
        Output.error("exported \(counts.rows) leads, left out \(counts.excluded)\n")
    }

    /// What to search for, from standard input when the argument says so.
    private func search() throws -> String? {
        guard self.q == "-" else { return self.q }
        guard let line = readLine()?.trimmingCharacters(in: .whitespaces), !line.isEmpty else {
            throw Failure.usage("--q - found nothing on standard input")
        }
        return line
    }

    private func filter() throws -> LeadFilter {
        let given = [
            "q": try self.search(), "state": self.state, "disposition": self.disposition, "adviser": self.adviser,
            "source": self.source,
            "from": self.from, "to": self.to, "recipient": self.recipient,
        ]
        var fields = try FieldReader(.object(given.compactMapValues { $0.map { .string($0) } }))
        var filter = LeadFilter(&fields)
        filter.readRecipient(&fields)
        try fields.finish()
        return filter
    }

    private func chosenColumns() throws -> [ExportColumn] {
        guard let columns else { return ExportColumn.standard }
        guard let chosen = ExportColumn.list(columns) else {
            throw ValidationError("--columns has an unknown or repeated name.")
        }
        return chosen
    }
}

/// The counts of an export's snapshot.
private actor ExportCounts {
    private(set) var rows = 0
    private(set) var excluded = 0

    func set(rows: Int, excluded: Int) {
        self.rows = rows
        self.excluded = excluded
    }
}
