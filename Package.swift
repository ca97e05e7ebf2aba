// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// `Leads` and `LeadService` contain no unsafe code; the compiler proves it.
let safeSettings = settings + [.strictMemorySafety()]

/// Tests read better without an import per member.
let testSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "huifang",
    products: [
        .executable(name: "huifang", targets: ["Server"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "Clibpq", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]),
        // Already needed by the HTTP client's decompression.
        .systemLibrary(
            name: "Clibz", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Compression", dependencies: ["Clibz"], swiftSettings: settings),
        .systemLibrary(
            name: "Clibxlsxwriter", pkgConfig: "xlsxwriter",
            providers: [.apt(["libxlsxwriter-dev"])]),
        .target(name: "Spreadsheets", dependencies: ["Clibxlsxwriter"], swiftSettings: settings),
        .target(
            name: "Postgres",
            dependencies: [
                "Clibpq",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Leads",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: safeSettings),
        .target(
            name: "LeadService",
            dependencies: [
                "Compression", "Leads", "Postgres", "Spreadsheets",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            resources: [.copy("Resources")],
            swiftSettings: safeSettings),
        .executableTarget(
            name: "Server",
            dependencies: [
                "LeadService", "Leads", "Postgres",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(name: "TestArchive", dependencies: ["Clibz"], path: "Tests/TestArchive", swiftSettings: settings),
        .target(name: "TestCluster", path: "Tests/TestCluster", swiftSettings: settings),
        .target(
            name: "TestDatabase",
            dependencies: [
                "LeadService", "Postgres",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestDatabase",
            swiftSettings: settings),
        .testTarget(
            name: "LeadsTests",
            dependencies: ["Leads"],
            resources: [.copy("Cases")],
            swiftSettings: testSettings),
        .testTarget(
            name: "SpreadsheetsTests", dependencies: ["Spreadsheets", "TestArchive"], swiftSettings: testSettings),
        .testTarget(
            name: "PostgresTests",
            dependencies: [
                "Postgres", "TestCluster",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: testSettings),
        .testTarget(
            name: "LeadServiceTests",
            dependencies: [
                "LeadService", "Leads", "Postgres", "TestArchive", "TestCluster", "TestDatabase",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            resources: [.copy("Vectors")],
            swiftSettings: testSettings),
    ]
)

// Only for benchmarks: they would lengthen every other build.
if Context.environment["BENCHMARKS"] != nil {
    package.products.append(.executable(name: "DriverBenchmark", targets: ["DriverBenchmark"]))
    package.targets.append(
        .executableTarget(
            name: "DriverBenchmark",
            dependencies: ["Postgres", .product(name: "Logging", package: "swift-log")],
            path: "Tests/Benchmarks/DriverBenchmark",
            swiftSettings: settings))
    package.products.append(.executable(name: "ProofBenchmark", targets: ["ProofBenchmark"]))
    package.targets.append(
        .executableTarget(
            name: "ProofBenchmark",
            dependencies: ["Leads", .product(name: "Crypto", package: "swift-crypto")],
            path: "Tests/Benchmarks/ProofBenchmark",
            swiftSettings: settings))
}
