import Glibc

/// Starts a thread of its own for blocking C calls, which must never sit on Swift's shared pool.
package enum OwnThread {
    package static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        let errand = Unmanaged.passRetained(Errand(name: name, body: body)).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runErrand, errand)
        precondition(status == 0, "no thread: \(String(cString: strerror(status)))")
        pthread_detach(thread)
    }
}

private final class Errand: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runErrand(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let errand = Unmanaged<Errand>.fromOpaque(argument!).takeRetainedValue()
    showThreadName(errand.name)
    errand.body()
    return nil
}

/// Lets `top` and a debugger tell our threads apart. A system without this file shows the program's name instead.
private func showThreadName(_ name: String) {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, name, name.utf8.count)
    close(descriptor)
}
