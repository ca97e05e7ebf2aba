public import Foundation
public import NIOCore

/// From Foundation's reference date, 2001-01-01, back to PostgreSQL's, 2000-01-01, in seconds.
private let secondsBetweenEpochs: Int64 = 366 * 86_400

extension Date: PostgresNonThrowingEncodable {
    /// `timestamptz`.
    public static var psqlType: PostgresDataType { .timestamptz }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes microseconds, rounded; a date that is not finite becomes `infinity` or `-infinity`, as its sign is.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        let microseconds = (self.timeIntervalSinceReferenceDate * 1_000_000).rounded()
        if abs(microseconds) < 9e18 {
            byteBuffer.writeInteger(Int64(microseconds) + secondsBetweenEpochs * 1_000_000)
        } else {
            byteBuffer.writeInteger(microseconds > 0 ? Int64.max : Int64.min)
        }
    }
}

extension Date: PostgresDecodable {
    /// Reads `timestamptz`, `timestamp` as UTC and `date` as its midnight in UTC; infinity is refused.
    ///
    /// Exact to the microsecond from 1729 to 2272, which is as far as a `Date` tells microseconds apart.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        guard format == .binary else { throw PostgresDecodingError.Code.typeMismatch }
        switch type {
        case .timestamptz, .timestamp:
            guard let microseconds = byteBuffer.readInteger(as: Int64.self), microseconds != .max, microseconds != .min
            else {
                throw PostgresDecodingError.Code.failure
            }
            self.init(
                timeIntervalSinceReferenceDate: Double(microseconds - secondsBetweenEpochs * 1_000_000) / 1_000_000)
        case .date:
            guard let days = byteBuffer.readInteger(as: Int32.self), days != .max, days != .min else {
                throw PostgresDecodingError.Code.failure
            }
            self.init(timeIntervalSinceReferenceDate: Double(Int64(days) * 86_400 - secondsBetweenEpochs))
        default:
            throw PostgresDecodingError.Code.typeMismatch
        }
    }
}
