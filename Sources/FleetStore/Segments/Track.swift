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

    /// The track for frames that say these signals.
    private static func place(for shape: [Signal], in tracks: inout [Track]) -> Int {
        let chosen = choice(for: shape, among: tracks, count: { $0.signals.count }, has: { $0.members.contains($1) })
        let place = chosen ?? tracks.count
        if chosen == nil { tracks.append(Track()) }
        for signal in shape where tracks[place].members.insert(signal).inserted { tracks[place].signals.append(signal) }
        return place
    }

    /// Which track, of those with so many signals and these, frames belong to: one that shares at least half of theirs;
    /// `nil`: a new one.
    static func choice<Known>(
        for shape: [Signal], among tracks: [Known], count: (Known) -> Int, has: (Known, Signal) -> Bool
    ) -> Int? {
        let shared = tracks.map { track in shape.count { has(track, $0) } }
        guard let best = tracks.indices.max(by: { shared[$0] < shared[$1] }) else { return nil }
        let isLike = shared[best] * 2 >= max(shape.count, count(tracks[best]))
        return isLike || tracks.count == countMax ? best : nil
    }
}
