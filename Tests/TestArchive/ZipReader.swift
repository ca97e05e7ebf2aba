import Clibz

/// The entries of a ZIP archive (APPNOTE 6.3), found by its central directory and inflated.
public struct ZipReader {
    /// Text by the entry's name.
    public private(set) var entries: [String: String] = [:]

    /// - Throws: `Broken` for what is no archive.
    public init(_ bytes: [UInt8]) throws {
        guard let end = bytes.indices.reversed().first(where: { bytes[$0...].starts(with: [0x50, 0x4B, 5, 6]) }) else {
            throw Broken(what: "no end of the central directory")
        }
        func number(_ offset: Int, _ length: Int) -> Int {
            (0..<length).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        var entry = number(end + 16, 4)
        for _ in 0..<number(end + 10, 2) {
            guard bytes[entry...].starts(with: [0x50, 0x4B, 1, 2]) else { throw Broken(what: "no entry at \(entry)") }
            let (packed, size) = (number(entry + 20, 4), number(entry + 24, 4))
            let (nameLength, extra, comment) = (number(entry + 28, 2), number(entry + 30, 2), number(entry + 32, 2))
            let name = String(decoding: bytes[entry + 46..<entry + 46 + nameLength], as: UTF8.self)
            let local = number(entry + 42, 4)
            let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
            let data = Array(bytes[start..<start + packed])
            self.entries[name] = String(
                decoding: number(entry + 10, 2) == 8 ? try Self.inflate(data, size: size) : data, as: UTF8.self)
            entry += 46 + nameLength + extra + comment
        }
    }

    /// What is wrong with an archive.
    public struct Broken: Error { let what: String }

    private static func inflate(_ data: [UInt8], size: Int) throws -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Broken(what: "inflate")
        }
        defer { inflateEnd(&stream) }
        var (source, target) = (data, [UInt8](repeating: 0, count: size))
        let status = source.withUnsafeMutableBufferPointer { input in
            target.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return Clibz.inflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { throw Broken(what: "inflate \(status)") }
        return target
    }
}
