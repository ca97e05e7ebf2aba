import HTTPTypes
import Hummingbird
import NIOCore

/// Refuses what no route should see: a foreign host, an over-long target, a compressed body.
struct EdgeMiddleware: RouterMiddleware {
    typealias Context = LeadRequestContext
    let hosts: Set<String>

    /// - Parameter publicHost: the public URL's host; loopback is always served.
    init(publicHost: String) {
        self.hosts = [publicHost.lowercased(), "127.0.0.1", "localhost", "[::1]", "::1"]
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard request.uri.string.utf8.count <= 8 * 1024 else { throw Problems.targetTooLong }
        if let authority = request.head.authority, !self.hosts.contains(Self.host(authority)) {
            throw Problems.misdirected
        }
        var context = context
        var tooLarge = Problems.tooLarge
        if request.method == .post, request.uri.path == LeadImport.path {
            (context.maxUploadSize, tooLarge) = (LeadImport.mostBodyBytes, LeadImport.tooLarge)
        } else if request.method == .post, request.uri.path == ImportBatch.path {
            (context.maxUploadSize, tooLarge) = (ImportBatch.mostBytes, ImportBatch.tooLarge)
        }
        guard request.headers[.contentEncoding] == nil else { throw Problems.unsupportedMediaType }
        if let length = request.headers[.contentLength], let bytes = Int(length), bytes > context.maxUploadSize {
            throw tooLarge
        }
        return try await next(request, context)
    }

    /// The host of `host:port`.
    private static func host(_ authority: String) -> String {
        let lowered = authority.lowercased()
        guard let colon = lowered.lastIndex(of: ":"), !lowered.hasSuffix("]") else { return lowered }
        let port = lowered[lowered.index(after: colon)...]
        return !port.isEmpty && port.allSatisfy(\.isNumber) ? String(lowered[..<colon]) : lowered
    }
}

/// Finds the visitor's address behind trusted proxies.
struct ClientAddressMiddleware: RouterMiddleware {
    typealias Context = LeadRequestContext
    let trusted: [AddressRange]

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var context = context
        let lines = request.headers[values: .xForwardedFor]
        context.clientAddress = ClientAddress(peer: context.peer, forwardedFor: lines, trusted: self.trusted)
        return try await next(request, context)
    }
}
