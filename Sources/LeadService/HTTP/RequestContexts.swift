import HTTPTypes
package import Hummingbird
import Leads
import Logging
import NIOCore

/// What a request carries through middleware and route.
package struct LeadRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The address at the other end of the connection.
    package let peer: String
    /// The visitor's address: the peer's, or what trusted proxies say; set by `ClientAddressMiddleware`.
    package var clientAddress: ClientAddress
    /// Who is logged in; set by `AccessCheck` on staff routes.
    package var session: StaffSession?
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.peer = source.channel.remoteAddress?.ipAddress ?? "127.0.0.1"
        self.clientAddress = ClientAddress(peer: self.peer)
        self.channel = source.channel
    }

    /// Closes the connection at once, whatever still waits to be sent: for a client that takes nothing any more.
    func hangUp() {
        self.channel.close(promise: nil)
    }

    /// The longest body that is read; an address that takes files has more.
    package var maxUploadSize = 64 * 1024
}
