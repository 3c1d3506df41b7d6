import Foundation
import Logging
import Logs
import Testing

@Suite("Where messages go", .timeLimit(.minutes(1)))
struct LogSinkTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "logs-\(UUID().uuidString)")

    private func withFile(_ body: (String) throws -> Void) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appending(path: "log").path)
    }

    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("a line of text has time, level, message and sorted fields")
    func text() throws {
        try withFile { path in
            let logger = try LogSink(.file(path), level: .debug).logger("test")
            logger.debug("two\nlines", metadata: ["b": "2", "a": "1"])
            logger.trace("not wanted")
            let all = try lines(path)
            #expect(all.count == 1)
            #expect(all[0].hasSuffix("Z debug two lines a=1 b=2"), "\(all)")
        }
    }

    @Test("a line of JSON is one object, whatever the message holds")
    func json() throws {
        try withFile { path in
            let logger = try LogSink(.file(path), format: .json, level: .info).logger("test")
            logger.warning("a \"quote\"\u{1}\nand more", metadata: ["request": "7"])
            logger.info("plain")
            let objects = try lines(path).map { try JSONDecoder().decode(Object.self, from: Data($0.utf8)) }
            #expect(objects.map(\.message) == ["a \"quote\"\u{1} and more", "plain"])
            #expect(objects[0].level == "warning" && objects[0].fields == ["request": "7"] && objects[1].fields == nil)
            #expect(objects.allSatisfy { $0.time.hasSuffix("Z") })
        }
    }

    private struct Object: Decodable {
        let time: String
        let level: String
        let message: String
        let fields: [String: String]?
    }

    @Test("the level changes for loggers that are there already")
    func level() throws {
        try withFile { path in
            let sink = try LogSink(.file(path), level: .notice)
            let logger = sink.logger("test")
            logger.debug("before")
            sink.level = .debug
            logger.debug("between")
            sink.level = .error
            logger.warning("after")
            #expect(try lines(path).map { $0.hasSuffix("between") } == [true])
        }
    }

    @Test("opening again leaves the file that was renamed, and nothing is lost")
    func reopening() throws {
        try withFile { path in
            let sink = try LogSink(.file(path), level: .notice)
            let logger = sink.logger("test")
            logger.notice("one")
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            logger.notice("two")
            try sink.reopen()
            logger.notice("three")
            #expect(try lines(path + ".1").map { String($0.split(separator: " ")[2]) } == ["one", "two"])
            #expect(try lines(path).map { String($0.split(separator: " ")[2]) } == ["three"])
        }
    }

    @Test("a file that cannot be opened again leaves the log where it is")
    func reopeningFails() throws {
        try withFile { path in
            let sink = try LogSink(.file(path), level: .notice)
            let moved = folder.path + "-moved"
            defer { try? FileManager.default.removeItem(atPath: moved) }
            try FileManager.default.moveItem(atPath: folder.path, toPath: moved)
            #expect(throws: LogSink.Failure.self) { try sink.reopen() }
            sink.logger("test").notice("still here")
            #expect(try lines(moved + "/log").count == 1)
        }
    }

    @Test("the last warnings and errors are remembered, a bounded number of them")
    func recent() throws {
        try withFile { path in
            let sink = try LogSink(.file(path), level: .notice)
            let logger = sink.logger("test")
            logger.notice("nothing to remember")
            for number in 0..<50 { logger.warning("number \(number)") }
            #expect(sink.recent.map(\.message) == (30..<50).map { "number \($0)" })
        }
    }

    @Test("what goes to the journal: one line a field, names in capitals")
    func journal() {
        let entry = LogEntry(.error, "GET a: answered\nbadly", ["store-request": "x1", "status": "503"])
        let text = String(decoding: JournalSocket.datagram(entry), as: UTF8.self)
        #expect(
            text.split(separator: "\n") == [
                "MESSAGE=GET a: answered badly status=503 store-request=x1", "PRIORITY=3", "SYSLOG_IDENTIFIER=windlass", "WINDLASS_STATUS=503",
                "WINDLASS_STORE_REQUEST=x1",
            ])
    }

    @Test("without a journal there is no such log")
    func noJournal() {
        #expect(throws: LogSink.Failure.self) { try LogSink(.journal("/nowhere/socket"), level: .notice) }
    }
}
