import Foundation

/// Who runs a command, as the system knows them.
enum SystemAccount {
    /// A command's actor for the audit: its name and the account, that of `SUDO_USER` under sudo.
    static func actor(_ command: String) -> String { "\(command) (\(self.name))" }

    private static var name: String {
        // The environment may hold anything; what cannot be an account's name is none.
        if let name = ProcessInfo.processInfo.environment["SUDO_USER"],
            name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.\-]{0,63}/) != nil
        {
            return name
        }
        return getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    }
}
