import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// `huifang robots`, as a process of its own.
@Suite struct RobotCommandTests {
    @Test func `a robot is added from standard input, listed without its key, tried and taken away`() async throws {
        let vendor = VendorServer(now: { Date() })
        try await vendor.running { url in
            try await Executable.withInstallation { huifang in
                let address = RobotVendor.address(.dingtalk, at: url)
                let added = try await huifang.run(
                    "robots", "add", "team", "--kind", "dingtalk", "--audience", "team",
                    input: "\(address)\n\(RobotVendor.secret)\n")
                #expect(added.code == 0, "\(added.errors)")
                let listed = try await huifang.run("robots", "list")
                let robot = try StrictJSON.read(Array(listed.output.utf8))
                #expect(
                    robot["name"].string == "team" && robot["kind"].string == "dingtalk" && robot["failed"].int == 0)
                for said in [added.output, listed.output] {
                    #expect(!said.contains("test-key") && !said.contains(RobotVendor.secret))
                }
                let tried = try await huifang.run("robots", "test", "team")
                #expect(tried.code == 0, "\(tried.errors)")
                #expect(vendor.taken.map(\.template) == ["dingtalk"])
                vendor.play { _ in .answer(200, #"{"errcode":310000,"errmsg":"no"}"#) }
                let refused = try await huifang.run("robots", "test", "team")
                #expect(refused.code == 78 && refused.errors.contains("code_310000"))
                let twice = try await huifang.run(
                    "robots", "add", "team", "--kind", "wecom", "--audience", "team",
                    input: RobotVendor.address(.wecom, at: url))
                #expect(
                    twice.code != 0 && twice.errors.contains("There is a robot of this name already"), "\(twice.errors)"
                )
                #expect(try await huifang.run("robots", "remove", "team").code == 0)
                for arguments in [["remove", "team"], ["test", "team"]] {
                    let gone = try await huifang.run("robots", arguments[0], arguments[1])
                    #expect(gone.code == 78 && gone.errors.contains("there is no robot 'team'"))
                }
                let kept = try await huifang.database.query(
                    "SELECT string_agg(action || ' ' || object, ', ' ORDER BY at) FROM audit_events WHERE action LIKE 'robot.%'"
                )
                #expect(try kept.first?.decode(String?.self) == "robot.add team, robot.remove team")
            }
        }
    }

    @Test func `what is no robot is refused by name`() async throws {
        try await Executable.withInstallation { huifang in
            let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
            for (name, kind, input, words) in [
                ("team", "wecom", "", "no address"), ("team", "wecom", "https://example.com/?key=k", "no address"),
                ("Team", "wecom", wecom, "lower-case"), ("team", "feishu", wecom, "no address"),
                ("team", "dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=k", "secret is needed"),
            ] {
                let refused = try await huifang.run(
                    "robots", "add", name, "--kind", kind, "--audience", "team", input: input)
                #expect(refused.code != 0 && refused.errors.contains(words), "\(name) \(kind): \(refused.errors)")
            }
            let kind = try await huifang.run(
                "robots", "add", "team", "--kind", "slack", "--audience", "team", input: wecom)
            #expect(kind.code == 64)
            #expect(try await huifang.run("robots", "list").output.isEmpty)
        }
    }
}
