import Dispatch
import Foundation
import Synchronization

/// Reads and unpacks a file on a thread of its own, a few parts ahead of who uses them.
package final class ReadAhead: Sendable {
    /// A part of the file, with room before and after it.
    package struct Part: @unchecked Sendable {
        // Whoever has taken a part is alone with its memory until it is given back.
        fileprivate let memory: UnsafeMutableRawBufferPointer
        fileprivate var end: Int

        /// The bytes of the file, and before them room for what was left of the part before.
        package var bytes: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: memory[ReadAhead.room..<end])
        }
    }

    /// How many bytes before a part may be written to.
    package static let room = 1 << 18
    private static let partBytes = 1 << 20
    /// What may be read beyond a part, though it means nothing.
    private static let slack = 64
    private static let partCount = 3

    private struct State {
        var filled: [Result<Part?, PackedFileFailure>] = []
        var empty: [Part]
        var isStopped = false
    }

    private let state: Mutex<State>
    private let filledCount = DispatchSemaphore(value: 0)
    private let emptyCount = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)

    /// Begins to read; nobody else may use the reader from now on.
    package init(_ reader: sending PackedReader) {
        state = Mutex(
            State(
                empty: (0..<ReadAhead.partCount).map { _ in
                    let size = ReadAhead.room + ReadAhead.partBytes + ReadAhead.slack
                    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
                    memory.initializeMemory(as: UInt8.self, repeating: 0)
                    return Part(memory: memory, end: ReadAhead.room)
                }))
        // Counted up from 0: a semaphore may not end below the value it began with.
        for _ in 0..<ReadAhead.partCount { emptyCount.signal() }
        let passed = Passed(reader: reader)
        Thread { [self] in fill(from: passed.reader) }.start()
    }

    /// The thread's own from its start.
    private struct Passed: @unchecked Sendable { let reader: PackedReader }

    private func fill(from reader: PackedReader) {
        defer { hasEnded.signal() }
        while true {
            emptyCount.wait()
            let empty = state.withLock { $0.isStopped ? nil : $0.empty.popLast() }
            guard var part = empty else { return }
            let space = part.memory[ReadAhead.room..<ReadAhead.room + ReadAhead.partBytes]
            let result: Result<Part?, PackedFileFailure>
            do throws(PackedFileFailure) {
                let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: space))
                part.end = ReadAhead.room + count
                result = .success(count > 0 ? part : nil)
            } catch {
                result = .failure(error)
            }
            var isOver = true
            if case .success(.some) = result { isOver = false }
            state.withLock {
                $0.filled.append(result)
                if isOver { $0.empty.append(part) }
            }
            filledCount.signal()
            if isOver { return }
        }
    }

    /// The next part; `nil` after the last, and then no more may be asked for.
    package func next() throws(PackedFileFailure) -> Part? {
        filledCount.wait()
        return try state.withLock { $0.filled.removeFirst() }.get()
    }

    /// The part is used up.
    package func giveBack(_ part: Part) {
        state.withLock { $0.empty.append(part) }
        emptyCount.signal()
    }

    /// Ends the thread; parts that were not given back are lost.
    package func stop() {
        state.withLock { $0.isStopped = true }
        emptyCount.signal()
        hasEnded.wait()
        state.withLock {
            for part in $0.empty { part.memory.deallocate() }
            for case .success(.some(let part)) in $0.filled { part.memory.deallocate() }
            $0.empty = []
            $0.filled = []
        }
    }
}
