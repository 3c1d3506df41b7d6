import Control
import Foundation
import Glibc
import Reports
import Synchronization
import Testing

/// A server in a folder of its own, answering with what the test gives it.
private struct Listening {
    let folder: String
    let server: ControlServer

    var path: String { server.path }

    /// The mount's side.
    init(_ handler: @escaping ControlServer.Handler) throws {
        folder = NSTemporaryDirectory() + "windlass-control-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        server = try ControlServer(folder + "/socket", handler)
    }

    func end() {
        server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Runs what blocks on a thread of its own: tasks of the server need those that the tests run on.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}

private func converse(_ path: String, _ request: ControlRequest) async throws -> [ControlAnswer] {
    try await onThread {
        var answers: [ControlAnswer] = []
        try ControlClient.conversation(path, request) { answer in
            answers.append(answer)
            return true
        }
        return answers
    }
}

private func outcome(_ text: String) -> ControlAnswer {
    var answer = ControlAnswer()
    answer.outcome = FileOutcome(key: "key", text: text, isFailure: false)
    return answer
}

@Suite(.timeLimit(.minutes(1))) struct ControlTests {
    @Test func carriesARequestAndItsAnswers() async throws {
        let seen = Mutex<ControlRequest?>(nil)
        let listening = try Listening { request, reply in
            seen.withLock { $0 = request }
            for index in 0..<1000 { await reply.send(outcome("\(index)")) }
        }
        defer { listening.end() }
        let request = ControlRequest(.export, keys: ["a\u{1F980}", "b\\x00"], folder: "/tmp/x")
        let answers = try await converse(listening.path, request)
        #expect(seen.withLock { $0 } == request)
        #expect(answers.compactMap { $0.outcome?.text } == (0..<1000).map(String.init))
        #expect(answers.last?.isLast == true)
    }

    @Test func tellsWhyARequestFailed() async throws {
        let listening = try Listening { _, reply in await reply.send(ControlAnswer(error: "it is late")) }
        defer { listening.end() }
        await #expect { try await converse(listening.path, ControlRequest(.list)) } throws: { "\($0)" == "it is late" }
    }

    @Test func isForItsOwnerAlone() async throws {
        let listening = try Listening { _, _ in }
        defer { listening.end() }
        let mode = try FileManager.default.attributesOfItem(atPath: listening.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
    }

    @Test func goesWithItsMountAndReplacesWhatAKilledOneLeft() async throws {
        let listening = try Listening { _, _ in }
        let path = listening.path
        // Somebody answers: the name is taken.
        #expect(throws: ControlError.self) { _ = try ControlServer(path) { _, _ in } }
        listening.server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
        await #expect { try await converse(path, ControlRequest(.status)) } throws: { ($0 as? ControlError)?.reason == .noListener }
        // As a killed process leaves it: a file that nobody listens behind.
        let dead = RawSocket()
        #expect(dead.bindOnly(path))
        dead.close()
        #expect(FileManager.default.fileExists(atPath: path))
        let next = try ControlServer(path) { _, reply in await reply.send(outcome("alive")) }
        defer {
            next.stop()
            listening.end()
        }
        #expect(try await converse(path, ControlRequest(.status)).contains { $0.outcome?.text == "alive" })
    }

    @Test func showsThatItLivesWhileARequestTakesTime() async throws {
        let listening = try Listening { _, reply in
            try? await Task.sleep(for: .milliseconds(2500))
            await reply.send(outcome("done"))
        }
        defer { listening.end() }
        let answers = try await converse(listening.path, ControlRequest(.sync))
        #expect(answers.filter { $0 == ControlAnswer() }.count >= 2)
        #expect(answers.contains { $0.outcome?.text == "done" })
    }

    @Test func endsTheWorkOfACallerWhoHasGone() async throws {
        let isOver = Mutex(false)
        let listening = try Listening { _, reply in
            while await reply.send(outcome("more")) {}
            isOver.withLock { $0 = true }
        }
        defer { listening.end() }
        let path = listening.path
        try await onThread { try ControlClient.conversation(path, ControlRequest(.sync)) { _ in false } }
        let deadline = ContinuousClock.now + .seconds(20)
        while !isOver.withLock({ $0 }), .now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isOver.withLock { $0 })
    }

    @Test func refusesWhomItCannotServeAndServesTheNext() async throws {
        let mayEnd = Mutex(false)
        let running = Mutex(0)
        let listening = try Listening { request, _ in
            running.withLock { $0 += 1 }
            while request.command == .sync, !mayEnd.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(10)) }
        }
        defer { listening.end() }
        let path = listening.path
        let waiting = (0..<8).map { _ in Task { try await converse(path, ControlRequest(.sync)) } }
        while running.withLock({ $0 }) < 8 { try await Task.sleep(for: .milliseconds(10)) }
        await #expect { try await converse(path, ControlRequest(.status)) } throws: { "\($0)".contains("busy") }
        mayEnd.withLock { $0 = true }
        for one in waiting { #expect(try await one.value.last?.isLast == true) }
        // The last thread may still be on its way out.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await converse(path, ControlRequest(.status)).last?.isLast == true)
    }
}

