// swift-tools-version: 6.2
import PackageDescription

// The fuzzers: every parser of bytes from outside, built with libFuzzer's and AddressSanitizer's instruments.
//
// A package of its own, because the instruments would slow the programs down. It compiles the same files through the
// links `Sources` and `Simulator`, and of the larger targets only what reads bytes, so that it builds in a minute.

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "zubr-fuzzing",
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0")
    ],
    targets: [
        .systemLibrary(name: "CGeodesic", path: "Sources/CGeodesic", pkgConfig: "proj"),
        .systemLibrary(name: "CSimdJSONLibrary", path: "Sources/CSimdJSONLibrary"),
        .target(
            name: "CSimdJSON", dependencies: ["CSimdJSONLibrary"], path: "Sources/CSimdJSON",
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "FleetModel", path: "Sources/FleetModel", swiftSettings: strict),
        .target(
            name: "TelemetryCodec", dependencies: ["FleetModel", "CSimdJSON"], path: "Sources/TelemetryCodec",
            swiftSettings: strict),
        .systemLibrary(name: "CCompression", path: "Sources/CCompression", pkgConfig: "libzstd"),
        .target(
            name: "SeriesCodec", dependencies: ["CCompression"], path: "Sources/SeriesCodec", swiftSettings: strict),
        .target(name: "Prognosis", dependencies: ["FleetModel"], path: "Sources/Prognosis", swiftSettings: strict),
        .target(
            name: "ServiceDesk", dependencies: ["FleetModel", "CGeodesic"], path: "Sources/ServiceDesk",
            swiftSettings: strict),
        .target(
            name: "FleetRuntime", dependencies: ["FleetModel", "TelemetryCodec", "Prognosis", "ServiceDesk"],
            path: "Sources/FleetRuntime",
            sources: ["Ports.swift", "Documents", "Query", "Ingest/BatchAssembler.swift"], swiftSettings: strict),
        .target(
            name: "FleetStore",
            dependencies: ["FleetModel", "TelemetryCodec", "FleetRuntime", "SeriesCodec", "CCompression"],
            path: "Sources/FleetStore",
            sources: [
                "Import/FrameLinesReader.swift", "Import/GatheredRows.swift", "Import/Gathering.swift",
                "Import/Gathering+Frames.swift", "Import/ImportLines.swift", "Import/ImportNames.swift",
                "Import/ImportPlan.swift", "Import/ImportReport.swift", "Import/ImportSignals.swift",
                "Import/ImportSource.swift",
                "Import/KnownHeads.swift", "Import/LineProtocolReader.swift", "Import/LineReader.swift",
                "Import/RejectedLines.swift", "Import/RowLayout.swift", "Import/TableReader.swift",
                "Journal/FrameBlock.swift", "Journal/FrameReader.swift", "Journal/FrameWriter.swift",
                "Journal/JournalRow.swift", "Journal/SealedBytes.swift", "Journal/SequenceRanges.swift",
                "Journal/StoredNames.swift", "Segments/ColumnSummary.swift", "Segments/LeafPacking.swift",
                "Segments/Segment.swift", "Segments/SegmentDirectory.swift", "Segments/Track.swift",
                "SQLite/JSON.swift",
            ],
            swiftSettings: strict),
        .target(
            name: "FleetAPI", dependencies: ["FleetModel"], path: "Sources/FleetAPI",
            sources: ["Routes/Query.swift", "Problems/APIFailure.swift"], swiftSettings: strict),
        .target(
            name: "FleetConfiguration", dependencies: ["FleetModel", "ServiceDesk", "Yams"],
            path: "Sources/FleetConfiguration", swiftSettings: strict),
        .target(
            name: "FleetConsole", dependencies: ["FleetModel", "FleetRuntime"], path: "Sources/FleetConsole",
            sources: ["Doctor/MosquittoSettings.swift", "Doctor/Checkup.swift", "Text"], swiftSettings: strict),
        .target(
            name: "FleetEnrolment", dependencies: ["FleetModel"], path: "Sources/FleetEnrolment",
            swiftSettings: strict),
        .target(
            name: "FleetSimulation", dependencies: ["FleetModel", "TelemetryCodec"],
            path: "Simulator/FleetSimulation", sources: ["Replay"], swiftSettings: strict),
        .executableTarget(
            name: "zubr-fuzz",
            dependencies: [
                "FleetModel", "TelemetryCodec", "FleetRuntime", "FleetStore", "SeriesCodec", "FleetAPI",
                "FleetConfiguration",
                "FleetConsole", "FleetEnrolment", "FleetSimulation",
            ],
            path: "Fuzzers", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
