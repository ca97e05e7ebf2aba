import NIOCore
import NIOHTTP1

/// Puts a `RequestDeadline` behind the decoder of its connection and a `ByteWatch` before it.
///
/// It is an additional handler of the framework's, which come after decoding, too late to see a head arrive.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let deadline = RequestDeadline()

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            let pipeline = context.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(self.deadline, position: .after(decoder))
            try pipeline.addHandler(ByteWatch(deadline: self.deadline), position: .first)
        } catch {
            context.close(promise: nil)
        }
    }

    /// A head that is HTTP but cannot be taken over into the framework's types.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !(error is HTTPParserError), !(error is IOError), !(error is ChannelError) {
            self.deadline.refuse(.malformed)
        }
        context.fireErrorCaught(error)
    }
}

/// Tells the deadline of bytes before and after they are decoded.
private final class ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let deadline: RequestDeadline

    init(deadline: RequestDeadline) {
        self.deadline = deadline
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.deadline.bytesArrive(self.unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
        self.deadline.bytesDecoded()
    }
}
