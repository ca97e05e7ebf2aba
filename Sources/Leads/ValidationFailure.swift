/// A value that breaks a rule, said so that a person can put it right.
package struct ValidationFailure: Error, Sendable, Hashable {
    /// The stable word programs look for, such as `phone_invalid`.
    package let code: String
    /// Where the value stands, as a JSON pointer; empty for the value itself.
    package let pointer: String
    /// What happened and what to do, in Chinese.
    package let detail: String
    /// The same in English.
    package let detailInEnglish: String

    package init(_ code: String, at pointer: String = "", _ detail: String, english: String) {
        self.code = code
        self.pointer = pointer
        self.detail = detail
        self.detailInEnglish = english
    }

    /// The same failure seen from outside: `prefix` comes before its pointer.
    package func within(_ prefix: String) -> ValidationFailure {
        ValidationFailure(self.code, at: prefix + self.pointer, self.detail, english: self.detailInEnglish)
    }
}
