import NIOCore
import NIOPosix

/// Finds the addresses of a host name.
package typealias HostResolver = @Sendable (String) async throws -> [IPAddress]

/// The resolver of the operating system, off the event loops and within a time.
enum NameService {
    struct Unknown: Error {}

    private static let patience = TimeAmount.seconds(3)

    @Sendable static func addresses(of host: String) async throws -> [IPAddress] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: [IPAddress].self)
        // The library's call cannot be stopped; its thread comes back whenever it does.
        let late = loop.scheduleTask(in: Self.patience) { answer.fail(Unknown()) }
        NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try Self.look(up: host) }.cascade(to: answer)
        defer { late.cancel() }
        return try await answer.futureResult.get()
    }

    /// The address that the system would connect to first.
    private static func look(up host: String) throws -> [IPAddress] {
        let found = try SocketAddress.makeAddressResolvingHost(host, port: 0)
        guard let address = found.ipAddress.flatMap({ IPAddress($0) }) else { throw Unknown() }
        return [address]
    }
}
