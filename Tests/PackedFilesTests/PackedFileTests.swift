import Foundation
import PackedFiles
import Support
import Testing

@Suite("Packed files") struct PackedFileTests {
    private let folder = TemporaryFolder()

    /// Bytes that pack well in places and badly in others.
    private static func content(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 1)
        return (0..<count).map {
            $0 % 7_000 < 5_000 ? UInt8($0 / 100 % 256) : UInt8.random(in: 0...255, using: &random)
        }
    }

    private func read(_ path: String) throws -> [UInt8] {
        let reader = try PackedReader(path: path)
        let part = UnsafeMutableRawBufferPointer.allocate(byteCount: 10_007, alignment: 1)
        defer { part.deallocate() }
        var all: [UInt8] = []
        while true {
            let count = try reader.read(into: part)
            guard count > 0 else { return all }
            all += UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(part)[..<count])
        }
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        let writer = try PackedWriter(path: path)
        for start in stride(from: 0, to: bytes.count, by: 4_099) {
            try Array(bytes[start..<min(start + 4_099, bytes.count)]).withUnsafeBytes { try writer.write($0) }
        }
        try writer.finish()
    }

    @Test("what is written reads the same", arguments: Packing.allCases, [0, 1, 1_000_000])
    func roundTrip(packing: Packing, count: Int) throws {
        let path = "\(folder.path)/data\(packing.rawValue)"
        let bytes = PackedFileTests.content(count)
        try write(bytes, path)
        #expect(try read(path) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["data\(packing.rawValue)"])
    }

    @Test(
        "the programs of these names unpack it, and pack what is read",
        arguments: [
            (Packing.gzip, "gzip"), (.xz, "xz"), (.zstd, "zstd"),
        ])
    func programs(packing: Packing, program: String) throws {
        let bytes = PackedFileTests.content(300_000)
        let path = "\(folder.path)/data\(packing.rawValue)"
        try write(bytes, path)
        try shell("\(program) -dc \(path) > \(folder.path)/plain && \(program) -c \(folder.path)/plain > \(path)")
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/plain"))) == bytes)
        #expect(try read(path) == bytes)
    }

    @Test("two packed files one after the other are one", arguments: [Packing.gzip, .xz, .zstd])
    func concatenated(packing: Packing) throws {
        let path = "\(folder.path)/data\(packing.rawValue)"
        try write(Array("first ".utf8), path)
        let packed = try Data(contentsOf: URL(fileURLWithPath: path))
        try (packed + packed).write(to: URL(fileURLWithPath: path))
        #expect(try read(path) == Array("first first ".utf8))
    }

    @Test(
        "a file that is cut off, damaged or no such file is an error that names it",
        arguments: [
            Packing.gzip, .xz, .zstd,
        ])
    func damaged(packing: Packing) throws {
        let path = "\(folder.path)/data\(packing.rawValue)"
        try write(PackedFileTests.content(100_000), path)
        let packed = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        var flipped = packed
        flipped[packed.count / 2] ^= 0x55
        let cases: [[UInt8]] = [
            Array(packed.dropLast(20)), Array(packed.prefix(packed.count / 2)), flipped, packed + [1, 2, 3, 4, 5, 6],
            [1, 2, 3, 4, 5, 6, 7], [],
        ]
        for bytes in cases {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let failure = #expect(throws: PackedFileFailure.self) { try read(path) }
            #expect(failure?.description.contains(path) == true)
        }
    }

    @Test("a file is read ahead in parts, and a reader that stops early leaves nothing behind")
    func ahead() throws {
        let path = "\(folder.path)/data.zst"
        let bytes = PackedFileTests.content(5_000_000)
        try write(bytes, path)
        let ahead = ReadAhead(try PackedReader(path: path))
        var all: [UInt8] = []
        while let part = try ahead.next() {
            all += UnsafeRawBufferPointer(part.bytes)
            ahead.giveBack(part)
        }
        ahead.stop()
        #expect(all == bytes)
        let other = ReadAhead(try PackedReader(path: path))
        let part = try #require(try other.next())
        other.giveBack(part)
        other.stop()
    }

    @Test("two do not write one file, and what a killed program left of it is gone with the next")
    func oneWriter() throws {
        let path = "\(folder.path)/data.csv"
        try Data("left by a program that was killed".utf8).write(to: URL(filePath: path + ".partial"))
        let writer = try PackedWriter(path: path)
        #expect(throws: PackedFileFailure.self) { try PackedWriter(path: path) }
        try Array("a".utf8).withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        #expect(try read(path) == Array("a".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["data.csv"])
    }

    @Test("a file that is not finished has no name")
    func unfinished() throws {
        let path = "\(folder.path)/data.csv"
        do {
            let writer = try PackedWriter(path: path)
            try Array("a".utf8).withUnsafeBytes { try writer.write($0) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("a digest tells files apart by any byte of their ends, and by their parts between")
    func digest() throws {
        let path = "\(folder.path)/data"
        var bytes = PackedFileTests.content(3_000_000)
        try write(bytes, path)
        let before = try FileDigest.of(path)
        #expect(try FileDigest.of(path) == before)
        for place in [0, 1_000_000, 2_000_000, 2_999_999] {
            bytes[place] ^= 1
            try write(bytes, path)
            #expect(try FileDigest.of(path) != before)
            bytes[place] ^= 1
        }
    }

    private func shell(_ command: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
