// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of this package is compiled with.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// The plugins: one folder in `Sources/Plugins`, one in `Tests/Plugins`, one type in the agent's `Plugins.swift`.
let plugins = ["Load", "ConfigReplacer"]

/// What plugins need besides.
let pluginLibraries: [String: [Target.Dependency]] = ["ConfigReplacer": ["Replacement", "CommandCatalog", "JSON"]]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let doors: [Target] = [
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CMd", pkgConfig: "libmd", providers: [.apt(["libmd-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSystem"),
    .target(name: "CRunner"),
]

let libraries: [Target] = [
    .target(name: "JSON", dependencies: ["CJansson"], swiftSettings: settings),
    .target(name: "Certificates", dependencies: ["COpenSSL"], swiftSettings: settings),
    .target(name: "MQTT", dependencies: ["CMosquitto", "Certificates", logging], swiftSettings: settings),
    .target(name: "ConfigurationReader", dependencies: ["JSON"], swiftSettings: settings),
    .target(name: "Escaping", swiftSettings: settings),
    .target(name: "Files", swiftSettings: settings),
    .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: settings),
    .target(name: "Digest", dependencies: ["CMd"], swiftSettings: settings),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: settings),
    .target(
        name: "CommandCatalog",
        dependencies: ["JSON", "ConfigurationReader", "Digest", "Files"],
        swiftSettings: settings
    ),
    .target(
        name: "Policy",
        dependencies: ["JSON", "ConfigurationReader", "CommandCatalog", "Escaping"],
        swiftSettings: settings
    ),
    .target(
        name: "Audit",
        dependencies: ["JSON", "Digest", "CommandCatalog", "Escaping", "Files"],
        swiftSettings: settings
    ),
    .target(
        name: "Signatures",
        dependencies: ["JSON", "ConfigurationReader", "CommandCatalog", "CSodium", "Files"],
        swiftSettings: settings
    ),
    .target(
        name: "AgentControl",
        dependencies: ["CommandCatalog", "JSON", "CSystem"],
        swiftSettings: settings
    ),
    .target(
        name: "Replacement",
        dependencies: ["CommandCatalog", "ConfigurationReader", "JSON", "Digest", "Files", "CSystem", "AgentControl"],
        swiftSettings: settings
    ),
    .target(
        name: "PluginKit",
        dependencies: ["JSON", "ConfigurationReader", "CommandCatalog", logging, lifecycle],
        swiftSettings: settings
    ),
    .target(
        name: "RemoteExecutor",
        dependencies: [
            "PluginKit", "CommandCatalog", "ConfigurationReader", "JSON", "SQLite", "Compression", "Digest",
            "Files", "Signatures", "Policy", "Audit", "CSystem", "CRunner",
            logging, lifecycle,
        ],
        resources: [.embedInCode("sample.json")],
        swiftSettings: settings
    ),
    .target(
        name: "PluginHost",
        dependencies: [
            "PluginKit", "CommandCatalog", "ConfigurationReader", "JSON", "MQTT", "Certificates", "Files", "CSystem",
            "Escaping",
            logging, lifecycle, signals,
        ],
        swiftSettings: settings
    ),
    .target(name: "Joining", dependencies: ["CommandCatalog", "JSON"], swiftSettings: settings),
    .target(
        name: "ProgramOptions",
        dependencies: ["MQTT", "CommandCatalog", "ConfigurationReader", "JSON", "Escaping", "Signatures"],
        swiftSettings: settings
    ),
    .target(
        name: "TaskSending",
        dependencies: [
            "ProgramOptions", "Signatures", "MQTT", "CommandCatalog", "ConfigurationReader", "JSON", "Files", "CSystem",
            logging,
        ],
        swiftSettings: settings
    ),
    .target(
        name: "PluginTesting",
        dependencies: ["PluginKit", "CommandCatalog", "ConfigurationReader", "JSON", logging, lifecycle],
        swiftSettings: settings
    ),
]

