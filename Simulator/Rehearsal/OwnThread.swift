import Glibc

/// Starts a detached thread for system calls that block.
func startThread(_ body: @escaping @Sendable () -> Void) {
    let errand = Unmanaged.passRetained(Errand(body)).toOpaque()
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, runErrand, errand)
    precondition(status == 0, "no thread: \(String(cString: strerror(status)))")
    pthread_detach(thread)
}

private final class Errand: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runErrand(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<Errand>.fromOpaque(argument!).takeRetainedValue().body()
    return nil
}
