import FleetModel

/// One parser under fire.
protocol Fuzzer: AnyObject, SendableMetatype {
    /// What it is called on the command line and in the corpus.
    static var name: String { get }
    init()
    /// Parses one input. Whatever the bytes are it returns; a property that does not hold stops the process.
    func run(_ bytes: [UInt8])
}

/// Stops with what did not hold, so that libFuzzer keeps the input.
func require(_ condition: Bool, _ property: @autoclosure () -> String) {
    if !condition { fatalError("property broken: \(property())") }
}

/// What every rejection promises: a reason, and words of less than a page that print on one line.
func check(_ rejection: Rejection) {
    require(!rejection.detail.isEmpty, "a rejection says why")
    require(rejection.detail.utf8.count <= 2_048, "a rejection is short, this one has \(rejection.detail.utf8.count)")
    require(
        !rejection.detail.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F },
        "a rejection has no control characters: \(rejection.detail.debugDescription)")
}

extension MachineKey {
    static let fuzzed = MachineKey("kuzbass/truck-1")!
}

extension Timestamp {
    static let fuzzed = Timestamp(iso8601: "2026-03-01T08:00:00Z")!
}
