import Foundation
import LeadService
import Metrics
import NIOCore
import NIOHTTP1

/// Guards one connection: a head or a body that does not arrive in time, a head that is too long, and anything that is
/// not HTTP are answered here, and the connection is closed.
///
/// It sits right behind the decoder. The framework's own timer starts again with every part of a body, so that a dripped
/// one would never end; this one runs from a request's first byte to the end of its head, and from there to its end.
final class RequestDeadline: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading {
        case nothing, head, body
    }

    private static let patience: TimeAmount = .seconds(10)
    /// A target of 8 KiB and headers of 64 KiB, with room for what is between them.
    private static let longestHead = 80 * 1024
    /// How long a refused sender may go on, so that it sees the answer before the connection is reset.
    private static let linger: TimeAmount = .seconds(1)

    private var reading = Reading.nothing
    private var headBytes = 0
    /// Requests whose answer is not written yet.
    private var owed = 0
    private var isAnswering = false
    private var isRefused = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.context = nil
    }

    /// Bytes came in and are about to be decoded.
    func bytesArrive(_ count: Int) {
        guard !self.isRefused else { return }
        if self.reading == .nothing {
            self.reading = .head
            self.headBytes = 0
            self.startTimer()
        }
        if self.reading == .head { self.headBytes += count }
    }

    /// The bytes were decoded.
    func bytesDecoded() {
        if self.reading == .head, self.headBytes > Self.longestHead { self.refuse(.headersTooLarge) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isRefused else { return }
        switch self.unwrapInboundIn(data) {
        case .head(var head):
            self.reading = .body
            self.owed += 1
            self.startTimer()
            // RFC 9112 §3.2: a proxy before us might go by another one than we do.
            guard head.headers[canonicalForm: "host"].count == 1 || head.version == .http1_0 else {
                return self.refuse(.malformed)
            }
            // RFC 9112 §3.2.2: a target in absolute form names the host; the framework drops it.
            if let authority = Self.authority(of: head.uri) {
                head.headers.replaceOrAdd(name: "host", value: authority)
            }
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
            return
        case .body: break
        case .end:
            self.reading = .nothing
            self.timer?.cancel()
        }
        context.fireChannelRead(data)
    }

    /// The authority of a target in absolute form.
    private static func authority(of target: String) -> String? {
        guard !target.hasPrefix("/"), let start = target.range(of: "://")?.upperBound else { return nil }
        return String(target[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody else asks for more; what comes is thrown away.
        if self.isRefused { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.isRefused else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch self.unwrapOutboundIn(data) {
        case .head(let head): self.isAnswering = head.status.code >= 200
        case .body: break
        case .end:
            self.isAnswering = false
            self.owed -= 1
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        self.refuse(error == .headerOverflow ? .headersTooLarge : .malformed)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        context.fireChannelInactive()
    }

    /// Answers for the request at hand, unless its answer or an earlier one is under way, and closes.
    func refuse(_ refusal: Refusal) {
        guard !self.isRefused, let context else { return }
        self.timer?.cancel()
        let isNext = !self.isAnswering && self.owed == (self.reading == .body ? 1 : 0)
        self.isRefused = true
        Counter(
            label: "huifang_http_requests_total",
            dimensions: [("route", "unmatched"), ("code", "\(refusal.status.code)")]
        ).increment()
        if isNext {
            context.write(self.wrapOutboundOut(.head(refusal.head)), promise: nil)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: refusal.body)))), promise: nil)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            context.close(mode: .output, promise: nil)
        }
        // The route that waits for the rest of the body is told in the way in which the framework gives up on a request.
        context.fireErrorCaught(HTTPParserError.invalidEOFState)
        guard isNext else {
            context.close(promise: nil)
            return
        }
        context.read()
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) {
            self.context?.close(promise: nil)
        }
    }

    private func startTimer() {
        self.timer?.cancel()
        self.timer = self.context?.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { self.refuse(.tooSlow) }
    }
}

/// An answer to a request that no route will see.
struct Refusal {
    let status: HTTPResponseStatus
    private let code: String
    private let title: String
    private let detail: String

    static let tooSlow = Refusal(
        status: .requestTimeout, code: "request_timeout", title: "请求超时", detail: "请求未能在 10 秒内收完，请重试")
    static let headersTooLarge = Refusal(
        status: .requestHeaderFieldsTooLarge, code: "headers_too_large", title: "请求头过大", detail: "请求头超过 64 KiB")
    static let malformed = Refusal(
        status: .badRequest, code: "malformed_request", title: "请求有误", detail: "无法识别这个请求")

    var body: String {
        JSONOutput.object([
            "type": .string("/problems/\(self.code)"), "title": .string(self.title),
            "status": .integer(Int(self.status.code)),
            "code": .string(self.code), "detail": .string(self.detail),
        ]).text
    }

    var head: HTTPResponseHead {
        HTTPResponseHead(
            version: .http1_1, status: self.status,
            headers: [
                "content-type": "application/problem+json; charset=utf-8", "content-length": "\(self.body.utf8.count)",
                "cache-control": "no-store", "connection": "close",
            ])
    }
}
