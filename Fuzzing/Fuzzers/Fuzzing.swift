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
        ConfigurationFuzzer.self, BrokerFilesFuzzer.self,
    ]

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
    guard count.pointee >= 2, let name = arguments.pointee[1].map({ String(cString: $0) }),
        let type = Fuzzing.fuzzers.first(where: { $0.name == name })
    else {
        for fuzzer in Fuzzing.fuzzers { print(fuzzer.name) }
        exit(count.pointee == 1 ? 0 : 64)
    }
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
