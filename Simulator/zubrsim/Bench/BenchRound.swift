/// One stretch of load on one subject, with a broker of its own, and what came of it.
struct BenchRound: Sendable {
    var messagesPerSecond = 0.0
    var brokerCPUSeconds = 0.0
    var subjectCPUSeconds = 0.0
    /// Of this process: publisher and observer.
    var publisherCPUSeconds = 0.0
    /// The measured stretch.
    var seconds = 0.0
    var residentMegabytes = 0.0
    var residentMegabytesMax = 0.0
    /// How long after the last message the evaluator had judged everything; `nil` for the null subscriber.
    var catchUpSeconds: Double?
    /// Journal rows the evaluator was behind when the last message was stored.
    var evaluatorLag: Int64?
    /// Journal rows it still had not judged after a minute.
    var unjudgedRows: Int64 = 0
    /// From a message being due to its being committed, in milliseconds; of rounds at a fixed pace.
    var latencies: [Double] = []
    /// Messages published in it.
    var messages = 0

    /// How long a round runs before it is measured: caches fill, machines become known.
    static func warmUp(for seconds: Double) -> Double { min(2, seconds / 2) }
}
