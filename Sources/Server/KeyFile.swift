import Foundation
import LeadService

/// The file of the master keys: the credential `keys`, else `keys` in the data folder.
struct KeyFile {
    let configuration: ServiceConfiguration

    /// The folder in which systemd puts a unit's secrets.
    static var credentialsFolder: URL? {
        ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"].map { URL(fileURLWithPath: $0, isDirectory: true) }
    }

    /// The keys; nil when there is no key file.
    func read() throws -> KeyRing? {
        if let credential = Self.credentialsFolder?.appendingPathComponent("keys"),
            FileManager.default.fileExists(atPath: credential.path)
        {
            // Closed to others by its folder; systemd's access list makes the file's mode look readable by the group.
            guard let text = try? String(contentsOf: credential, encoding: .utf8) else {
                throw KeyRing.Failure.unreadable(path: credential.path)
            }
            return try KeyRing(text: text)
        }
        guard FileManager.default.fileExists(atPath: self.configuration.keyFile.path) else { return nil }
        return try KeyRing(file: self.configuration.keyFile)
    }

    /// The keys.
    ///
    /// A development run without any makes them, unless its database was used before.
    ///
    /// - Parameter isUsed: whether the database holds what only lost keys would open.
    func readOrMake(isUsed: () async throws -> Bool) async throws -> KeyRing {
        if let keys = try self.read() { return keys }
        let path = self.configuration.keyFile.path
        guard !self.configuration.isProduction else {
            throw Failure.precondition(
                "the key file is missing; give it as the credential 'keys' or at \(path), mode 0600 ('huifang doctor' says what it holds)"
            )
        }
        guard try await !isUsed() else {
            throw Failure.precondition(
                "the key file \(path) is missing but this database was used before; restore it from its backup")
        }
        try self.make()
        guard let keys = try self.read() else { throw KeyRing.Failure.unreadable(path: path) }
        return keys
    }

    /// Makes the file with mode 0600; of two processes that do so at once, one wins and both read its file.
    private func make() throws {
        let path = self.configuration.keyFile.path
        try FileManager.default.createDirectory(
            at: self.configuration.dataFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
        let draft = "\(path).\(ProcessInfo.processInfo.processIdentifier)"
        defer { unlink(draft) }
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY, 0o600)
        guard descriptor >= 0 else {
            throw Failure.precondition("the key file \(path) cannot be made; check the data folder's permissions")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(KeyRing.newText((0..<32).map { _ in UInt8.random(in: .min ... .max) }).utf8))
        try file.synchronize()
        try file.close()
        guard link(draft, path) == 0 || errno == EEXIST else {
            throw Failure.precondition("the key file \(path) cannot be made; check the data folder's permissions")
        }
    }
}
