import Glibc

/// Starts a thread of its own for blocking C calls, which must never sit on Swift's shared pool.
package enum OwnThread {
    /// For a thread without which the program cannot go on.
    package static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        if let why = tryStart(named: name, body) { preconditionFailure(why) }
    }

    /// Returns why there is no thread, such as the limit that a service manager sets; `nil` when there is one.
    package static func tryStart(named name: String, _ body: @escaping @Sendable () -> Void) -> String? {
        let errand = Unmanaged.passRetained(Errand(name: name, body: body))
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runErrand, errand.toOpaque())
        guard status == 0 else {
            errand.release()
            return "no thread \(name): \(String(cString: strerror(status)))"
        }
        pthread_detach(thread)
        return nil
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
