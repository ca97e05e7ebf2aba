import Foundation
import Glibc
import Synchronization

/// Stands between a client and a server's socket and loses the answer to the first message that holds a word.
final class LossyProxy: Sendable {
    /// What happens instead of the answer.
    enum Loss: Sendable {
        /// The connection is cut.
        case cut
        /// The connection stays open and silent.
        case silence
    }

    let folder: String
    var conninfo: String { "host=\(self.folder) port=5432 user=postgres dbname=postgres" }
    private let listener: Int32
    private let target: String
    private let word: [UInt8]
    private let loss: Loss
    private let sockets = Mutex<[Int32]>([])
    private let loseAnswers = Atomic<Bool>(false)

    /// - Parameters:
    ///   - target: the path of the server's socket.
    ///   - word: the word in a message from the client.
    ///   - loss: what happens to the answer.
    init(target: String, losingAnswerTo word: String, _ loss: Loss) throws {
        var template = Array("/tmp/hpXXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
        self.folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.target = target
        self.word = Array(word.utf8)
        self.loss = loss
        self.listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard Self.withAddress("\(self.folder)/.s.PGSQL.5432", { bind(self.listener, $0, $1) }) == 0,
            listen(self.listener, 16) == 0
        else {
            throw POSIXError(.EADDRINUSE)
        }
        Thread.detachNewThread { self.accept() }
    }

    func stop() {
        shutdown(self.listener, Int32(SHUT_RDWR))
        close(self.listener)
        for descriptor in self.sockets.withLock({ $0 }) {
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    private func accept() {
        while true {
            let client = Glibc.accept(self.listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard Self.withAddress(self.target, { connect(server, $0, $1) }) == 0 else {
                close(client)
                continue
            }
            self.sockets.withLock { $0 += [client, server] }
            Thread.detachNewThread { self.forward(from: client, to: server, isRequest: true) }
            Thread.detachNewThread { self.forward(from: server, to: client, isRequest: false) }
        }
    }

    private func forward(from source: Int32, to sink: Int32, isRequest: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            if isRequest, buffer[..<count].firstRange(of: self.word) != nil {
                self.loseAnswers.store(true, ordering: .sequentiallyConsistent)
            }
            if !isRequest, self.loseAnswers.load(ordering: .sequentiallyConsistent) {
                if self.loss == .cut { break }
                continue
            }
            guard send(sink, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
