import Crypto
import Foundation
import LeadService
import Leads
import NIOCore
import NIOPosix
import Synchronization

/// Aliyun, Tencent and the robots of group chats as a loopback server: checks signature, clock and nonce of every request as they do, and fails in
/// every way there is.
final class VendorServer: Sendable {
    /// What becomes of a request whose signature is right.
    enum Behaviour: Sendable {
        case accept
        /// This answer instead; nothing is taken.
        case answer(Int, String, type: String = "application/json", header: String = "")
        case redirect
        case resetBeforeReading
        // Taken, and the sender never learns it.
        case resetAfterReading, silence, halfAnswer, stall
        /// The answer's head at once, its body a byte at a time, and never all of it.
        case dripping
        /// A good answer that goes on for ever.
        case endless
    }

    struct Taken: Sendable, Equatable {
        var id: String
        var phone: String
        var parameters: String
        var template: String
    }

    struct Request: Sendable {
        var path: String
        var headers: [String: String]
        var body: String
    }

    static let keyID = "test-key-id"
    static let secret = "test-key-secret"

    let now: @Sendable () -> Date
    private struct State {
        var play: @Sendable (Int) -> Behaviour = { _ in .accept }
        var requests: [Request] = []
        var taken: [Taken] = []
        var nonces: Set<String> = []
        var details = "[]"
        var telephoneSecret = ""
    }
    private let state = Mutex(State())

    init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    var requests: [Request] { self.state.withLock { $0.requests } }
    var taken: [Taken] { self.state.withLock { $0.taken } }

    /// Decides by the request's number, from 1.
    func play(_ play: @escaping @Sendable (Int) -> Behaviour) { self.state.withLock { $0.play = play } }
    /// What a status query lists.
    func list(_ details: String) { self.state.withLock { $0.details = details } }

    /// What calls to the telephone system here are signed with.
    func give(secret: String) { self.state.withLock { $0.telephoneSecret = secret } }

