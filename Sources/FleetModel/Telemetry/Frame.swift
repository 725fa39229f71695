/// One measured value. Its time is its frame's.
package struct Reading: Hashable, Sendable {
    package var signal: Signal
    /// In the unit the catalog gives the signal; finite. Yes and no are 1 and 0.
    package var value: Double

    package init(_ signal: Signal, _ value: Double) {
        self.signal = signal
        self.value = value
    }
}

/// What a machine said of one instant.
package struct Frame: Hashable, Sendable {
    /// The largest boot a machine may say. Those above are given to imported rows that have no numbers of their own.
    package static let bootMax: UInt32 = 0xFFFE_FFFF

    /// A number the machine changes when its `seq` starts again.
    package var boot: UInt32
    /// Counts the machine's frames within a boot, one by one, over all its topics. A missing number is a gap.
    package var seq: UInt64
    /// By the machine's clock.
    package var observedAt: Timestamp
    /// At most one value a signal. Meters and position are readings like any other.
    package var readings: [Reading]
    /// The complete set of active codes, empty when none is; `nil` when the frame does not speak of them.
    package var faults: [DiagnosticTroubleCode]?

    package init(
        boot: UInt32, seq: UInt64, observedAt: Timestamp, readings: [Reading] = [],
        faults: [DiagnosticTroubleCode]? = nil
    ) {
        self.boot = boot
        self.seq = seq
        self.observedAt = observedAt
        self.readings = readings
        self.faults = faults
    }

    package subscript(signal: Signal) -> Double? { readings.first { $0.signal == signal }?.value }

    /// Where the machine was, when the frame has a latitude and a longitude.
    package var position: Coordinate? {
        guard let latitude = self[.latitude], let longitude = self[.longitude] else { return nil }
        return Coordinate(latitude: latitude, longitude: longitude)
    }
}

/// Who drives the machine, as ISO 17757 separates it; sent as text, stored as its code.
package enum OperatingMode: String, CaseIterable, Sendable, Codable {
    case manual, autonomous, remote, safeStop = "safe_stop", allStop = "all_stop", lockedOut = "locked_out"

    package var code: Double { Double(OperatingMode.allCases.firstIndex(of: self)!) }

    package init?(code: Double) {
        guard let index = Int(exactly: code), OperatingMode.allCases.indices.contains(index) else { return nil }
        self = OperatingMode.allCases[index]
    }
}
