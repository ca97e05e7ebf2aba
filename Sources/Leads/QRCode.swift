/// A QR code (ISO/IEC 18004) of a short text: byte mode, error correction M, versions 1 to 6, mask 0.
///
/// Any mask is read alike; the text here is mostly a random token, so none is better than another.
package struct QRCode: Sendable, Hashable {
    /// Modules a side.
    package let size: Int
    /// Row by row, true where it is dark.
    package private(set) var modules: [Bool]
    private var isFixed: [Bool]

    /// By version: blocks, data bytes of a block, correction bytes of a block.
    private static let versions = [(1, 16, 10), (1, 28, 16), (1, 44, 26), (2, 32, 18), (2, 43, 24), (4, 27, 16)]

    /// - Returns: nil for a text over 106 bytes.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let version = Self.versions.firstIndex(where: { $0.0 * $0.1 >= bytes.count + 2 }) else { return nil }
        let (blocks, length, correction) = Self.versions[version]
        self.size = 21 + 4 * version
        self.modules = Array(repeating: false, count: self.size * self.size)
        self.isFixed = self.modules

        self.drawPatterns(version: version + 1)
        let data = Self.data(bytes, capacity: blocks * length)
        let parts = (0..<blocks).map { Array(data[$0 * length..<($0 + 1) * length]) }
        let checks = parts.map { Self.correction(of: $0, count: correction) }
        var stream: [UInt8] = []
        for position in 0..<length { stream += parts.map { $0[position] } }
        for position in 0..<correction { stream += checks.map { $0[position] } }
        self.place(stream)
    }

    /// The dark modules as the path of an SVG whose unit is one module.
    package var svgPath: String {
        var path = ""
        for row in 0..<self.size {
            var column = 0
            while column < self.size {
                let start = column
                while column < self.size, self.modules[row * self.size + column] { column += 1 }
                if column > start { path += "M\(start) \(row)h\(column - start)v1h-\(column - start)z" }
                column += 1
            }
        }
        return path
    }

    private mutating func set(_ row: Int, _ column: Int, _ isDark: Bool) {
        self.modules[row * self.size + column] = isDark
        self.isFixed[row * self.size + column] = true
    }

    private mutating func drawPatterns(version: Int) {
        for index in 0..<self.size {
            self.set(6, index, index % 2 == 0)
            self.set(index, 6, index % 2 == 0)
        }
        // Three corners, each with a light rim of one module.
        for (top, left) in [(0, 0), (0, self.size - 7), (self.size - 7, 0)] {
            for row in top - 1...top + 7 where (0..<self.size).contains(row) {
                for column in left - 1...left + 7 where (0..<self.size).contains(column) {
                    let distance = max(abs(row - top - 3), abs(column - left - 3))
                    self.set(row, column, distance != 2 && distance != 4)
                }
            }
        }
        if version > 1 {
            let center = self.size - 7
            for row in center - 2...center + 2 {
                for column in center - 2...center + 2 {
                    self.set(row, column, max(abs(row - center), abs(column - center)) != 1)
                }
            }
        }
        self.drawFormat()
    }

    /// Correction M and mask 0, twice, and the module that is always dark.
    private mutating func drawFormat() {
        let format = Array("101010000010010").map { $0 == "1" }
        let near = [0, 1, 2, 3, 4, 5, 7, 8]
        for (index, isDark) in format.enumerated() {
            self.set(index < 8 ? 8 : near[14 - index], index < 8 ? near[index] : 8, isDark)
            self.set(index < 7 ? self.size - 1 - index : 8, index < 7 ? 8 : self.size - 15 + index, isDark)
        }
        self.set(self.size - 8, 8, true)
    }

    /// Two columns at a time from the right, up and down in turn, around the patterns.
    private mutating func place(_ stream: [UInt8]) {
        let free = self.isFixed
        var bit = 0
        var isUp = true
        for right in stride(from: self.size - 1, through: 1, by: -2).map({ $0 <= 6 ? $0 - 1 : $0 }) {
            for step in 0..<self.size {
                let row = isUp ? self.size - 1 - step : step
                for column in [right, right - 1] where !free[row * self.size + column] {
                    let isSet = bit < stream.count * 8 && stream[bit / 8] >> (7 - bit % 8) & 1 == 1
                    self.modules[row * self.size + column] = isSet != ((row + column) % 2 == 0)
                    bit += 1
                }
            }
            isUp.toggle()
        }
    }

    /// Mode, length, text, terminator and padding.
    private static func data(_ bytes: [UInt8], capacity: Int) -> [UInt8] {
        let count = UInt8(bytes.count)
        var data = [0x40 | count >> 4]
        var carried = count << 4
        for byte in bytes {
            data.append(carried | byte >> 4)
            carried = byte << 4
        }
        data.append(carried)
        for index in 0..<capacity - data.count { data.append(index % 2 == 0 ? 0xEC : 0x11) }
        return data
    }

    /// Reed–Solomon over GF(256) with x⁸+x⁴+x³+x²+1.
    private static func correction(of data: [UInt8], count: Int) -> [UInt8] {
        var generator: [UInt8] = [1]
        var root: UInt8 = 1
        for _ in 0..<count {
            var next = generator + [0]
            for index in generator.indices { next[index + 1] ^= self.product(generator[index], root) }
            generator = next
            root = self.product(root, 2)
        }
        var rest = data + Array(repeating: 0, count: count)
        for index in data.indices {
            let factor = rest[index]
            for (offset, value) in generator.enumerated() { rest[index + offset] ^= self.product(value, factor) }
        }
        return Array(rest.suffix(count))
    }

    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var (left, right, result) = (left, right, UInt8(0))
        while right > 0 {
            if right & 1 == 1 { result ^= left }
            left = left << 1 ^ (left & 0x80 == 0 ? 0 : 0x1D)
            right >>= 1
        }
        return result
    }
}