    /// Runs `body` with the server's address.
    func running(_ body: @escaping @Sendable (URL) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 512)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let port = server.channel.localAddress?.port ?? 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { group in
                        for try await connection in connections { group.addTask { try? await self.serve(connection) } }
                    }
                }
            }
            defer { group.cancelAll() }
            guard let url = URL(string: "http://127.0.0.1:\(port)") else { throw URLError(.badURL) }
            try await body(url)
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var text = ""
            for try await part in inbound {
                text += String(buffer: part)
                guard let request = Self.request(in: text) else { continue }
                text = ""
                let (number, play) = self.state.withLock { state in
                    state.requests.append(request)
                    return (state.requests.count, state.play)
                }
                let answer = self.answer(request)
                switch play(number) {
                case .accept: try await outbound.write(Self.response(self.status(of: request), answer(true)))
                case .answer(let status, let body, let type, let header):
                    try await outbound.write(Self.response(status, body, type: type, header))
                case .redirect:
                    try await outbound.write(
                        ByteBuffer(string: "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"))
                case .resetBeforeReading: return try await Self.reset(connection.channel)
                case .resetAfterReading:
                    _ = answer(true)
                    return try await Self.reset(connection.channel)
                case .silence: _ = answer(true)
                case .halfAnswer:
                    let whole = Self.response(200, answer(true))
                    try await outbound.write(whole.getSlice(at: 0, length: whole.readableBytes - 9) ?? whole)
                    return
                case .stall:
                    let whole = Self.response(200, answer(true))
                    try await outbound.write(whole.getSlice(at: 0, length: whole.readableBytes - 9) ?? whole)
                case .dripping:
                    let whole = Self.response(200, answer(true) + String(repeating: " ", count: 4096))
                    try await outbound.write(Self.head(of: whole))
                    for await _ in AsyncTimerSequence(every: .milliseconds(100)) {
                        try await outbound.write(ByteBuffer(string: " "))
                    }
                case .endless:
                    let start = answer(true)
                    try await outbound.write(Self.chunked(start))
                    // Until the reader has had enough; no reader of ours takes a megabyte.
                    let chunk = Self.chunk(String(repeating: " ", count: 16_384))
                    for _ in 0..<1024 { try await outbound.write(chunk) }
                }
            }
        }
    }

    private static func reset(_ channel: any Channel) async throws {
        guard let socket = channel as? any SocketOptionProvider else { return }
        try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close().get()
    }

    private static func response(
        _ status: Int, _ body: String, type: String = "text/html;charset=utf-8", _ header: String = ""
    ) -> ByteBuffer {
        let more = header.isEmpty ? "" : "\r\n\(header)"
        return ByteBuffer(
            string:
                "HTTP/1.1 \(status) X\r\ncontent-type: \(type)\r\ncontent-length: \(body.utf8.count)\(more)\r\n\r\n\(body)"
        )
    }

    /// An answer up to the empty line behind its head.
    private static func head(of whole: ByteBuffer) -> ByteBuffer {
        let text = String(buffer: whole)
        return ByteBuffer(string: String(text[..<(text.range(of: "\r\n\r\n")?.upperBound ?? text.endIndex)]))
    }

    /// The beginning of an answer that does not say how long it is.
    private static func chunked(_ body: String) -> ByteBuffer {
        var answer = ByteBuffer(
            string: "HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        answer.writeImmutableBuffer(self.chunk(body))
        return answer
    }

    private static func chunk(_ text: String) -> ByteBuffer {
        ByteBuffer(string: String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
    }

    private static func request(in text: String) -> Request? {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let body = String(text[end.upperBound...])
        guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
        return Request(path: String(lines[0].split(separator: " ")[1]), headers: headers, body: body)
    }

    // MARK: The vendors

    /// Vendors of messages answer 200 to refusals too; a telephone system does not.
    private func status(of request: Request) -> Int {
        let secret = self.state.withLock { $0.telephoneSecret }
        return TelephoneVendor(request, secret: secret)?.judge(at: self.now()).status ?? 200
    }

    /// The vendor's answer; with `true` the message is taken if the request is in order.
    private func answer(_ request: Request) -> (Bool) -> String {
        { takes in
            let secret = self.state.withLock { $0.telephoneSecret }
            if let telephone = TelephoneVendor(request, secret: secret) {
                // A second request of one call is that call.
                if let call = telephone.judge(at: self.now()).call, !self.taken.contains(call) {
                    _ = self.take(call, takes)
                }
                return ""
            }
            if let robot = RobotVendor(request) {
                let (answer, text) = robot.judge(at: self.now())
                if let text {
                    _ = self.take(Taken(id: "", phone: "", parameters: text, template: robot.kind.rawValue), takes)
                }
                return answer
            }
            let isAliyun = request.headers["x-acs-action"] != nil
            if let fault = isAliyun ? self.aliyunFault(request) : self.tencentFault(request) {
                return isAliyun
                    ? #"{"Code":"\#(fault)","Message":"m","RequestId":"r"}"#
                    : #"{"Response":{"Error":{"Code":"\#(fault)","Message":"m"},"RequestId":"r"}}"#
            }
            return isAliyun ? self.aliyun(request, takes) : self.tencent(request, takes)
        }
    }

    private func take(_ message: Taken, _ takes: Bool) -> Int {
        self.state.withLock { state in
            if takes { state.taken.append(message) }
            return state.taken.count
        }
    }

    private func aliyun(_ request: Request, _ takes: Bool) -> String {
        let fields = FormFields(request.body)
        if request.headers["x-acs-action"] == "QuerySendDetails" {
            let list = self.state.withLock { $0.details }
            return #"{"Code":"OK","Message":"OK","RequestId":"r","SmsSendDetailDTOs":{"SmsSendDetailDTO":\#(list)}}"#
        }
        let number = self.take(
            Taken(
                id: fields["OutId"] ?? "", phone: fields["PhoneNumbers"] ?? "",
                parameters: fields["TemplateParam"] ?? "",
                template: fields["TemplateCode"] ?? ""), takes)
        return #"{"Code":"OK","Message":"OK","BizId":"9006\#(number)^0","RequestId":"r"}"#
    }

    private func tencent(_ request: Request, _ takes: Bool) -> String {
        let json = (try? StrictJSON.read(Array(request.body.utf8))) ?? .null
        if request.headers["x-tc-action"] == "PullSmsSendStatusByPhoneNumber" {
            let list = self.state.withLock { $0.details }
            return #"{"Response":{"PullSmsSendStatusSet":\#(list),"RequestId":"r"}}"#
        }
        let phone = json["PhoneNumberSet"][0].string
        let number = self.take(
            Taken(
                id: json["SessionContext"].string, phone: phone,
                parameters: json["TemplateParamSet"].array.map(\.string).joined(separator: ","),
                template: json["TemplateId"].string), takes)
        return
            #"{"Response":{"SendStatusSet":[{"SerialNo":"5000:\#(number)","PhoneNumber":"\#(phone)","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"r"}}"#
    }

    private func aliyunFault(_ request: Request) -> String? {
        let headers = request.headers
        guard let stamp = headers["x-acs-date"], let date = RFC3339.date(stamp), stamp.hasSuffix("Z") else {
            return "InvalidTimeStamp.Format"
        }
        guard abs(date.timeIntervalSince(self.now())) <= 900 else { return "InvalidTimeStamp.Expired" }
        let parts = (headers["authorization"] ?? "").split(separator: ",").map(String.init)
        guard parts.count == 3, parts[0] == "ACS3-HMAC-SHA256 Credential=\(Self.keyID)",
            parts[1].hasPrefix("SignedHeaders=")
        else { return "IncompleteSignature" }
        let names = parts[1].dropFirst(14).split(separator: ";").map(String.init)
        let needed = headers.keys.filter { $0.hasPrefix("x-acs-") || $0 == "host" || $0 == "content-type" }.sorted()
        let hash = Hex.text(SHA256.hash(data: Data(request.body.utf8)))
        guard names == needed, headers["x-acs-content-sha256"] == hash, headers["x-acs-version"] == "2017-05-25" else {
            return "SignatureDoesNotMatch"
        }
        let block = names.map { "\($0):\(headers[$0] ?? "")\n" }.joined()
        let canonical = "POST\n/\n\n\(block)\n\(names.joined(separator: ";"))\n\(hash)"
        let toSign = "ACS3-HMAC-SHA256\n" + Hex.text(SHA256.hash(data: Data(canonical.utf8)))
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data(toSign.utf8), using: SymmetricKey(data: Data(Self.secret.utf8)))
        guard parts[2] == "Signature=" + Hex.text(mac) else { return "SignatureDoesNotMatch" }
        let isNew = self.state.withLock { $0.nonces.insert(headers["x-acs-signature-nonce"] ?? "").inserted }
        return isNew ? nil : "SignatureNonceUsed"
    }

    private func tencentFault(_ request: Request) -> String? {
        let headers = request.headers
        guard let seconds = Double(headers["x-tc-timestamp"] ?? "") else { return "InvalidParameter" }
        guard abs(seconds - self.now().timeIntervalSince1970) <= 300 else { return "AuthFailure.SignatureExpire" }
        let utc = DateFormatter()
        utc.timeZone = TimeZone(identifier: "UTC")
        utc.locale = Locale(identifier: "en_US_POSIX")
        utc.dateFormat = "yyyy-MM-dd"
        let day = utc.string(from: Date(timeIntervalSince1970: seconds))
        let scope = "\(day)/sms/tc3_request"
        let head =
            "TC3-HMAC-SHA256 Credential=\(Self.keyID)/\(scope), SignedHeaders=content-type;host;x-tc-action, Signature="
        let canonical =
            "POST\n/\n\ncontent-type:\(headers["content-type"] ?? "")\nhost:\(headers["host"] ?? "")\nx-tc-action:\((headers["x-tc-action"] ?? "").lowercased())\n\ncontent-type;host;x-tc-action\n"
            + Hex.text(SHA256.hash(data: Data(request.body.utf8)))
        let toSign =
            "TC3-HMAC-SHA256\n\(Int(seconds))\n\(scope)\n" + Hex.text(SHA256.hash(data: Data(canonical.utf8)))
        func mac(_ key: Data, _ text: String) -> Data {
            Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
        }
        let key = mac(mac(mac(Data("TC3\(Self.secret)".utf8), day), "sms"), "tc3_request")
        guard headers["authorization"] == head + Hex.text(mac(key, toSign)), headers["x-tc-version"] == "2021-01-11"
        else {
            return "AuthFailure.SignatureFailure"
        }
        return nil
    }

    // MARK: Our side

    /// Our gateway to Aliyun at an address.
    static func aliyun(_ url: URL, now: @escaping @Sendable () -> Date, secret: String = secret) -> AliyunSMSGateway {
        AliyunSMSGateway(
            account: .init(
                endpoint: url, keyID: self.keyID, secret: secret, signName: "沪邦邦", codeTemplate: "SMS_154950909"),
            client: VendorClient(), now: now,
            randomBytes: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } })
    }

    static func tencent(_ url: URL, now: @escaping @Sendable () -> Date, secret: String = secret) -> TencentSMSGateway {
        TencentSMSGateway(
            account: .init(
                endpoint: url, keyID: self.keyID, secret: secret, appID: "1400006666", signName: "沪邦邦",
                codeTemplate: "1110", region: "ap-guangzhou"),
            client: VendorClient(), now: now)
    }
}
