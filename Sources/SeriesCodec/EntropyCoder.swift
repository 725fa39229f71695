/// Writes bytes in as many bits as their frequency is worth, fractions of a bit included: range asymmetric numeral
/// systems (Duda 2013), with four states in turn (Giesen 2014), so that four bytes are on their way at once.
///
/// What measurements leave behind after prediction is noise of a few values, each of which Huffman codes round to
/// whole bits; and most columns rest, where they cannot go below one bit.
///
/// A state is `2^16 ..< 2^32`. To write a byte of frequency f that starts at c it becomes `x / f × 2048 + x mod f + c`;
/// before that, its low 16 bits are put out if it would grow too large. The bytes are written from the last to the
/// first, so reading goes forwards. Coded bytes are the frequencies, the four states, the words of 16 bits; numbers
/// with the least significant byte first.
enum EntropyCoder {
    private static let lowest: UInt32 = 1 << 16
    private static let stateBytes = 16
    /// What the buffer for coded bytes needs: a word for each byte, and what reading may look at beyond the end.
    static let bufferSize = 2 * SegmentLimits.rows + stateBytes + 8

    /// Codes `bytes`; `nil` when they do not become smaller.
    static func encode(_ bytes: UnsafeRawBufferPointer, using workspace: SegmentWorkspace) -> ByteWriter? {
        let buffer = workspace.coded
        precondition(!bytes.isEmpty && buffer.count >= 2 * bytes.count + stateBytes)
        let frequencies = SymbolFrequencies(of: bytes)
        let starts = frequencies.starts
        var states = (lowest, lowest, lowest, lowest)
        var offset = buffer.count
        func put(_ part: Int, _ start: Int, in state: inout UInt32) {
            let part = UInt32(truncatingIfNeeded: part)
            // In 64 bits: for a byte that is all the limit is 2^32.
            if UInt64(state) >= UInt64(part) << UInt64(32 - SymbolFrequencies.totalBits) {
                offset -= 2
                buffer.storeBytes(
                    of: UInt16(truncatingIfNeeded: state).littleEndian, toByteOffset: offset, as: UInt16.self)
                state >>= 16
            }
            let (quotient, rest) = state.quotientAndRemainder(dividingBy: part)
            state = quotient << UInt32(SymbolFrequencies.totalBits) + rest + UInt32(truncatingIfNeeded: start)
        }
        frequencies.parts.withUnsafeBufferPointer { parts in
            starts.withUnsafeBufferPointer { starts in
                for index in stride(from: bytes.count - 1, through: 0, by: -1) {
                    let byte = Int(bytes[index])
                    switch index & 3 {
                    case 0: put(parts[byte], starts[byte], in: &states.0)
                    case 1: put(parts[byte], starts[byte], in: &states.1)
                    case 2: put(parts[byte], starts[byte], in: &states.2)
                    default: put(parts[byte], starts[byte], in: &states.3)
                    }
                }
            }
        }
        var writer = ByteWriter()
        frequencies.append(to: &writer)
        for state in [states.0, states.1, states.2, states.3] { writer.append(word: UInt64(state), byteCount: 4) }
        writer.append(UnsafeRawBufferPointer(rebasing: buffer[offset...]))
        return writer.bytes.count < bytes.count ? writer : nil
    }

    /// Fills `target` with the first of the `count` bytes that were coded in the rest of `reader`.
    static func decode(
        _ reader: inout ByteReader, of count: Int, into target: UnsafeMutableRawBufferPointer,
        using workspace: SegmentWorkspace
    ) throws(Damage) {
        let buffer = workspace.coded
        let table = workspace.table
        fill(table, with: try SymbolFrequencies(from: &reader))
        var state0 = try state(from: &reader)
        var state1 = try state(from: &reader)
        var state2 = try state(from: &reader)
        var state3 = try state(from: &reader)
        let words = try reader.take(reader.remaining)
        guard words.count <= 2 * count, let start = buffer.baseAddress else {
            throw Damage("\(words.count) coded bytes are more than \(count) bytes need")
        }
        // Four bytes take up to four words. Looking at all four before it is known how many are needed saves the
        // processor from guessing, but looks up to eight bytes beyond the end.
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(words.count + 8)])
        room.copyMemory(from: words)
        room[words.count...].initializeMemory(as: UInt8.self, repeating: 0)
        var offset = 0
        var index = 0
        while index &+ 4 <= target.count, offset <= words.count {
            var window = start.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            var taken: UInt64 = 0
            let byte0 = next(&state0, table, &window, &taken)
            let byte1 = next(&state1, table, &window, &taken)
            let byte2 = next(&state2, table, &window, &taken)
            let byte3 = next(&state3, table, &window, &taken)
            target.storeBytes(
                of: (byte0 | byte1 << 8 | byte2 << 16 | byte3 << 24).littleEndian, toByteOffset: index,
                as: UInt32.self)
            offset &+= Int(taken >> 3)
            index &+= 4
        }
        if index < target.count, offset <= words.count {
            var window = start.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            var taken: UInt64 = 0
            target[index] = UInt8(next(&state0, table, &window, &taken))
            if index + 1 < target.count { target[index + 1] = UInt8(next(&state1, table, &window, &taken)) }
            if index + 2 < target.count { target[index + 2] = UInt8(next(&state2, table, &window, &taken)) }
            offset += Int(taken >> 3)
        }
        guard target.count == count else {
            guard offset <= words.count else { throw Damage("there are fewer coded bytes than it says") }
            return
        }
        // Every state ends where the writer began, or the bytes were others.
        guard offset == words.count, state0 == lowest, state1 == lowest, state2 == lowest, state3 == lowest else {
            throw Damage("coded bytes do not end where they must")
        }
    }

    /// Takes a byte out of a state, which fills itself up from the window.
    @inline(__always) private static func next(
        _ state: inout UInt32, _ table: UnsafeMutablePointer<UInt32>, _ window: inout UInt64, _ taken: inout UInt64
    ) -> UInt32 {
        let entry = table[Int(state & UInt32(SymbolFrequencies.total - 1))]
        let part = entry >> 8 & 0xFFF
        let grown = part &* (state >> UInt32(SymbolFrequencies.totalBits)) &+ entry >> 20
        let shift: UInt64 = grown < lowest ? 16 : 0
        state = grown < lowest ? grown << 16 | UInt32(truncatingIfNeeded: window & 0xFFFF) : grown
        window &>>= shift
        taken &+= shift
        return entry & 0xFF
    }

    private static func state(from reader: inout ByteReader) throws(Damage) -> UInt32 {
        let state = try reader.take(4).loadUnaligned(as: UInt32.self).littleEndian
        guard state >= lowest else { throw Damage("\(state) is no state of coded bytes") }
        return state
    }

    /// For each of the 2,048 low parts of a state: the byte, its frequency, and how far the part is from the
    /// start of the byte's.
    private static func fill(_ table: UnsafeMutablePointer<UInt32>, with frequencies: SymbolFrequencies) {
        var slot = 0
        for (byte, part) in frequencies.parts.enumerated() where part > 0 {
            let entry = UInt32(byte) | UInt32(part) << 8
            for distance in 0..<part { table[slot &+ distance] = entry | UInt32(truncatingIfNeeded: distance) << 20 }
            slot += part
        }
    }
}
