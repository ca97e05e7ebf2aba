import ArgumentParser
import Foundation
import LeadService
import Leads
import NIOCore
import Postgres

/// Why a command ends early: one line, and the exit code by `sysexits.h`.
struct Failure: Error, Equatable {
    var code: Int32
    var message: String

    /// The arguments are wrong.
    static func usage(_ message: String) -> Failure { Failure(code: 64, message: message) }
    /// What was given to read is wrong.
    static func data(_ message: String) -> Failure { Failure(code: 65, message: message) }
    /// Something has to be put right before this can run.
    static func precondition(_ message: String) -> Failure { Failure(code: 78, message: message) }
    /// Looked at, and found wanting.
    static func found(_ message: String) -> Failure { Failure(code: 1, message: message) }

    init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// What to say of an error; nil for those of the argument parser, which says it itself.
    init?(explaining error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let invalid as ServiceConfiguration.Invalid: self = .precondition(invalid.description)
        case let refusal as Migrator.Refusal: self = .precondition(refusal.description)
        case let missing as SchemaSetup.RolesMissing: self = .precondition("\(missing)\n\n\(missing.sql)")
        case let refusal as KeyCheck.Refusal: self = .precondition(refusal.description)
        case let broken as SealBroken:
            self.init(code: 65, message: "\(broken); 'huifang fsck' lists all such rows")
        case let failure as KeyRing.Failure: self = .precondition(failure.description)
        case let failure as ValidationFailure:
            self = .data("\(failure.pointer) \(failure.detailInEnglish)".trimmingCharacters(in: .whitespaces))
        case let failure as AnswersFailure:
            self = .data(failure.failures.map { "\($0.pointer) \($0.detailInEnglish)" }.joined(separator: "; "))
        case let malformed as StrictJSON.Malformed: self = .data("the input cannot be read: \(malformed.explanation)")
        case let problem as Problem: self.init(problem)
        case let error as PostgresTransactionError:
            guard let cause = error.closureError ?? error.commitError ?? error.beginError ?? error.rollbackError else {
                return nil
            }
            self.init(explaining: cause)
        case let error as PSQLError: self.init(error)
        case let error as IOError where error.errnoCode == EADDRINUSE:
            self = .precondition(
                "the port is in use; stop the program that has it, or set HUIFANG_HTTP_PORT or HUIFANG_OPS_PORT")
        case let error as IOError: self.init(code: 71, message: error.description)
        case let error as CocoaError:
            self = .data(
                error.filePath.map { "the file \($0) cannot be read or written" } ?? "a file cannot be read or written")
        case is ExitCode, is CleanExit, is ValidationError: return nil
        default:
            // The argument parser's own errors are not public; they come with a usage text and its code.
            guard Huifang.exitCode(for: error) == .failure else { return nil }
            self.init(code: 70, message: "internal failure (\(type(of: error)))")
        }
    }

    private init(_ problem: Problem) {
        let fields = problem.failures.map { "\($0.pointer.dropFirst()): \($0.detailInEnglish)" }
        let text = fields.isEmpty ? problem.detailInEnglish : fields.joined(separator: "; ")
        self.init(code: problem.status == .unprocessableContent ? 64 : 1, message: text)
    }

    private init(_ error: PSQLError) {
        if error.meansUnavailable {
            self = .precondition(
                "the database cannot be reached (\(error.code)); start it, or correct HUIFANG_DATABASE_URL")
        } else if let state = error.sqlState, ["22023", "42501", "42704", "42P01"].contains(state) {
            self = .precondition("the database is not set up for this login (SQLSTATE \(state)); run 'huifang migrate'")
        } else {
            self.init(code: 70, message: "the database refused a statement (SQLSTATE \(error.sqlState ?? "none"))")
        }
    }
}
