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

    /// Belong into the pipeline of every connection.
    ///
    /// - Parameter silence: for so long a caller may read nothing, and say nothing.
    func handlers(silence: TimeAmount) -> [any RemovableChannelHandler] {
        [IdleStateHandler(writeTimeout: silence), Handler(watch: self)]
    }

    fileprivate func left(_ connection: ObjectIdentifier) {
        leaving.withLock { $0.removeValue(forKey: connection) }?()
    }

    private final class Handler: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny
        typealias InboundOut = NIOAny
        typealias OutboundIn = NIOAny
        typealias OutboundOut = NIOAny

        private let watch: CallerWatch
        /// How many pieces of answers wait for the caller to read.
        private var unsentCount = 0

        init(watch: CallerWatch) { self.watch = watch }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
            unsentCount += 1
            sent.futureResult.assumeIsolated().whenComplete { _ in self.unsentCount -= 1 }
            context.write(data, promise: sent)
        }

        /// Nothing of an answer could be sent for long: he does not read it, and others wait for the room it takes.
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let idle = event as? IdleStateHandler.IdleStateEvent, idle == .write {
                if unsentCount > 0 { context.close(promise: nil) }
            } else {
                context.fireUserInboundEventTriggered(event)
            }
        }

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
