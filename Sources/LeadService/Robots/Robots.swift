import Foundation
import Leads

/// The robots of group chats: what `huifang robots` does.
package struct Robots: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    private static let mostRobots = 20

    /// Adds a robot; its address and its secret are kept sealed.
    ///
    /// - Throws: 422 for what the vendor does not take; 409 `robot_taken`.
    package func add(
        _ name: String, _ kind: RobotKind, _ audience: RobotAudience, address: String, secret: String?, by actor: String
    ) async throws {
        var failures: [ValidationFailure] = []
        if name.wholeMatch(of: /[a-z0-9][a-z0-9_-]{0,39}/) == nil {
            failures.append(
                ValidationFailure(
                    "robot_name_invalid", at: "/name", "机器人名称应为小写字母、数字、- 和 _，最多 40 个字符",
                    english: "A robot's name has up to 40 lower-case letters, digits, '-' and '_'."))
        }
        if kind.address(address) == nil {
            failures.append(
                ValidationFailure(
                    "robot_address_invalid", at: "/address", "地址不是这个平台的机器人地址，请从群设置里整行复制",
                    english: "This is no address of a robot of \(kind.rawValue)'s; copy the whole line from the group.")
            )
        }
        let isSecret = secret.map { (1...200).contains($0.utf8.count) && !$0.contains(where: \.isNewline) }
        if (isSecret ?? false) != kind.signs || (secret != nil) != kind.signs {
            failures.append(
                ValidationFailure(
                    "robot_secret_invalid", at: "/secret", kind.signs ? "请给出加签密钥" : "企业微信的机器人没有密钥",
                    english: kind.signs ? "Its signing secret is needed." : "A robot of wecom's has no secret."))
        }
        guard failures.isEmpty else { throw Problem(failures: failures) }
        let id = self.dependencies.makeID()
        let keys = self.dependencies.keys
        let robot = Robot(
            id: id, name: name, kind: kind, audience: audience,
            addressSealed: try keys.seal(address, at: Robot.addressPlace(id)),
            secretSealed: try secret.map { try keys.seal($0, at: Robot.secretPlace(id)) })
        let now = self.dependencies.now()
        let event = self.audit.event(
            "robot.add", on: name, by: actor, role: "command",
            detail: ["kind": .string(kind.rawValue), "audience": .string(audience.rawValue)])
        try await self.database.transaction { tx in
            guard try await tx.robots().count < Self.mostRobots else {
                throw Problem(
                    .conflict, "robots_full", "最多 \(Self.mostRobots) 个机器人",
                    english: "There are \(Self.mostRobots) already.")
            }
            guard try await tx.insertRobot(robot, at: now) else {
                throw Problem(
                    .conflict, "robot_taken", "已经有这个名称的机器人", english: "There is a robot of this name already.")
            }
            try await tx.insert(event)
        }
    }

    /// Every robot by its name.
    package func all() async throws -> [RobotSummary] {
        let weekAgo = self.dependencies.now().addingTimeInterval(-7 * 86400)
        return try await self.database.autocommit { try await $0.robotSummaries(since: weekAgo) }
    }

    /// Takes a robot away, with what waits for it.
    ///
    /// - Returns: false when there is none of that name.
    package func remove(_ name: String, by actor: String) async throws -> Bool {
        let event = self.audit.event("robot.remove", on: name, by: actor, role: "command")
        return try await self.database.transaction { tx in
            guard try await tx.deleteRobot(name) else { return false }
            try await tx.insert(event)
            return true
        }
    }

    /// Posts a line at once, to see whether it arrives.
    ///
    /// - Returns: nil when there is no such robot.
    package func test(_ name: String) async throws -> RobotOutcome? {
        guard
            let robot = try await self.database.autocommit({ try await $0.robots() }).first(where: { $0.name == name })
        else { return nil }
        return await robot.post(
            "【回访】这是一条测试消息，收到说明机器人可用。", self.dependencies.keys, VendorClient(), at: self.dependencies.now())
    }
}
