extension Presence {
    /// How presence is written. The raw value is its first byte.
    private enum Form: UInt8 {
        case all = 0
        case bitmap = 1
        /// Lengths of runs, present and absent ones in turn, the present first.
        case runs = 2
        /// The absent rows, each as its distance from the one before.
        case absences = 3
    }

    /// Writes it in the form that is smallest.
    func append(to writer: inout ByteWriter) {
        guard let words else {
            writer.append(Form.all.rawValue)
            return
        }
        var runs: [Int] = []
        var absences: [Int] = []
        var isPresent = true
        var length = 0
        var next = 0
        for row in 0..<rowCount {
            if self[row] != isPresent {
                runs.append(length)
                length = 0
                isPresent.toggle()
            }
            length += 1
            if !isPresent {
                absences.append(row - next)
                next = row + 1
            }
        }
        runs.append(length)
        var bitmap = ByteWriter()
        bitmap.append(Form.bitmap.rawValue)
        for (index, word) in words.enumerated() {
            bitmap.append(word: word, byteCount: min(8, (rowCount + 7) / 8 - index * 8))
        }
        let lists = [(Form.runs, runs), (Form.absences, absences)].map { form, list in
            var writer = ByteWriter()
            writer.append(form.rawValue)
            writer.append(varint: UInt64(list.count))
            NumberList.append(list, to: &writer)
            return writer
        }
        writer.append(lists.reduce(bitmap) { $1.bytes.count < $0.bytes.count ? $1 : $0 })
    }

    init(rowCount: Int, from reader: inout ByteReader) throws(Damage) {
        let tag = try reader.byte()
        guard let form = Form(rawValue: tag) else { throw Damage("presence cannot be written in the form \(tag)") }
        guard form != .all else {
            self = .all(rowCount)
            return
        }
        var words = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        switch form {
        case .all: break
        case .bitmap:
            for (index, byte) in try reader.take((rowCount + 7) / 8).enumerated() {
                words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
            }
            guard rowCount % 64 == 0 || words[words.count - 1] >> UInt64(rowCount % 64) == 0 else {
                throw Damage("a value is present beyond the last row")
            }
        case .runs:
            let count = try reader.count(atMost: rowCount + 1, of: "runs of presence")
            var row = 0
            for (run, length) in (try NumberList.read(count, from: &reader)).enumerated() {
                guard length <= rowCount - row else { throw Damage("a run of presence goes beyond the last row") }
                if run % 2 == 0 { Presence.set(row..<row + length, in: &words) }
                row += length
            }
            guard row == rowCount else { throw Damage("presence speaks of \(row) of \(rowCount) rows") }
        case .absences:
            let count = try reader.count(atMost: rowCount, of: "absent rows")
            Presence.set(0..<rowCount, in: &words)
            var row = 0
            for distance in try NumberList.read(count, from: &reader) {
                guard distance < rowCount - row else { throw Damage("a row is absent beyond the last") }
                row += distance
                words[row / 64] &= ~(1 << UInt64(row % 64))
                row += 1
            }
        }
        self.init(rowCount: rowCount, bitmap: words)
    }

    private static func set(_ rows: Range<Int>, in words: inout [UInt64]) {
        var row = rows.lowerBound
        while row < rows.upperBound {
            let bit = row % 64
            let count = min(64 - bit, rows.upperBound - row)
            words[row / 64] |= (UInt64.max >> UInt64(64 - count)) << UInt64(bit)
            row += count
        }
    }
}
