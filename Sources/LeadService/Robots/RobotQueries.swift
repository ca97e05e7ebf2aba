import Foundation
import NIOCore
package import Postgres

extension Robot: TableRow {
    package static let columns = "id, name, kind, audience, address_sealed, secret_sealed"

    package init(row: PostgresRow) throws {
        let (id, name, kind, audience, address, secret) = try row.decode(
            (UUID, String, String, String, ByteBuffer, ByteBuffer?).self)
        guard let kind = RobotKind(rawValue: kind), let audience = RobotAudience(rawValue: audience) else {
            throw MissingRow()
        }
        self.init(
            id: id, name: name, kind: kind, audience: audience, addressSealed: address.bytes,
            secretSealed: secret?.bytes)
    }
}

extension RobotSummary: TableRow {
    package static let columns = """
        r.name, r.kind, r.audience, r.posted_at,
        (SELECT count(*) FROM robot_posts p WHERE p.robot_id = r.id AND p.state IN ('queued', 'sending')), f.failed, f.failure
        """

    package init(row: PostgresRow) throws {
        let (name, kind, audience, postedAt, waiting, failed, failure) = try row.decode(
            (String, String, String, Date?, Int, Int, String?).self)
        guard let kind = RobotKind(rawValue: kind), let audience = RobotAudience(rawValue: audience) else {
            throw MissingRow()
        }
        self.init(
            name: name, kind: kind, audience: audience, postedAt: postedAt, waiting: waiting, failed: failed,
            lastFailure: failure)
    }
}

extension Transaction {
    func robots() async throws -> [Robot] {
        try await self.all("SELECT \(columnsOf: Robot.self) FROM robots ORDER BY name LIMIT 100")
    }

    func robotSummaries(since: Date) async throws -> [RobotSummary] {
        try await self.all(
            """
            SELECT \(columnsOf: RobotSummary.self) FROM robots r CROSS JOIN LATERAL (
                SELECT count(*) AS failed, (array_agg(p.failure ORDER BY p.finished_at DESC))[1] AS failure FROM robot_posts p
                WHERE p.robot_id = r.id AND p.state = 'failed' AND p.created_at > \(since)) f
            ORDER BY r.name LIMIT 100
            """)
    }

    /// Adds a robot; false when there is one of that name.
    func insertRobot(_ robot: Robot, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO robots (id, name, kind, audience, address_sealed, secret_sealed, added_at)
            VALUES (\(robot.id), \(robot.name), \(robot.kind.rawValue), \(robot.audience.rawValue),
                    \(ByteBuffer(bytes: robot.addressSealed)), \(robot.secretSealed.map { ByteBuffer(bytes: $0) }), \(now))
            ON CONFLICT (name) DO NOTHING RETURNING 1
            """)
    }

    func deleteRobot(_ name: String) async throws -> Bool {
        try await self.execute("DELETE FROM robots WHERE name = \(name) RETURNING 1")
    }
}
