import ArgumentParser
import Configuration
import Foundation
import LeadService

/// `--config FILE`, and where else the configuration comes from: the environment wins, then the credentials folder.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("A file of KEY=value lines; the environment wins over it.", valueName: "file"))
    var path: String?

    /// Everything a run is configured with.
    ///
    /// - Throws: `ServiceConfiguration.Invalid`, or a failure that names the file's line.
    func load() throws -> ServiceConfiguration {
        try ServiceConfiguration(reader: self.reader(last: [:]))
    }

    /// As `load`, or without a database where none is configured: then its address is empty.
    func loadWithoutDatabase() throws -> ServiceConfiguration {
        do {
            return try self.load()
        } catch is ServiceConfiguration.Invalid {
            var configuration = try ServiceConfiguration(reader: self.reader(last: ["HUIFANG_DATABASE_URL": "-"]))
            guard configuration.databaseURL == "-" else {
                throw Failure.precondition("the configuration cannot be used")
            }
            configuration.databaseURL = ""
            return configuration
        }
    }

    /// - Parameter last: what counts when nothing else says it.
    private func reader(last: [String: String]) throws -> ConfigReader {
        var layers = [ProcessInfo.processInfo.environment, try Self.credentials()]
        if let path {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failure.precondition("the configuration file \(path) cannot be read")
            }
            layers.append(try Self.variables(in: text, file: path))
        }
        layers.append(last)
        return ConfigReader(providers: layers.map { EnvironmentVariablesProvider(environmentVariables: $0) })
    }

    /// Reads `KEY=value` lines; empty lines and those that begin with `#` say nothing.
    static func variables(in text: String, file: String) throws -> [String: String] {
        var variables: [String: String] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].wholeMatch(of: /[A-Z][A-Z0-9_]*/) != nil else {
                throw Failure.precondition("line \(index + 1) of \(file) is not KEY=value")
            }
            let name = String(parts[0])
            guard !name.hasPrefix("HUIFANG_") || ServiceConfiguration.variables.contains(name) else {
                throw Failure.precondition(
                    "line \(index + 1) of \(file): there is no variable \(name); deploy/server.env.example names all")
            }
            variables[name] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return variables
    }

    /// Secrets as files, each named after its variable: `huifang-database-url`.
    private static func credentials() throws -> [String: String] {
        guard let folder = KeyFile.credentialsFolder else { return [:] }
        var variables: [String: String] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
            let variable = name.uppercased().replacingOccurrences(of: "-", with: "_")
            guard variable.hasPrefix("HUIFANG_") else { continue }
            guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) else {
                throw Failure.precondition("the credential \(name) cannot be read")
            }
            variables[variable] = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return variables
    }
}
