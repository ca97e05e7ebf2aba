import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// A port that answers HTTP, with the limits every connection is under.
enum Listener {
    private static let idle: TimeAmount = .seconds(30)
    private static let mostConnections = 1024
    private static let longestHeaders = 64 * 1024

    /// - Parameter onRunning: gets the port once it is listened on.
    static func application<Responder: HTTPResponderBuilder>(
        router: Responder, host: String, port: Int, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> any Service
    where Responder.Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: self.longestHeaders, maxHeaderListSize: self.longestHeaders)
        return Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard()], idleTimeout: self.idle,
                    httpDecoderConfiguration: decoder)),
            configuration: .init(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(self.mostConnections, logger: logger)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? port) }, logger: logger)
    }
}
