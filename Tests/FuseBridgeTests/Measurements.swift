import CFuse3
import FileSystemTypes
import FuseBridge
import Glibc
import Synchronization
import Testing
import Threads

extension MountedTests {
    /// How fast the bridge itself is, over a file system that answers from memory. Printed, not judged: run with
    /// `WINDLASS_MEASURE=1 swift test -c release --filter Measurements`.
    @Suite(
        .enabled(if: Mount.obstacle == nil), .enabled(if: unsafe getenv("WINDLASS_MEASURE") != nil, "set WINDLASS_MEASURE=1 to measure"),
        .serialized, .timeLimit(.minutes(10)))
    struct Measurements {
        @Test(arguments: [(false, false), (true, false), (false, true)])
        func smallReads(suspends: Bool, cloneDevice: Bool) async throws {
            let fileSystem = BenchmarkFileSystem(suspends: suspends)
            try await Mount.with(fileSystem, limit: .seconds(200), configure: { $0.cloneDevice = cloneDevice }) { mount in
                for threads in [1, 4] {
                    let rate = try unsafe Self.rate(threads: threads, seconds: 3) { descriptor, buffer, number in
                        unsafe pread(descriptor, buffer, 4096, number % 200_000 * 4096) == 4096
                    } open: {
                        try Posix.open(mount.path + "/file", O_RDONLY | Posix.direct)
                    }
                    print("4 KiB O_DIRECT pread, suspends \(suspends), clone_fd \(cloneDevice), \(threads) threads: \(Int(rate)) a second")
                }
            }
        }

        @Test(arguments: [false, true])
        func attributes(suspends: Bool) async throws {
            let fileSystem = BenchmarkFileSystem(suspends: suspends, attributeTTL: .zero)
            try await Mount.with(fileSystem, limit: .seconds(200)) { mount in
                for threads in [1, 4] {
                    let rate = try unsafe Self.rate(threads: threads, seconds: 2) { descriptor, _, _ in
                        var status = stat()
                        return unsafe fstat(descriptor, &status) == 0
                    } open: {
                        try Posix.open(mount.path + "/file", O_RDONLY)
                    }
                    print("fstat, suspends \(suspends), \(threads) threads: \(Int(rate)) a second")
                }
            }
        }

        @Test(arguments: [128, 1024, 4096, 16384])
        func sequentialReads(readAheadKiB: Int) async throws {
            let fileSystem = BenchmarkFileSystem(suspends: false)
            try await Mount.with(fileSystem, limit: .seconds(200), configure: { $0.readAheadKiB = readAheadKiB }) { mount in
                Shell.run("echo 3 > /proc/sys/vm/drop_caches")
                print("read-ahead \(readAheadKiB) KiB: " + Shell.output("dd if=\(mount.path)/file of=/dev/null bs=1M 2>&1 | tail -1"))
                print("  request sizes: \(fileSystem.sizes)")
            }
        }

        @Test func directTransfers() async throws {
            let fileSystem = BenchmarkFileSystem(suspends: false)
            try await Mount.with(fileSystem, limit: .seconds(200)) { mount in
                for threads in [1, 4] {
                    let rate = try unsafe Self.rate(threads: threads, seconds: 3) { descriptor, buffer, number in
                        unsafe pread(descriptor, buffer, 1 << 20, number % 800 << 20) == 1 << 20
                    } open: {
                        try Posix.open(mount.path + "/file", O_RDONLY | Posix.direct)
                    }
                    print("1 MiB O_DIRECT pread, \(threads) threads: \(Int(rate)) MiB/s")
                }
                for threads in [1, 4] {
                    let rate = try unsafe Self.rate(threads: threads, seconds: 3) { descriptor, buffer, number in
                        unsafe pwrite(descriptor, buffer, 1 << 20, number % 800 << 20) == 1 << 20
                    } open: {
                        try Posix.open(mount.path + "/file", O_WRONLY)
                    }
                    print("1 MiB write, \(threads) threads: \(Int(rate)) MiB/s")
                }
            }
        }

        @Test(arguments: [(false, false), (true, false), (true, true)])
        func smallWrites(hasExtendedAttributes: Bool, clearsSetID: Bool) async throws {
            let fileSystem = BenchmarkFileSystem(suspends: false, hasExtendedAttributes: hasExtendedAttributes, clearsSetID: clearsSetID)
            try await Mount.with(fileSystem, limit: .seconds(200)) { mount in
                for size in [4096, 1 << 17] {
                    let rate = try unsafe Self.rate(threads: 1, seconds: 3) { descriptor, buffer, number in
                        unsafe pwrite(descriptor, buffer, size, number % 800 * size) == size
                    } open: {
                        try Posix.open(mount.path + "/file", O_WRONLY)
                    }
                    print(
                        "\(size >> 10) KiB write, extended attributes \(hasExtendedAttributes), clears set-id \(clearsSetID): \(Int(rate)) a second")
                }
            }
        }

        /// Calls a second of `call`, from `threads` threads with a descriptor and a page-aligned buffer each.
        private static func rate(
            threads: Int, seconds: Int, _ call: @escaping @Sendable (Int32, UnsafeMutableRawPointer, Int) -> Bool, open: () throws -> Int32
        ) throws -> Double {
            let total = Monitor(0)
            let start = ContinuousClock.now
            let running = try (0..<threads).map { _ in
                let descriptor = try open()
                return try NamedThread.start("measure") {
                    let buffer = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 4096)
                    defer { unsafe buffer.deallocate() }
                    let end = start + .seconds(seconds)
                    var count = 0
                    while ContinuousClock.now < end, unsafe call(descriptor, buffer, count) { count += 1 }
                    close(descriptor)
                    total.change { [count] in $0 += count }
                }
            }
            for thread in running { thread.join() }
            let elapsed = (ContinuousClock.now - start).components
            return Double(total.change { $0 }) / (Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
        }
    }
}
