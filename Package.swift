// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode and no warning left standing.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let core: [Target.Dependency] = ["FleetModel", "TelemetryCodec", "Prognosis", "ServiceDesk"]
let runtime: [Target.Dependency] = core + ["FleetRuntime"]
/// For those who are, or run, a service and log.
let services: [Target.Dependency] = [logging, serviceLifecycle]

let package = Package(
    name: "zubr",
    products: [
        .executable(name: "zubrd", targets: ["zubrd"]),
        .executable(name: "zubr", targets: ["zubr"]),
        .executable(name: "zubrsim", targets: ["zubrsim"]),
        // Preloaded into zubrd by `zubrsim chaos --faults power-cut`; no part of the service.
        .library(name: "ZubrPowerCut", type: .dynamic, targets: ["CPowerCut"]),
        // Preloaded into zubrd by the tests of clock steps, before libfaketime; no part of the service.
        .library(name: "ZubrTrueTimers", type: .dynamic, targets: ["CTrueTimers"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // 0 system: module maps over Debian's libraries, a shim only where a call is variadic or C++.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CCompression", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev", "liblzma-dev", "zlib1g-dev"])]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CGeodesic", pkgConfig: "proj", providers: [.apt(["libproj-dev"])]),
        .systemLibrary(name: "CCurlLibrary", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSimdJSONLibrary", providers: [.apt(["libsimdjson-dev"])]),
        .target(name: "CCurl", dependencies: ["CCurlLibrary"]),
        .target(
            name: "CSimdJSON", dependencies: ["CSimdJSONLibrary"], linkerSettings: [.linkedLibrary("simdjson")]),

        // 1 core: pure, no I/O, no clock.
        .target(name: "FleetModel", dependencies: [], swiftSettings: strict),
        .target(name: "TelemetryCodec", dependencies: ["FleetModel", "CSimdJSON"], swiftSettings: strict),
        .target(name: "SeriesCodec", dependencies: ["CCompression"], swiftSettings: strict),
        .target(name: "Prognosis", dependencies: ["FleetModel"], swiftSettings: strict),
        .target(name: "ServiceDesk", dependencies: ["FleetModel", "CGeodesic"], swiftSettings: strict),

        // 2 runtime: the ports and the loops.
        .target(
            name: "FleetRuntime", dependencies: core + services, swiftSettings: strict),

        // 3 adapters: never import one another.
        .target(name: "FleetMQTT", dependencies: runtime + ["CMosquitto"], swiftSettings: strict),
        .target(
            name: "FleetStore", dependencies: runtime + ["SeriesCodec", "CCompression", grdb], swiftSettings: strict),
        .target(name: "FleetAPI", dependencies: runtime + services + [hummingbird], swiftSettings: strict),
        .target(name: "FleetConfiguration", dependencies: core + [yams], swiftSettings: strict),

        .target(name: "FleetConsole", dependencies: runtime + ["CCurl"], swiftSettings: strict),

        .target(name: "FleetEnrolment", dependencies: ["FleetModel"], swiftSettings: strict),
        .target(name: "PackedFiles", dependencies: ["CCompression"], swiftSettings: strict),

        // 4 programs.
        .executableTarget(
            name: "zubrd",
            dependencies: runtime + services + [
                "CLinux", "FleetMQTT", "FleetStore", "FleetAPI", "FleetConfiguration", argumentParser, unixSignals,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "zubr",
            dependencies: runtime + [
                "CLinux", "FleetMQTT", "FleetStore", "FleetConfiguration", "FleetConsole", "FleetEnrolment",
                "PackedFiles", "Rehearsal", argumentParser,
            ],
            swiftSettings: strict),
        .target(
            name: "FleetSimulation", dependencies: core, path: "Simulator/FleetSimulation", swiftSettings: strict),
        .target(name: "CPowerCut", path: "Simulator/CPowerCut"),
        .target(name: "Rehearsal", dependencies: ["CLinux"], path: "Simulator/Rehearsal", swiftSettings: strict),
        .executableTarget(
            name: "zubrsim",
            dependencies: runtime + [
                "FleetMQTT", "FleetStore", "FleetConfiguration", "FleetSimulation", "PackedFiles", "Rehearsal",
                "CMosquitto", argumentParser, yams,
            ],
            path: "Simulator/zubrsim", swiftSettings: strict),

        // Tests.
        .target(
            name: "Support", dependencies: ["FleetModel", "Rehearsal"], path: "Tests/Support", swiftSettings: strict),
        .testTarget(name: "FleetModelTests", dependencies: ["FleetModel"], swiftSettings: strict),
        .testTarget(
            name: "TelemetryCodecTests", dependencies: ["FleetModel", "TelemetryCodec", "CSimdJSON", "Support"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "SeriesCodecTests", dependencies: ["SeriesCodec", "Support"], resources: [.copy("Fixtures")],
            swiftSettings: strict),
        .testTarget(
            name: "PrognosisTests", dependencies: ["FleetModel", "Prognosis", "Support"], swiftSettings: strict),
        .testTarget(
            name: "ServiceDeskTests", dependencies: ["FleetModel", "ServiceDesk", "Support"], swiftSettings: strict),
        .testTarget(name: "FleetRuntimeTests", dependencies: runtime + ["Support", logging], swiftSettings: strict),
        .testTarget(
            name: "FleetMQTTTests", dependencies: runtime + ["FleetMQTT", "Rehearsal", "Support"], swiftSettings: strict
        ),
        .testTarget(
            name: "FleetStoreTests", dependencies: runtime + ["FleetStore", "Support", grdb],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "FleetAPITests", dependencies: runtime + services + ["FleetAPI", "FleetConsole", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "FleetConsoleTests", dependencies: core + ["FleetRuntime", "FleetConsole"], swiftSettings: strict),
        .testTarget(
            name: "FleetConfigurationTests", dependencies: core + ["FleetConfiguration", "Support"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(name: "PackedFilesTests", dependencies: ["PackedFiles", "Support"], swiftSettings: strict),
        .testTarget(
            name: "FleetEnrolmentTests",
            dependencies: runtime + ["FleetEnrolment", "FleetMQTT", "Rehearsal", "Support"], swiftSettings: strict),
        .testTarget(
            name: "FleetSimulationTests",
            dependencies: runtime + ["FleetSimulation", "FleetConfiguration", "FleetStore", "Support", "zubrsim"],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: runtime + ["FleetMQTT", "FleetStore", "Rehearsal", "Support"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .target(name: "CTrueTimers", path: "Tests/CTrueTimers"),
        // Before SQLite's own file system, for tests that must make it fail.
        .target(
            name: "CSimulatedDisk", path: "Tests/CSimulatedDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "SimulationTests",
            dependencies: runtime + ["FleetStore", "FleetSimulation", "CSimulatedDisk", "Support", grdb, logging],
            exclude: ["Seeds"], swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", dependencies: [], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
