import FileSystemTypes
import Glibc
import LocalFiles
import ObjectStorage
import Staging

/// Works with a state folder until it is killed, and tells afterwards what is left of it; see Tests/Integration/test_crash.py.
///
///     staging-worker run BASE SEED            changes files at random, and prints what was acknowledged
///     staging-worker check BASE               prints what the folder holds
///     staging-worker measure BASE FILES SIZE TASKS   prints how many files a second are acknowledged
@main
struct StagingWorker {
    static let identity = MountIdentity(endpoint: "https://store.example", bucket: BucketName("crash"), prefix: "")

    static func main() async {
        let arguments = CommandLine.arguments
        do {
            switch arguments.dropFirst().first {
            case "run" where arguments.count == 4: try await run(arguments[2], seed: UInt64(arguments[3]) ?? 1)
            case "check" where arguments.count == 3: try await check(arguments[2])
            case "measure" where arguments.count == 6:
                try await Measurement(files: Int(arguments[3]) ?? 1, size: Int(arguments[4]) ?? 1, tasks: Int(arguments[5]) ?? 1).run(arguments[2])
            default:
                say("usage: staging-worker run BASE SEED | check BASE | measure BASE FILES SIZE TASKS")
                exit(64)
            }
        } catch {
            say("error \(error)")
            exit(1)
        }
    }

    static func open(_ base: String) throws(StateError) -> (StateFolder, Recovered) {
        try StateFolder.open(identity, base: base, options: StateFolder.Options(freeSpaceFloor: 0))
    }

    private static func run(_ base: String, seed: UInt64) async throws(StateError) {
        let (folder, recovered) = try open(base)
        var lanes = [[Recovered.File]](repeating: [], count: 4)
        for (index, file) in recovered.files.enumerated() { lanes[index % lanes.count].append(file) }
        say("ready")
        await withTaskGroup(of: Void.self) { group in
            for (index, files) in lanes.enumerated() {
                group.addTask {
                    do throws(StateError) {
                        var lane = Lane(folder: folder, random: Random(seed: seed &* 31 &+ UInt64(index)))
                        try await lane.adopt(files)
                        while true { try await lane.step() }
                    } catch {
                        say("error \(error)")
                        exit(1)
                    }
                }
            }
        }
    }

    private static func check(_ base: String) async throws(StateError) {
        let (folder, recovered) = try open(base)
        for file in recovered.unsent {
            guard let content = file.content else { continue }
            let (version, _) = FileContent.decode(content.extents)
            let bytes = try await FileContent.read(folder, file.record.id, content).contiguous
            say("file \(file.record.id) \(version) \(bytes.count) \(CRC32C.check(of: bytes)) \(file.parts.count)")
        }
        for intent in recovered.intents { say("intent \(intent.id)") }
        say("checked \(recovered.files.count)")
        try folder.close()
    }
}

/// One line, in one write(2): it is read whole or not at all.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    unsafe _ = write(1, bytes, bytes.count)
}

/// Xorshift: small, and the same everywhere.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 20) }
    }
}
