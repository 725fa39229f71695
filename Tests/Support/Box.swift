import Synchronization

/// Collects what callbacks on other threads bring.
package final class Box<Element: Sendable>: Sendable {
    private let contents = Mutex<[Element]>([])

    package init() {}
    package var all: [Element] { contents.withLock { $0 } }
    package func add(_ element: Element) { contents.withLock { $0.append(element) } }
}
