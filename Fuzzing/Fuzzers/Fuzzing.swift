import FleetModel
import Glibc

/// `zubr-fuzz TARGET [libFuzzer's options] [CORPUS …]`
///
/// Without a target it lists them, one a line, which is what the script that runs them all reads. `main` is libFuzzer's:
/// it calls the two functions below.
enum Fuzzing {
    static let fuzzers: [any Fuzzer.Type] = [
        TelemetryFuzzer.self, StatusFuzzer.self, ReplyFuzzer.self, TopicFuzzer.self, BatchFuzzer.self,
        LineProtocolFuzzer.self, RecordingFuzzer.self, TableRowFuzzer.self, MachineTableFuzzer.self,
        TimeFuzzer.self, FrameBlockFuzzer.self, SequenceRangesFuzzer.self, QueryFuzzer.self, DocumentFuzzer.self,
        ConfigurationFuzzer.self, BrokerFilesFuzzer.self, SegmentFuzzer.self, FrameLineFuzzer.self,
        NumberTextFuzzer.self, ImportLinesFuzzer.self,
    ]

    /// The variable by which a process of libFuzzer's own knows its target.
    static let inherited = "ZUBR_FUZZ_TARGET"

    static func type(named name: UnsafePointer<CChar>?) -> (any Fuzzer.Type)? {
        name.flatMap { name in fuzzers.first { $0.name == String(cString: name) } }
    }

    /// The fuzzer this process runs.
    // Set once, before the first input; libFuzzer calls back on the thread that started it.
    nonisolated(unsafe) static var chosen: (any Fuzzer)?
}

/// Takes the target's name out of the arguments; libFuzzer reads the rest.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
    // libFuzzer starts itself again to merge and to minimize, with the arguments that we have left it.
    if count.pointee >= 2, let type = Fuzzing.type(named: getenv(Fuzzing.inherited)) {
        Fuzzing.chosen = type.init()
        return 0
    }
    guard count.pointee >= 2, let type = Fuzzing.type(named: arguments.pointee[1]) else {
        for fuzzer in Fuzzing.fuzzers { print(fuzzer.name) }
        exit(count.pointee == 1 ? 0 : 64)
    }
    setenv(Fuzzing.inherited, type.name, 1)
    Fuzzing.chosen = type.init()
    arguments.pointee[1] = arguments.pointee[0]
    arguments.pointee += 1
    count.pointee -= 1
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    Fuzzing.chosen!.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
