/// The company's picture for its pages: a PNG that is nothing else, as large as a page can bear.
package struct LogoImage: Sendable, Equatable {
    /// In base64 it fits a request.
    package static let largest = 48_000
    package static let longestSide = 1024

    package let bytes: [UInt8]
    package let width: Int
    package let height: Int

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Reads what the file is from its bytes, not from its name: every chunk whole, the picture's size sane, nothing behind its end.
    ///
    /// - Throws: `logo_invalid`.
    package init(_ bytes: [UInt8]) throws(ValidationFailure) {
        guard bytes.count <= Self.largest else {
            throw Self.refusal("图片超过 48 KB，请压缩后再传", "The picture is larger than 48 KB.")
        }
        guard bytes.starts(with: Self.signature) else {
            throw Self.refusal("只收 PNG 图片，请另存为 PNG 再传", "Only PNG pictures are taken.")
        }
        var place = Self.signature.count
        var size: (width: Int, height: Int)?
        var (hasPixels, hasEnd) = (false, false)
        while !hasEnd {
            guard place + 12 <= bytes.count else { throw Self.broken }
            let length = Self.number(bytes, at: place)
            let kind = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            guard length <= bytes.count - place - 12 else { throw Self.broken }
            switch kind {
            case "IHDR":
                guard size == nil, length == 13 else { throw Self.broken }
                size = (Self.number(bytes, at: place + 8), Self.number(bytes, at: place + 12))
            case "IDAT": hasPixels = true
            case "IEND": hasEnd = true
            default: break
            }
            // The size comes first.
            guard size != nil else { throw Self.broken }
            place += length + 12
        }
        guard let size, hasPixels, place == bytes.count else { throw Self.broken }
        guard (1...Self.longestSide).contains(size.width), (1...Self.longestSide).contains(size.height) else {
            throw Self.refusal(
                "图片的边长最多 \(Self.longestSide) 像素，请缩小后再传", "No side is longer than \(Self.longestSide) pixels.")
        }
        self.bytes = bytes
        (self.width, self.height) = size
    }

    private static func number(_ bytes: [UInt8], at place: Int) -> Int {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private static let broken = Self.refusal("图片不完整，请重新导出再传", "The picture is not whole.")

    private static func refusal(_ detail: String, _ english: String) -> ValidationFailure {
        ValidationFailure("logo_invalid", detail, english: english)
    }
}
