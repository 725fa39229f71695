import FleetModel

/// Frames of one machine that say the same signals, or nearly.
///
/// A machine sends a few kinds of messages, each with its own signals and often at its own pace. Put together, every second
/// row of a column would be empty; apart, nearly every column is full and needs no word about which rows have it.
struct Track {
    private(set) var signals: [Signal] = []
    private(set) var frames: [Frame] = []
    private var members: Set<Signal> = []

    /// A machine that sends ever other lists must not make a segment of each.
    private static let countMax = 8

    static func split(_ frames: [Frame]) -> [Track] {
        var tracks: [Track] = []
        var places: [[Signal]: Int] = [:]
        var lastShape: [Signal] = []
        var lastPlace: Int?
        for frame in frames {
            let isSame =
                frame.readings.count == lastShape.count
                && zip(frame.readings, lastShape).allSatisfy { $0.signal == $1 }
            if !isSame || lastPlace == nil {
                lastShape = frame.readings.map(\.signal)
                lastPlace = places[lastShape] ?? place(for: lastShape, in: &tracks)
                places[lastShape] = lastPlace
            }
            tracks[lastPlace!].frames.append(frame)
        }
        return tracks
    }

    /// The track for frames that say these signals: one that shares at least half of them, else a new one.
    private static func place(for shape: [Signal], in tracks: inout [Track]) -> Int {
        let shared = tracks.map { track in shape.count { track.members.contains($0) } }
        let best = tracks.indices.max { shared[$0] < shared[$1] }
        let place: Int
        if let best, shared[best] * 2 >= max(shape.count, tracks[best].signals.count) || tracks.count == countMax {
            place = best
        } else {
            place = tracks.count
            tracks.append(Track())
        }
        for signal in shape where tracks[place].members.insert(signal).inserted { tracks[place].signals.append(signal) }
        return place
    }
}
