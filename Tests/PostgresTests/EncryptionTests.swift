import Foundation
import Postgres
import TestCluster
import Testing

extension Sequential {
    @Suite("Encrypted connections", .enabled(if: ServerAccount.find("openssl") != nil, "openssl is not installed"))
    struct EncryptionTests {
        private static func makeCertificate(_ folder: String, _ name: String) async throws {
            try await ServerAccount.execute([
                ServerAccount.find("openssl") ?? "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                "\(folder)/\(name).key", "-out", "\(folder)/\(name).crt",
            ])
            try await ServerAccount.execute(["/bin/chmod", "600", "\(folder)/\(name).key"])
        }

        private static func isEncrypted(
            _ port: Int, _ tls: PostgresConnection.Configuration.TLS
        ) async throws -> Bool {
            let configuration = PostgresConnection.Configuration(
                host: "127.0.0.1", port: port, username: "postgres", password: nil, database: "postgres", tls: tls)
            let connection = try await PostgresConnection.connect(configuration: configuration, id: 1, logger: logger)
            let isEncrypted = try await connection.one(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", as: Bool.self)
            try await connection.close()
            return isEncrypted
        }

        @Test func `a connection is encrypted as asked, to the server that is meant, or not made`() async throws {
            let port = try ServerAccount.freePort()
            try await PrivateServer.run(settings: [
                "listen_addresses = '127.0.0.1'", "port = \(port)", "ssl = on", "ssl_cert_file = '../server.crt'",
                "ssl_key_file = '../server.key'",
            ]) { folder async throws in
                try await Self.makeCertificate(folder, "server")
                try await Self.makeCertificate(folder, "stranger")
            } _: { server async throws in
                #expect(try await Self.isEncrypted(port, .require))
                #expect(try await Self.isEncrypted(port, .prefer))
                #expect(try await !Self.isEncrypted(port, .disable))
                let root = "\(server.folder)/server.crt"
                #expect(try await Self.isEncrypted(port, .verifyFull(rootCertificate: root)))
                let stranger = try await #require(throws: PSQLError.self) {
                    try await Self.isEncrypted(port, .verifyFull(rootCertificate: "\(server.folder)/stranger.crt"))
                }
                #expect(stranger.code == .connectionError)
                #expect(String(reflecting: stranger).contains("certificate verify failed"))
                #expect(
                    try await withTestConnection(
                        conninfo: "host=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=require"
                    ) {
                        try await $0.one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", as: Bool.self)
                    })

                try await withTestConnection(
                    conninfo: "host=\(server.folder) port=\(port) user=postgres dbname=postgres"
                ) {
                    connection async throws in
                    try await connection.query("ALTER SYSTEM SET ssl = off", logger: logger)
                    try await connection.query("SELECT pg_reload_conf()", logger: logger)
                }
                try await eventually { try await !Self.isEncrypted(port, .prefer) }
                let plain = try await #require(throws: PSQLError.self) { try await Self.isEncrypted(port, .require) }
                #expect(plain.code == .connectionError)
                #expect(String(reflecting: plain).contains("server does not support SSL"))
            }
        }
    }
}
