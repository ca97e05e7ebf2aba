import Foundation
import LeadService

/// Standard output and standard error, written at once and whole.
enum Output {
    static func line(_ text: String) {
        self.text(text + "\n")
    }

    static func text(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    static func json(_ value: JSONOutput) {
        self.line(value.text)
    }

    static func error(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