let pluginTargets: [Target] = plugins.flatMap { name -> [Target] in
    [
        .target(
            name: name,
            dependencies: ["PluginKit", "ConfigurationReader", "CSystem", logging, lifecycle]
                + pluginLibraries[name, default: []],
            path: "Sources/Plugins/\(name)",
            exclude: ["README.md"],
            resources: [.embedInCode("sample.json")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "\(name)Tests",
            dependencies: [.byName(name: name), "PluginKit", "PluginTesting", "ConfigurationReader", "TestSupport"]
                + pluginLibraries[name, default: []],
            path: "Tests/Plugins/\(name)Tests",
            swiftSettings: settings
        ),
    ]
}

/// Whether the runner is linked as everything else.
///
/// Usually statically: it needs nothing of the machine then, and forks fast. By hand, because the plain way links Swift's
/// core into it. The sanitizers' libraries are shared ones (scripts/sanitize.sh).
let runnerIsDynamic = Context.environment["RECOVERD_DYNAMIC_RUNNER"] != nil

let programs: [Target] = [
    .executableTarget(
        name: "recoverd-runner",
        dependencies: ["CRunner"],
        cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])],
        linkerSettings: runnerIsDynamic ? [] : [.unsafeFlags(["-nostartfiles", "-static-executable"])]
    ),
    .executableTarget(
        name: "recoverd-unit",
        cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])],
        linkerSettings: [.linkedLibrary("systemd")]
            + (runnerIsDynamic ? [] : [.unsafeFlags(["-nostartfiles", "-Xlinker", "--as-needed"])])
    ),
    .executableTarget(
        name: "recoverd-agent",
        dependencies: [
            "PluginHost", "PluginKit", "RemoteExecutor", "Replacement", "AgentControl", "Joining", "CommandCatalog",
            "ConfigurationReader", "JSON", "Files", arguments, logging, lifecycle,
        ] + plugins.map { .byName(name: $0) },
        swiftSettings: settings
    ),
    .executableTarget(
        name: "send-command",
        dependencies: ["TaskSending", "ProgramOptions", "CommandCatalog", "JSON"],
        swiftSettings: settings
    ),
    .executableTarget(
        name: "send-config",
        dependencies: ["TaskSending", "ProgramOptions", "CommandCatalog", "Files"],
        swiftSettings: settings
    ),
    .executableTarget(
        name: "replace-config",
        dependencies: ["Replacement", "CommandCatalog", "Files", arguments],
        swiftSettings: settings
    ),
    .executableTarget(
        name: "recoverctl",
        dependencies: [
            "ProgramOptions", "AgentControl", "Replacement", "RemoteExecutor", "Certificates", "Signatures", "Policy",
            "Audit", "Joining", "MQTT", "CommandCatalog", "ConfigurationReader", "JSON", "Escaping", "Files", "CSystem",
            arguments,
            logging,
        ],
        swiftSettings: settings
    ),
]

