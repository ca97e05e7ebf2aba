import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

@Suite struct ProcessTests {
    @Test(arguments: [
        ["nonsense"], ["serve", "--roles", "cook"], ["staff", "add", "lin"], ["staff", "add", "lin", "--role", "cook"],
        ["calendar", "due", "tomorrow"], ["calendar", "due", "2026-02-30T00:00:00Z"], ["permit"],
        ["permit", "--valid-until", "2026-02-30"],
        ["export", "--format", "xls"], ["export", "--format", "csv", "--phone", "plain"],
        ["export", "--format", "csv", "--columns", "secret"],
        ["export", "--format", "csv", "--state", "asleep"], ["fsck", "--format", "xml"], [], ["audit"], ["calendar"],
        ["staff"], ["site"], ["benefit"], ["settings"], ["settings", "import"],
    ])
    func `bad usage exits 64`(arguments: [String]) async throws {
        try await Executable.withInstallation(.none) { huifang in
            let result = try await huifang.start(arguments).end()
            #expect(result.code == 64, "\(result.errors)")
            #expect(!result.errors.isEmpty)
            #expect(result.output == "")
        }
    }

    @Test func `every command explains itself`() async throws {
        try await Executable.withInstallation(.none) { huifang in
            let commands = [
                ["serve"], ["migrate"], ["staff"], ["staff", "add"], ["staff", "reset"], ["staff", "deactivate"],
                ["staff", "activate"], ["settings"], ["settings", "export"], ["settings", "import"], ["points"],
                ["points", "import"], ["benefit"],
                ["benefit", "add"], ["benefit", "remove"], ["benefit", "list"], ["calendar"], ["calendar", "due"],
                ["calendar", "import"],
                ["permit"], ["export"], ["fsck"], ["audit"], ["audit", "verify"], ["doctor"], ["version"],
            ]
            for command in commands {
                let result = try await huifang.start(command + ["--help"]).end()
                #expect(result.code == 0, "\(command)")
                #expect(result.output.contains("USAGE: huifang"), "\(command)")
            }
        }
    }