@Suite(.timeLimit(.minutes(2))) struct GarbageTests {
    /// Each line that is no request is answered with an error, and the next caller is served.
    @Test func answersGarbageWithAnError() async throws {
        let listening = try Listening { _, _ in }
        defer { listening.end() }
        var generator = SeededBytes(state: 0x5EED)
        let whole = Array(#"{"command":"status","version":2}"#.utf8)
        var lines: [[UInt8]] = [
            [], Array("{}".utf8), Array("null".utf8), Array(#"{"command":"dance","version":2}"#.utf8),
            Array(#"{"version":1,"command":"status"}"#.utf8),
            Array(#"{"command":["status"],"version":2}"#.utf8), [UInt8](repeating: UInt8(ascii: "["), count: 100_000),
            Array(#"{"command":"status","version":99999999999999999999}"#.utf8), Array(whole.dropLast()), [0, 0xFF, 0xFE],
        ]
        for _ in 0..<200 { lines.append(generator.bytes(upTo: 300).filter { $0 != UInt8(ascii: "\n") }) }
        for _ in 0..<200 {
            var changed = whole
            changed[generator.number(below: changed.count)] ^= UInt8(1 << generator.number(below: 7))
            // A change may lead to another request or to the same one.
            if (try? await ask(listening.path, changed)) == nil { Issue.record("no answer to \(String(decoding: changed, as: UTF8.self))") }
        }
        for line in lines {
            let answer = try await ask(listening.path, line)
            #expect(answer.contains(#""error":"#) && answer.hasSuffix("\n"), "\(String(decoding: line.prefix(80), as: UTF8.self)) -> \(answer)")
        }
        #expect(try await ask(listening.path, whole).contains(#""isLast":true"#))
    }

    @Test func endsALineThatHasNoEnd() async throws {
        let listening = try Listening { _, _ in }
        defer { listening.end() }
        let path = listening.path
        let sent = try await onThread {
            let socket = RawSocket()
            defer { socket.close() }
            let block = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)
            var sent = 0
            while sent < 64 << 20, sent > 0 || socket.connect(path), socket.send(block) { sent += block.count }
            return sent
        }
        #expect(sent > 0)
        #expect(sent < 8 << 20, "a line of \(sent) bytes was taken")
        #expect(try await ask(listening.path, Array(#"{"command":"status","version":2}"#.utf8)).contains("isLast"))
    }

    @Test func aMountThatAnswersNonsenseIsAnError() async throws {
        let folder = NSTemporaryDirectory() + "windlass-control-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for answer in ["nonsense\n", "{\"isLast\":1}\n", "", String(repeating: "x", count: 9 << 20)] {
            let fake = RawSocket()
            #expect(fake.bindOnly(folder + "/socket") && fake.listen())
            let thread = Thread { fake.serveOnce(Array(answer.utf8)) }
            thread.start()
            await #expect(throws: ControlError.self) { try await converse(folder + "/socket", ControlRequest(.status)) }
            fake.close()
            try FileManager.default.removeItem(atPath: folder + "/socket")
        }
    }

    private func ask(_ path: String, _ line: [UInt8]) async throws -> String {
        let answer = try await onThread {
            let socket = RawSocket()
            defer { socket.close() }
            guard socket.connect(path) else { return [UInt8]() }
            _ = socket.send(line + [UInt8(ascii: "\n")])
            return socket.readAll()
        }
        try #require(!answer.isEmpty)
        return String(decoding: answer, as: UTF8.self)
    }
}

@Suite struct EscapedTextTests {
    @Test(arguments: [
        (Array("plain/ä🦀".utf8), "plain/ä🦀"), ([0x61, 0xFF, 0x62], "a\\xffb"), (Array("a\\b".utf8), "a\\x5cb"), ([0x1B, 0x5B], "\\x1b["),
        ([0xE2, 0x82], "\\xe2\\x82"), ([], ""), (Array("\u{202E}x".utf8), "\\xe2\\x80\\xaex"),
    ])
    func shows(_ bytes: [UInt8], _ text: String) {
        #expect(String(escaping: bytes) == text)
    }

    /// What is shown can be taken back to the bytes: no two keys look alike.
    @Test func isReversible() {
        var generator = SeededBytes(state: 7)
        for _ in 0..<20_000 {
            let bytes = generator.bytes(upTo: 12)
            #expect(Self.bytes(of: String(escaping: bytes)) == bytes)
        }
    }

    private static func bytes(of text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            result.append(UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(3)
        }
        return result
    }
}