let tests: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: ["JSON", "Certificates"],
        path: "Tests/TestSupport",
        swiftSettings: settings
    ),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "CompressionTests", dependencies: ["Compression", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "EscapingTests", dependencies: ["Escaping", "JSON", "TestSupport"], swiftSettings: settings),
    .testTarget(
        name: "PolicyTests",
        dependencies: ["Policy", "CommandCatalog", "ConfigurationReader", "JSON", "TestSupport"],
        swiftSettings: settings
    ),
    // Writes audit lines until it is killed.
    .executableTarget(
        name: "audit-writer",
        dependencies: ["Audit", "CommandCatalog"],
        path: "Tests/AuditWriter",
        swiftSettings: settings
    ),
    .testTarget(
        name: "AuditTests",
        dependencies: ["Audit", "audit-writer", "CommandCatalog", "JSON", "Digest", "Escaping", "TestSupport"],
        swiftSettings: settings
    ),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "DigestTests", dependencies: ["Digest"], swiftSettings: settings),
    .testTarget(name: "SQLiteTests", dependencies: ["SQLite", "TestSupport"], swiftSettings: settings),
    .testTarget(
        name: "CertificatesTests", dependencies: ["Certificates", "TestSupport"], swiftSettings: settings
    ),
    .testTarget(
        name: "MQTTTests",
        dependencies: ["MQTT", "Certificates", "TestSupport", logging],
        swiftSettings: settings
    ),
    .testTarget(
        name: "ConfigurationReaderTests",
        dependencies: ["ConfigurationReader", "JSON", "TestSupport"],
        swiftSettings: settings
    ),
    .testTarget(
        name: "CommandCatalogTests",
        dependencies: ["CommandCatalog", "ConfigurationReader", "JSON", "TestSupport"],
        exclude: ["Fixtures"],
        swiftSettings: settings
    ),
    .testTarget(
        name: "SignaturesTests",
        dependencies: ["Signatures", "CommandCatalog", "ConfigurationReader", "JSON", "TestSupport"],
        swiftSettings: settings
    ),
    .testTarget(
        name: "PluginHostTests",
        dependencies: [
            "PluginHost", "PluginKit", "PluginTesting", "CommandCatalog", "ConfigurationReader", "JSON", "MQTT",
            "Certificates", "TestSupport", logging, lifecycle,
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "RemoteExecutorTests",
        dependencies: [
            "RemoteExecutor", "recoverd-runner", "PluginKit", "PluginTesting", "CommandCatalog", "ConfigurationReader",
            "JSON", "SQLite", "Compression", "Files", "Signatures", "Policy", "Audit", "CSystem", "CRunner",
            "TestSupport",
            logging,
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "SendCommandTests",
        dependencies: [
            "send-command", "send-config", "TaskSending", "ProgramOptions", "MQTT", "CommandCatalog",
            "ConfigurationReader", "JSON", "TestSupport",
            logging,
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "RecoverctlTests",
        dependencies: [
            "recoverctl", "AgentControl", "Replacement", "Signatures", "MQTT", "CommandCatalog", "ConfigurationReader",
            "JSON", "TestSupport",
        ],
        swiftSettings: settings
    ),
    .testTarget(name: "JoiningTests", dependencies: ["Joining", "CommandCatalog", "JSON"], swiftSettings: settings),
    .testTarget(
        name: "ReplacementTests",
        dependencies: [
            "Replacement", "replace-config", "recoverd-agent", "CommandCatalog", "ConfigurationReader", "JSON",
            "Files", "TestSupport",
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "RunnerTests",
        dependencies: ["recoverd-runner", "CRunner", "CommandCatalog", "TestSupport"],
        swiftSettings: settings
    ),
    .testTarget(
        name: "PluginTestingTests",
        dependencies: ["PluginTesting", "PluginKit", "CommandCatalog", "ConfigurationReader", "TestSupport"],
        swiftSettings: settings
    ),
    .testTarget(
        name: "RepositoryTests",
        dependencies: [
            "TestSupport", "JSON", "CommandCatalog", "ConfigurationReader", "Policy", "Audit", "Signatures",
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "IntegrationTests",
        dependencies: [
            "TestSupport", "JSON", "MQTT", "CommandCatalog", "Files", "Signatures", "Audit", "ProgramOptions",
            "recoverd-agent", "send-command", "send-config", "recoverctl", "CSystem", logging,
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "ChaosTests",
        dependencies: ["TestSupport", "JSON", "MQTT", "CommandCatalog", "Replacement", "recoverd-agent", logging],
        swiftSettings: settings
    ),
]

/// The bodies of the fuzzers, tried for a short time by a test; libFuzzer itself only for `make fuzz` (scripts/fuzz.sh).
let fuzzers: [Target] =
    [
        .target(
            name: "FuzzBodies",
            dependencies: [
                "CommandCatalog", "ConfigurationReader", "JSON", "Load", "PluginHost", "PluginKit", "Policy",
                "RemoteExecutor", "Signatures",
            ],
            path: "Tests/FuzzBodies",
            swiftSettings: settings
        ),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzBodies", "TestSupport"], swiftSettings: settings),
    ]
    + (Context.environment["RECOVERD_FUZZ"] == nil
        ? []
        : [
            .systemLibrary(name: "CFuzzer", path: "Fuzz/CFuzzer"),
            .executableTarget(
                name: "recoverd-fuzz", dependencies: ["FuzzBodies", "CFuzzer"], path: "Fuzz/Driver",
                swiftSettings: settings
            ),
        ])

let package = Package(
    name: "recoverd",
    products: [
        .executable(name: "recoverd-agent", targets: ["recoverd-agent"]),
        .executable(name: "recoverd-runner", targets: ["recoverd-runner"]),
        .executable(name: "recoverd-unit", targets: ["recoverd-unit"]),
        .executable(name: "send-command", targets: ["send-command"]),
        .executable(name: "send-config", targets: ["send-config"]),
        .executable(name: "replace-config", targets: ["replace-config"]),
        .executable(name: "recoverctl", targets: ["recoverctl"]),
        .library(name: "PluginKit", targets: ["PluginKit"]),
        .library(name: "PluginTesting", targets: ["PluginTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: doors + libraries + pluginTargets + programs + tests + fuzzers
)
