import Glibc
import Testing
import Threads

@Suite(.timeLimit(.minutes(1)))
struct BlockingExecutorTests {
    /// The name of the calling thread, as the kernel shows it.
    private static func threadName() -> String {
        var buffer = [UInt8](repeating: 0, count: 64)
        let descriptor = unsafe open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let count = unsafe read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count - 1)), as: UTF8.self)
    }

    @Test func aTaskRunsOnTheNamedThreads() async throws {
        let executor = try BlockingExecutor(name: "named-thread", threads: 2)
        defer { executor.stop() }
        let names = await Task(executorPreference: executor) {
            let first = Self.threadName()
            await Task.yield()
            return [first, Self.threadName()]
        }.value
        #expect(names == ["named-thread", "named-thread"])
    }

    /// What the bridge relies on: an immediate task starts on the calling thread and goes on on the executor.
    @Test func anImmediateTaskStartsWhereItIsCalled() async throws {
        let executor = try BlockingExecutor(name: "after", threads: 1)
        defer { executor.stop() }
        let names = Monitor<[String]>([])
        let finished = Monitor(false)
        let caller = try NamedThread.start("before") {
            Task.immediate(executorPreference: executor) {
                names.change { $0.append(Self.threadName()) }
                try? await Task.sleep(for: .milliseconds(10))
                names.change { $0.append(Self.threadName()) }
                finished.changeForAll { $0 = true }
            }
            names.change { $0.append("started") }
            finished.wait { $0 ? true : nil }
        }
        caller.join()
        #expect(names.change { $0 } == ["before", "started", "after"])
    }

    @Test func blockingWorkLeavesTheCooperativePoolAlone() async throws {
        let executor = try BlockingExecutor(name: "blocked", threads: 8)
        defer { executor.stop() }
        let gate = Monitor(false)
        let blocked = (0..<8).map { _ in
            Task(executorPreference: executor) { gate.wait(atMost: .seconds(20)) { $0 ? true : nil } }
        }
        await Task.detached { gate.changeForAll { $0 = true } }.value
        for task in blocked {
            let wasReleased = await task.value
            #expect(wasReleased == true)
        }
    }

    @Test func jobsRunInTheOrderInWhichTheyCame() async throws {
        let executor = try BlockingExecutor(name: "ordered", threads: 1)
        defer { executor.stop() }
        let order = Monitor<[Int]>([])
        let tasks = (0..<1000).map { number in
            Task(executorPreference: executor) { order.change { $0.append(number) } }
        }
        for task in tasks { await task.value }
        #expect(order.change { $0 } == Array(0..<1000))
    }

    @Test func aTaskThatOutlivesTheExecutorStillEnds() async throws {
        let executor = try BlockingExecutor(name: "late", threads: 1)
        let task = Task(executorPreference: executor) {
            try? await Task.sleep(for: .milliseconds(100))
            return Self.threadName()
        }
        executor.stop()
        executor.stop()
        #expect(await task.value == "late")
    }

    @Test func aMonitorWaitsNoLongerThanAllowed() throws {
        let monitor = Monitor(0)
        #expect(monitor.wait(atMost: .milliseconds(50)) { $0 == 1 ? true : nil } == nil)
        let changer = try NamedThread.start("changer") {
            usleep(20_000)
            monitor.change { $0 = 1 }
        }
        #expect(monitor.wait(atMost: .seconds(10)) { $0 == 1 ? true : nil } == true)
        changer.join()
    }
}
