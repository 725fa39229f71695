/// The keys of a telemetry message, in any of its forms.
enum FrameKey: Int, MemberKey, CaseIterable {
    case boot, seq, at, signals, position, meters, mode, faults, fleet, equipment, frames, columns

    @inline(__always)
    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        // By length first: a message has few keys, and almost every comparison then succeeds.
        switch text.count {
        case 2 where text.spell("at"): self = .at
        case 3 where text.spell("seq"): self = .seq
        case 4 where text.spell("boot"): self = .boot
        case 4 where text.spell("mode"): self = .mode
        case 5 where text.spell("fleet"): self = .fleet
        case 6 where text.spell("meters"): self = .meters
        case 6 where text.spell("faults"): self = .faults
        case 6 where text.spell("frames"): self = .frames
        case 7 where text.spell("signals"): self = .signals
        case 7 where text.spell("columns"): self = .columns
        case 8 where text.spell("position"): self = .position
        case 9 where text.spell("equipment"): self = .equipment
        default: return nil
        }
    }
}
