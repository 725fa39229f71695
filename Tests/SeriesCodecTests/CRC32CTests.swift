import Support
import Testing

@testable import SeriesCodec

@Suite("Check sum")
struct CRC32CTests {
    @Test(
        "the check sum is the one of RFC 3720",
        arguments: [
            ("123456789", 0xE306_9283), ("", 0), (String(repeating: "\0", count: 32), 0x8A91_36AA),
        ] as [(String, UInt32)])
    func known(text: String, expected: UInt32) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == expected)
        #expect(bytes.withUnsafeBytes { CRC32C.checksumByTable($0) } == expected)
    }

    @Test("processor and table agree, wherever the bytes begin and end")
    func agreement() {
        var generator = SeededGenerator(seed: 5)
        let bytes = (0..<300).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        bytes.withUnsafeBytes { buffer in
            for start in 0..<9 {
                for end in stride(from: start, through: buffer.count, by: 7) {
                    let part = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
                    #expect(CRC32C.checksum(part) == CRC32C.checksumByTable(part))
                }
            }
        }
    }
}
