import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// `POST /hooks/sms/{gateway}/{token}`: delivery reports and people's answers, at an address that only the vendor knows.
struct DeliveryRoutes: RouteList {
    let reports: DeliveryReports
    let gateways: Set<String>
    let token: HookToken
    let webhookSignature: WebhookSignature?
    let now: @Sendable () -> Date

    init(reports: DeliveryReports, configuration: ServiceConfiguration, dependencies: Dependencies) {
        self.reports = reports
        self.gateways = Set(configuration.gateways).subtracting(["console"])
        self.token = HookToken(configuration: configuration, keys: dependencies.keys)
        self.webhookSignature = configuration.webhookSecret.map { WebhookSignature(secret: $0) }
        self.now = dependencies.now
    }

    var routes: [Route] {
        [Route(.post, "/hooks/sms/{gateway}/{token}", .visitor, self.receive)]
    }

    /// A wrong token and a gateway that is not configured are one answer.
    @Sendable private func receive(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let gateway = context.parameters.get("gateway") ?? ""
        guard self.token.isRight(context.parameters.get("token") ?? ""), self.gateways.contains(gateway) else {
            throw Problems.notFound
        }
        // The content type is not looked at: vendors' differ, and what counts is whether it reads as their JSON.
        let body = Array(try await request.body.collect(upTo: context.maxUploadSize).readableBytesView)
        if gateway == "webhook" {
            guard let signature = self.webhookSignature else { throw Problems.notFound }
            try signature.check(request, body, at: self.now())
        }
        let notices: [VendorNotice]
        do {
            notices = try VendorNotice.read(try StrictJSON.read(body), from: gateway)
        } catch {
            throw Problem(
                .badRequest, "malformed_report", "内容不是该通道的回执格式", english: "The body is not what this gateway sends.")
        }
        try await self.reports.receive(notices, from: gateway)
        return .json(Self.acknowledgement(gateway))
    }

    /// What the vendor takes for "received"; anything else makes it send again.
    private static func acknowledgement(_ gateway: String) -> JSONOutput {
        switch gateway {
        case "aliyun": .object(["code": .integer(0), "msg": .string("OK")])
        case "tencent": .object(["result": .integer(0), "errmsg": .string("OK")])
        default: .object([:])
        }
    }
}

extension WebhookSignature {
    /// - Throws: 401 `signature_invalid` for a request that was not signed with this secret about now.
    func check(_ request: Request, _ body: [UInt8], at now: Date) throws {
        let isOurs = self.verifies(
            request.headers[.webhookSignature] ?? "", id: request.headers[.webhookID] ?? "",
            timestamp: request.headers[.webhookTimestamp] ?? "", body: body, at: now)
        guard isOurs else {
            throw Problem(
                .unauthorized, "signature_invalid", "签名不符或已过时",
                english: "The Standard Webhooks signature is missing, wrong or older than five minutes.")
        }
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let webhookID = HTTPField.Name("webhook-id")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let webhookTimestamp = HTTPField.Name("webhook-timestamp")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let webhookSignature = HTTPField.Name("webhook-signature")!
}
