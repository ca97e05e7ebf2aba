/// How a value's bytes are written.
public enum PostgresFormat: Int16, Sendable, CustomStringConvertible {
    /// As PostgreSQL prints it.
    case text = 0
    /// As PostgreSQL sends it between machines.
    case binary = 1

    /// The format's name.
    public var description: String {
        switch self {
        case .text: "text"
        case .binary: "binary"
        }
    }
}

/// The identity of a PostgreSQL type: its OID in `pg_type`, which is the same in every database for built-in types.
public struct PostgresDataType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The OID.
    public var rawValue: UInt32

    /// Makes a type of an OID.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Makes a type of an OID.
    public init(_ rawValue: UInt32) {
        self.init(rawValue: rawValue)
    }

    /// The type's name in SQL, or its OID.
    public var description: String {
        Self.names[self.rawValue] ?? "type \(self.rawValue)"
    }

    /// OID 0.
    public static let null = Self(0)
    /// OID 16.
    public static let bool = Self(16)
    /// OID 17.
    public static let bytea = Self(17)
    /// OID 18.
    public static let char = Self(18)
    /// OID 19.
    public static let name = Self(19)
    /// OID 20.
    public static let int8 = Self(20)
    /// OID 21.
    public static let int2 = Self(21)
    /// OID 23.
    public static let int4 = Self(23)
    /// OID 25.
    public static let text = Self(25)
    /// OID 26.
    public static let oid = Self(26)
    /// OID 114.
    public static let json = Self(114)
    /// OID 142.
    public static let xml = Self(142)
    /// OID 199.
    public static let jsonArray = Self(199)
    /// OID 700.
    public static let float4 = Self(700)
    /// OID 701.
    public static let float8 = Self(701)
    /// OID 1000.
    public static let boolArray = Self(1000)
    /// OID 1001.
    public static let byteaArray = Self(1001)
    /// OID 1002.
    public static let charArray = Self(1002)
    /// OID 1003.
    public static let nameArray = Self(1003)
    /// OID 1005.
    public static let int2Array = Self(1005)
    /// OID 1007.
    public static let int4Array = Self(1007)
    /// OID 1009.
    public static let textArray = Self(1009)
    /// OID 1014.
    public static let bpcharArray = Self(1014)
    /// OID 1015.
    public static let varcharArray = Self(1015)
    /// OID 1016.
    public static let int8Array = Self(1016)
    /// OID 1021.
    public static let float4Array = Self(1021)
    /// OID 1022.
    public static let float8Array = Self(1022)
    /// OID 1042.
    public static let bpchar = Self(1042)
    /// OID 1043.
    public static let varchar = Self(1043)
    /// OID 1082.
    public static let date = Self(1082)
    /// OID 1083.
    public static let time = Self(1083)
    /// OID 1114.
    public static let timestamp = Self(1114)
    /// OID 1115.
    public static let timestampArray = Self(1115)
    /// OID 1182.
    public static let dateArray = Self(1182)
    /// OID 1184.
    public static let timestamptz = Self(1184)
    /// OID 1185.
    public static let timestamptzArray = Self(1185)
    /// OID 1186.
    public static let interval = Self(1186)
    /// OID 1231.
    public static let numericArray = Self(1231)
    /// OID 1700.
    public static let numeric = Self(1700)
    /// OID 2278.
    public static let void = Self(2278)
    /// OID 2950.
    public static let uuid = Self(2950)
    /// OID 2951.
    public static let uuidArray = Self(2951)
    /// OID 3802.
    public static let jsonb = Self(3802)
    /// OID 3807.
    public static let jsonbArray = Self(3807)

    /// From PostgreSQL's `FirstNormalObjectId` on, types are not the server's own, and their OIDs differ by database.
    var isUserDefined: Bool { self.rawValue >= 16384 }

    static let arrays: Set<PostgresDataType> = [
        .jsonArray, .boolArray, .byteaArray, .charArray, .nameArray, .int2Array, .int4Array, .textArray, .bpcharArray,
        .varcharArray, .int8Array,
        .float4Array, .float8Array, .timestampArray, .dateArray, .timestamptzArray, .numericArray, .uuidArray,
        .jsonbArray,
    ]

    private static let names: [UInt32: String] = [
        0: "NULL",
        16: "BOOLEAN",
        17: "BYTEA",
        18: "CHAR",
        19: "NAME",
        20: "BIGINT",
        21: "SMALLINT",
        23: "INTEGER",
        25: "TEXT",
        26: "OID",
        114: "JSON",
        142: "XML",
        199: "JSON[]",
        700: "REAL",
        701: "DOUBLE PRECISION",
        705: "UNKNOWN",
        1000: "BOOLEAN[]",
        1001: "BYTEA[]",
        1002: "CHAR[]",
        1003: "NAME[]",
        1005: "SMALLINT[]",
        1007: "INTEGER[]",
        1009: "TEXT[]",
        1014: "CHARACTER[]",
        1015: "VARCHAR[]",
        1016: "BIGINT[]",
        1021: "REAL[]",
        1022: "DOUBLE PRECISION[]",
        1042: "CHARACTER",
        1043: "VARCHAR",
        1082: "DATE",
        1083: "TIME",
        1114: "TIMESTAMP",
        1115: "TIMESTAMP[]",
        1182: "DATE[]",
        1184: "TIMESTAMPTZ",
        1185: "TIMESTAMPTZ[]",
        1186: "INTERVAL",
        1231: "NUMERIC[]",
        1700: "NUMERIC",
        2278: "VOID",
        2950: "UUID",
        2951: "UUID[]",
        3802: "JSONB",
        3807: "JSONB[]",
    ]
}