    @Test func `rules and calendar answer without a database`() async throws {
        try await Executable.withInstallation(.none) { huifang in
            let due = try await huifang.run("calendar", "due", "2026-11-25T17:59:00+08:00")
            #expect(due.output == #"{"due_at":"2026-11-26T18:00:00+08:00","provisional":false}"#)
            let early = try await huifang.run(
                "calendar", "due", "2026-11-25T09:59:00Z",
                environment: ["OPENING_HOURS": "08:00-17:30"])
            #expect(early.output == #"{"due_at":"2026-11-26T17:30:00+08:00","provisional":false}"#)
            let permit = try await huifang.run(
                "permit", "--valid-until", "2026-12-31", "--on", "2027-01-01")
            #expect(try StrictJSON.read(Array(permit.output.utf8))["status"].string == "overdue_curable")
            let points = try await huifang.run(
                "points", input: #"{"age": 44, "education": "bachelor_with_degree"}"#)
            let scored = try StrictJSON.read(Array(points.output.utf8))
            #expect(scored["items"]["age"].int == 29)
            let wrong = try await huifang.run("points", input: #"{"agee": 44}"#)
            #expect(wrong.code == 65)
            #expect(wrong.errors == "huifang: /agee Unknown name.\n")
            let zone = try await huifang.run("points", input: #"{"suburb_area":{"zone":"x","years":1}}"#)
            #expect(
                zone.errors == "huifang: /suburb_area/zone One of lingang, new_city, transformation_area.\n")
            let twice = try await huifang.run("points", input: "{\"age\": 44,\n\"age\": 45}")
            #expect(twice.code == 65)
            #expect(twice.errors == "huifang: the input cannot be read: line 2 has a name that stands there already\n")
        }
    }

    @Test func `migrate brings an empty database up, once, and makes it usable`() async throws {
        try await Executable.withInstallation(.empty) { huifang in
            #expect(try await huifang.run("migrate", "--check").code == 78)
            let first = try await huifang.run("migrate")
            #expect(first.code == 0, "\(first.errors)")
            #expect(first.output.hasPrefix("applied 0001_foundation.sql\n"))
            let again = try await huifang.run("migrate")
            #expect(again.output.hasPrefix("the schema is current: version "))
            #expect(try await huifang.run("migrate", "--check").code == 0)
            let password = try await huifang.run("staff", "add", "lin", "--role", "adviser", "--display-name", "林")
            #expect(password.output.wholeMatch(of: /[a-z2-9]{5}(-[a-z2-9]{5}){3}/) != nil, "\(password.errors)")
            let malformed = try await huifang.run("staff", "add", "Not A Name", "--role", "adviser")
            #expect(malformed.code == 64)
            // fsck would find it later, in every place where names are told.
            let number = try await huifang.run(
                "staff", "add", "wei", "--role", "adviser", "--display-name", "小魏 138 0000 0001")
            #expect(number.code == 64 && !number.errors.contains("0001"), "\(number.errors)")
            let taken = try await huifang.run("staff", "add", "lin", "--role", "adviser")
            #expect(taken.code == 1)
            #expect(taken.errors == "huifang: The username is taken.\n")
            let mode = try FileManager.default.attributesOfItem(
                atPath: huifang.folder.appendingPathComponent("keys").path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test func `an account is reset, ended and opened again by commands`() async throws {
        try await Executable.withInstallation { huifang in
            let first = try await huifang.run("staff", "add", "lin", "--role", "adviser")
            let second = try await huifang.run("staff", "reset", "lin")
            #expect(second.code == 0 && second.output.wholeMatch(of: /[a-z2-9]{5}(-[a-z2-9]{5}){3}/) != nil)
            #expect(second.output != first.output)
            #expect(
                try await huifang.run("staff", "deactivate", "lin").output
                    == "lin can log in no more; every session has ended")
            #expect(try await huifang.run("staff", "deactivate", "lin").output == "lin has ended already")
            let ended = try await huifang.run("staff", "reset", "lin")
            #expect(ended.code == 1 && ended.errors == "huifang: The account has ended; activate it first.\n")
            #expect(try await huifang.run("staff", "activate", "lin").output == "lin can log in again")
            for command in ["reset", "deactivate", "activate"] {
                let unknown = try await huifang.run("staff", command, "wang")
                #expect(unknown.code == 1 && unknown.errors == "huifang: There is no such account.\n", "\(command)")
            }
            #expect(try await huifang.run("audit", "verify").code == 0)
        }
    }

    @Test func `serve says where it is and who may log in, once, and stops on SIGTERM with exit 0`() async throws {
        try await Executable.withInstallation { huifang in
            let serve = try huifang.start(["serve"])
            let password = await serve.line(beginning: "Administrator")
            #expect(password?.contains("admin, one-time password") == true, "\(serve.logged)")
            serve.terminate()
            let ended = await serve.end()
            #expect(ended.code == 0)
            let lines = ended.errors.split(separator: "\n").map { try? StrictJSON.read(Array($0.utf8)) }
            #expect(!lines.contains(nil), "\(ended.errors)")
            #expect(lines.allSatisfy { $0?["level"].string == "info" }, "\(ended.errors)")

            let again = try huifang.start(["serve"])
            #expect(await again.line(beginning: "Console")?.hasSuffix("/staff") == true)
            again.terminate()
            let second = await again.end()
            #expect(second.code == 0)
            #expect(!second.output.contains("Administrator"))
            let waiting = try await huifang.run("audit", "verify")
            #expect(waiting.code == 0)
            #expect(waiting.output.hasPrefix("the audit holds: "))
        }
    }

    @Test func `a given first password is not printed`() async throws {
        try await Executable.withInstallation { huifang in
            let serve = try huifang.start(
                ["serve", "--roles", "http"], environment: ["BOOTSTRAP_ADMIN_PASSWORD": "correct-horse-battery-9"])
            _ = await serve.line(beginning: "Operations")
            serve.terminate()
            let ended = await serve.end()
            #expect(ended.code == 0)
            #expect(!ended.output.contains("Administrator"))
            #expect(!ended.errors.contains("battery"))
        }
    }

    @Test func `a file of variables counts after the environment and before the defaults`() async throws {
        try await Executable.withInstallation(.none) { huifang in
            let file = huifang.folder.appendingPathComponent("server.env")
            try "# our hours\n\nHUIFANG_OPENING_HOURS=08:00-17:00\n".write(to: file, atomically: true, encoding: .utf8)
            let due = ["calendar", "due", "2026-11-25T17:59:00+08:00", "--config", file.path]
            #expect(try await huifang.start(due).end().output.contains("T17:00:00"))
            let both = try await huifang.start(due, environment: ["OPENING_HOURS": "08:00-16:00"])
                .end()
            #expect(both.output.contains("T16:00:00"))
            try "# none\nHUIFANG_OPENING_HOUR=08:00-17:00\n".write(to: file, atomically: true, encoding: .utf8)
            let unknown = try await huifang.start(due).end()
            #expect(unknown.code == 78)
            #expect(
                unknown.errors
                    == "huifang: line 2 of \(file.path): there is no variable HUIFANG_OPENING_HOUR; deploy/server.env.example names all\n"
            )
            try "opening hours\n".write(to: file, atomically: true, encoding: .utf8)
            let broken = try await huifang.start(due).end()
            #expect(broken.code == 78)
            #expect(broken.errors == "huifang: line 1 of \(file.path) is not KEY=value\n")
        }
    }

    @Test func `fsck and audit verify tell what they found by their exit code`() async throws {
        try await Executable.withInstallation { huifang in
            try #require(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            let clean = try await huifang.run("fsck", "--format", "json")
            #expect(clean.code == 0)
            #expect(try StrictJSON.read(Array(clean.output.utf8))["ok"].bool)
            try await huifang.database.script(#"UPDATE audit_events SET detail = '{"q":"13800000001"}'"#)
            let broken = try await huifang.run("fsck")
            #expect(broken.code == 1)
            #expect(broken.output.hasPrefix("I9 number_in_audit_events: "))
            #expect(broken.errors == "")
            let audit = try await huifang.run("audit", "verify")
            #expect(audit.code == 1)
            #expect(audit.output.contains("the event was altered"))
        }
    }

    @Test func `an export goes to a file that appears when it is whole, and into the audit`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("leads.csv")
            let result = try await huifang.run("export", "--format", "csv", "--output", file.path)
            #expect(result.code == 0, "\(result.errors)")
            #expect(try String(contentsOf: file, encoding: .utf8).hasSuffix("\r\n"))
            #expect(!FileManager.default.fileExists(atPath: file.path + ".part"))
            let recorded = try await huifang.database.query(
                "SELECT 1 FROM audit_events WHERE action = 'export.done' AND actor LIKE 'huifang export (%)'")
            #expect(recorded.count == 1)
        }
    }
}
