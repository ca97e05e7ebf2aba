import HTTPTypes
package import Hummingbird
import NIOCore

/// The operations port: alive, ready, metrics.
///
/// It listens on the loopback only.
package struct OperationsRoutes: Sendable {
    private let readiness: Readiness
    private let metrics: MetricsRegistry

    private let httpPort: Int?

    /// - Parameter httpPort: where this process is configured to serve the form; nil when it does not.
    package init(readiness: Readiness, metrics: MetricsRegistry, httpPort: Int? = nil) {
        self.readiness = readiness
        self.metrics = metrics
        self.httpPort = httpPort
    }

    /// What `/livez` answers; `doctor` knows a running server by it.
    package static let livenessText = "huifang is alive\n"

    /// The field of `/livez` that names the port of the form.
    package static let httpPortField = "Huifang-HTTP-Port"

    package func build() -> Router<BasicRequestContext> {
        let router = Router(options: [.autoGenerateHeadEndpoints])
        router.get("/livez") { _, _ in
            var response = Self.text(Self.livenessText, type: "text/plain; charset=utf-8")
            if let port = self.httpPort, let field = HTTPField.Name(Self.httpPortField) {
                response.headers[field] = String(port)
            }
            return response
        }
        router.get("/readyz") { _, _ in
            let report = await self.readiness.report()
            return Response.json(report.json, status: report.isReady ? .ok : .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            Self.text(MetricsExporter.text(self.metrics.snapshot), type: MetricsExporter.contentType)
        }
        return router
    }

    private static func text(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
