import Foundation
import LeadService
import NIOCore
import NIOPosix

/// Tries out a port without keeping it.
enum PortProbe {
    /// What becomes of listening there.
    static func state(of host: String, _ port: Int) async -> Doctor.PortState {
        do {
            let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
            try await channel.close().get()
            return .free
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return await self.answer(host, port)
        } catch let error as IOError {
            return .unusable(reason: String(cString: strerror(error.errnoCode)))
        } catch {
            return .unusable(reason: "no such address")
        }
    }

    /// Whose server answers there.
    private static func answer(_ host: String, _ port: Int) async -> Doctor.PortState {
        guard
            let channel = try? await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(1))
                .connect(
                    host: host, port: port,
                    channelInitializer: { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                        }
                    })
        else { return .taken }
        channel.channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.channel.close(promise: nil) }
        let answer = try? await channel.executeThenClose { inbound, outbound in
            try await outbound.write(
                ByteBuffer(string: "GET /livez HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"))
            var answer = ""
            for try await buffer in inbound {
                answer += String(buffer: buffer)
                if answer.contains(OperationsRoutes.livenessText) || answer.utf8.count > 4096 { break }
            }
            return answer
        }
        guard let answer, answer.contains(OperationsRoutes.livenessText) else { return .taken }
        let name = OperationsRoutes.httpPortField.lowercased() + ":"
        let field = answer.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix(name) }
        return .ours(httpPort: field.flatMap { Int($0.dropFirst(name.count).drop { $0 == " " }) })
    }
}
