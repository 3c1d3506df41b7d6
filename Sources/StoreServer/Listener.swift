import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The listening socket and all connections.
final class Listener: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let executor: DiskExecutor
    private let connections: ConnectionList
    private let isStopped = Atomic<Bool>(false)
    let port: Int

    init(host: String, port: Int, context: ServerContext, executor: DiskExecutor) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let connections = ConnectionList()
        do {
            channel = try await Self.bootstrap(group, context, executor, connections).bind(host: host, port: port).get()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        self.group = group
        self.executor = executor
        self.connections = connections
        self.port = channel.localAddress?.port ?? port
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ context: ServerContext, _ executor: DiskExecutor, _ connections: ConnectionList
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 2)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 512 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try open(channel, context, executor, connections)
                }
            }
    }

    private static func open(
        _ channel: any Channel, _ context: ServerContext, _ executor: DiskExecutor, _ connections: ConnectionList
    ) throws {
        let inbox = Inbox()
        guard connections.add(channel) else { throw ChannelError.ioOnClosedChannel }
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: true)
        try channel.pipeline.syncOperations.addHandlers([IdleStateHandler(allTimeout: .minutes(5)), InboxHandler(inbox: inbox)])
        let task = Task(executorPreference: executor) {
            await Connection(context: context, channel: channel, inbox: inbox).run()
            connections.remove(channel)
        }
        connections.attach(task, to: channel)
    }

    /// Returns when nothing of the server is left; stopping again does nothing.
    func stop() async {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        try? await channel.close().get()
        await connections.closeAll()
        try? await group.shutdownGracefully()
        await executor.shutdown()
    }
}

/// The open connections, of which there is a bounded number.
final class ConnectionList: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var tasks: [ObjectIdentifier: Task<Void, Never>] = [:]
        var closing = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private static let limit = 2048
    private let state = Mutex(State())

    /// False when there are too many, or the server is being stopped.
    func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.closing, state.channels.count < Self.limit else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    /// The task is cancelled when the server stops.
    func attach(_ task: Task<Void, Never>, to channel: any Channel) {
        let isStopping = state.withLock { state in
            if state.channels[ObjectIdentifier(channel)] != nil { state.tasks[ObjectIdentifier(channel)] = task }
            return state.closing
        }
        if isStopping { task.cancel() }
    }

    /// The channel's task has ended.
    func remove(_ channel: any Channel) {
        let waiter = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            state.tasks[ObjectIdentifier(channel)] = nil
            return state.channels.isEmpty ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    /// Returns when the tasks of all connections have ended.
    func closeAll() async {
        let (channels, tasks) = state.withLock { state in
            state.closing = true
            return (Array(state.channels.values), Array(state.tasks.values))
        }
        for channel in channels { channel.close(promise: nil) }
        for task in tasks { task.cancel() }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.channels.isEmpty { return true }
                state.waiter = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}
