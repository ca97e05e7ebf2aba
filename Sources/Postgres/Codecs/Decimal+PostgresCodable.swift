public import Foundation
public import NIOCore

/// PostgreSQL's binary numeric: a sign, digits to the base 10,000, the weight of the first one and the decimals shown.
private enum Numeric {
    static let positive: UInt16 = 0x0000
    static let negative: UInt16 = 0x4000
    static let notANumber: UInt16 = 0xC000
    /// Decimal digits that a `Decimal` holds for certain.
    static let precision = 38
}

extension Decimal: PostgresEncodable {
    /// `numeric`.
    public static var psqlType: PostgresDataType { .numeric }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes all digits.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) throws {
        guard !self.isNaN else {
            byteBuffer.writeMultipleIntegers(UInt16(0), Int16(0), Numeric.notANumber, UInt16(0))
            return
        }
        let text = self.description
        let parts = text.drop(while: { $0 == "-" }).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count > 1 ? String(parts[1]) : ""
        var whole = String(parts[0])
        whole = String(repeating: "0", count: (4 - whole.count % 4) % 4) + whole
        let fraction = decimals + String(repeating: "0", count: (4 - decimals.count % 4) % 4)
        var digits = try stride(from: 0, to: whole.count + fraction.count, by: 4).map { start in
            guard let digit = Int16(String((whole + fraction).dropFirst(start).prefix(4))) else {
                throw PostgresDecodingError.Code.failure
            }
            return digit
        }
        var weight = whole.count / 4 - 1
        while digits.first == 0 {
            digits.removeFirst()
            weight -= 1
        }
        while digits.last == 0 {
            digits.removeLast()
        }
        let sign = text.hasPrefix("-") ? Numeric.negative : Numeric.positive
        byteBuffer.writeMultipleIntegers(
            UInt16(digits.count), Int16(digits.isEmpty ? 0 : weight), sign, UInt16(decimals.count))
        for digit in digits {
            byteBuffer.writeInteger(digit)
        }
    }
}

extension Decimal: PostgresDecodable {
    /// Reads `numeric`; infinity and more than 38 significant digits are refused.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        guard type == .numeric, format == .binary else { throw PostgresDecodingError.Code.typeMismatch }
        guard let (count, weight, sign, _) = byteBuffer.readMultipleIntegers(as: (UInt16, Int16, UInt16, UInt16).self),
            byteBuffer.readableBytes == Int(count) * 2
        else { throw PostgresDecodingError.Code.failure }
        switch sign {
        case Numeric.notANumber:
            self = .nan
            return
        case Numeric.positive, Numeric.negative:
            break
        default:
            throw PostgresDecodingError.Code.failure
        }
        var text = ""
        for _ in 0..<count {
            let digit = String(byteBuffer.readInteger(as: UInt16.self) ?? 0)
            text += String(repeating: "0", count: 4 - digit.count) + digit
        }
        // The digits read as one whole number, times ten to this power.
        var exponent = (Int(weight) - Int(count) + 1) * 4
        var significant = Substring(text.drop { $0 == "0" })
        while significant.last == "0" {
            significant.removeLast()
            exponent += 1
        }
        guard !significant.isEmpty else {
            self = 0
            return
        }
        guard significant.count <= Numeric.precision, (-128...127).contains(exponent),
            let value = Decimal(string: "\(sign == Numeric.negative ? "-" : "")\(significant)e\(exponent)")
        else { throw PostgresDecodingError.Code.failure }
        self = value
    }
}
