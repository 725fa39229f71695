import Hummingbird
import NIOCore
import Synchronization

/// Ends the work for callers who have gone away: nobody needs their answers, and a wide question holds a core.
final class CallerWatch: Sendable {
    /// What to do when the caller behind a connection leaves.
    private let leaving = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])

    /// Runs `body`; it is cancelled when the connection is closed.
    func during<Answer: Sendable>(
        _ channel: any Channel, _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let work = Task(executorPreference: EventLoopExecutor(channel.eventLoop)) { try await body() }
        let connection = ObjectIdentifier(channel)
        leaving.withLock { $0[connection] = { work.cancel() } }
        defer { leaving.withLock { $0[connection] = nil } }
        // It may have been closed before anybody watched.
        if !channel.isActive { work.cancel() }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }

    /// Belongs into the pipeline of every connection.
    var handler: any RemovableChannelHandler { Handler(watch: self) }

    fileprivate func left(_ connection: ObjectIdentifier) {
        leaving.withLock { $0.removeValue(forKey: connection) }?()
    }

    private final class Handler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Never

        private let watch: CallerWatch

        init(watch: CallerWatch) { self.watch = watch }

        func channelInactive(context: ChannelHandlerContext) {
            watch.left(ObjectIdentifier(context.channel))
            context.fireChannelInactive()
        }
    }
}

/// A request with the connection it came on.
struct CallContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
