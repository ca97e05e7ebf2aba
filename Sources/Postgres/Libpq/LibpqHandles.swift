import Clibpq
import Foundation
import Glibc
import Synchronization

/// Sole owner of a `PGconn`; finishes it when it goes.
struct ConnectionHandle: ~Copyable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQfinish(self.pointer)
    }
}

/// A finished result; libpq lets any thread read it.
package final class ResultHandle: @unchecked Sendable {
    private static let live = Atomic<Int>(0)
    /// How many results are alive in this process; the leak test reads it.
    package static var liveCount: Int { self.live.load(ordering: .relaxed) }

    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        Self.live.wrappingAdd(1, ordering: .relaxed)
    }

    deinit {
        PQclear(self.pointer)
        Self.live.wrappingSubtract(1, ordering: .relaxed)
    }

    var status: ExecStatusType { PQresultStatus(self.pointer) }
    var rowCount: Int { Int(PQntuples(self.pointer)) }
    var columnCount: Int { Int(PQnfields(self.pointer)) }
    var commandTag: String { PQcmdStatus(self.pointer).map { String(cString: $0) } ?? "" }

    func columnName(_ column: Int) -> String {
        PQfname(self.pointer, Int32(column)).map { String(cString: $0) } ?? ""
    }

    func columnType(_ column: Int) -> PostgresDataType {
        PostgresDataType(PQftype(self.pointer, Int32(column)))
    }

    func columnFormat(_ column: Int) -> PostgresFormat {
        PQfformat(self.pointer, Int32(column)) == 0 ? .text : .binary
    }

    /// The bytes of a value, valid as long as the result; nil is NULL.
    func value(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(self.pointer, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(self.pointer, row, column), count: Int(PQgetlength(self.pointer, row, column)))
    }
}

/// What it takes to ask the server to stop a statement; libpq lets any thread use it.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(_ connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(self.pointer)
    }

    /// Sends the request from a thread of its own, because libpq blocks until the server has taken it.
    func send() {
        Thread.detachNewThread {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(self.pointer, &message, Int32(message.count))
        }
    }
}

/// An `eventfd`: wakes a thread that waits in `poll(2)`.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() {
        self.descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(self.descriptor >= 0, "no file descriptor is left for an eventfd")
    }

    deinit {
        close(self.descriptor)
    }

    func signal() {
        _ = eventfd_write(self.descriptor, 1)
    }

    func clear() {
        var count: eventfd_t = 0
        _ = eventfd_read(self.descriptor, &count)
    }
}
