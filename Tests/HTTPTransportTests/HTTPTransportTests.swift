import FileSystemTypes
import Foundation
import HTTPTransport
import TestSupport
import Testing

/// The transport against a real server and against scripted ones that break the rules.
@Suite(.timeLimit(.minutes(2))) struct HTTPTransportTests {
    private func get(_ server: ScriptedServer, _ path: String = "/", delivery: HTTPRequest.Delivery = .collected(limit: 1 << 20)) -> HTTPRequest {
        HTTPRequest(method: "GET", url: server.url + path, delivery: delivery)
    }

    private func reason(_ body: () async throws(TransportError) -> Void) async -> TransportError.Reason? {
        do throws(TransportError) {
            try await body()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func sendsPathAndQueryAsTheyAre() async throws {
        let server = try ScriptedServer { _ in .answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        let path = "/a//b/../c/./%2F%2e?x=%20+&y"
        let response = try await HTTPTransport().send(get(server, path))
        #expect(response.status == 200)
        #expect(try await response.body.collect(limit: 10).contiguous == Array("ok".utf8))
        #expect(server.requests.first?.hasPrefix("GET \(path) HTTP/1.1\r\n") == true, "\(server.requests)")
    }

    @Test func versionsOfHTTP() async throws {
        for (version, begins) in [(HTTPVersion.one, "GET / HTTP/1.1\r\n"), (.auto, "GET / HTTP/1.1\r\n"), (.two, "PRI * HTTP/2.0\r\n")] {
            let server = try ScriptedServer { request in
                request.hasPrefix("PRI") ? .http2("ok") : .answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
            var options = TransportOptions()
            options.httpVersion = version
            let response = try await HTTPTransport(options).send(get(server))
            #expect(response.status == 200)
            #expect(try await response.body.collect(limit: 10).contiguous == Array("ok".utf8))
            #expect(server.requests.first?.hasPrefix(begins) == true, "\(version): \(server.requests)")
        }
    }

    /// A server of the first version does not understand the second.
    @Test func theSecondVersionIsNotForEveryone() async throws {
        let server = try ScriptedServer { _ in .answerAndClose("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") }
        var options = TransportOptions()
        options.httpVersion = .two
        let transport = HTTPTransport(options)
        #expect(await reason { () throws(TransportError) in _ = try await transport.send(get(server)) } != nil)
    }

    @Test func addsNoHeaderThatNobodyAskedFor() async throws {
        let server = try ScriptedServer { _ in .answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        var request = HTTPRequest(method: "PUT", url: server.url, body: BytesSource(Bytes("x")), delivery: .collected(limit: 0))
        request.headers = [("X-Empty", ""), ("X-One", "1")]
        _ = try await HTTPTransport().send(request)
        let sent = try #require(server.requests.first)
        let names = sent.components(separatedBy: "\r\n").dropFirst().prefix { !$0.isEmpty }.map { $0.prefix { $0 != ":" }.lowercased() }
        #expect(Set(names) == ["host", "user-agent", "accept", "x-empty", "x-one", "content-length"], "\(sent)")
    }

    @Test func refusesHeadersThatWouldSmuggle() async throws {
        let server = try ScriptedServer { _ in .answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        var request = get(server)
        request.headers = [("X-Bad", "a\r\nInjected: 1")]
        #expect(await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(request) } == .invalidRequest)
    }

    @Test func asksBeforeSendingWhenTold() async throws {
        let server = try ScriptedServer { request in
            request.contains("100-continue")
                ? .answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Final: 1\r\n\r\n")
                : .answer("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")
        }
        var request = HTTPRequest(method: "PUT", url: server.url, body: BytesSource(Bytes("x")), delivery: .collected(limit: 0))
        request.expectsContinue = true
        let response = try await HTTPTransport().send(request)
        #expect(response.status == 200)
        #expect(response.headers["x-final"] == "1")
    }

    @Test func reportsABodyThatEndsEarly() async throws {
        let server = try ScriptedServer { _ in .answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort") }
        #expect(await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(get(server)) } == .truncated)
        let streamed = try await HTTPTransport().send(get(server, delivery: .streamed))
        #expect(await reason { () async throws(TransportError) in _ = try await streamed.body.collect(limit: 1000) } == .truncated)
    }

    @Test func reportsAnAnswerThatIsNoHTTP() async throws {
        for garbage in ["\0\0\0\0\r\n\r\n", "hello\r\n\r\n", ""] {
            let server = try ScriptedServer { _ in .answerAndClose(garbage) }
            let reason = await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(get(server)) }
            #expect(reason == .malformedAnswer || reason == .connectionLost, "\(garbage): \(String(describing: reason))")
        }
    }

    @Test func reportsAnAnswerThatIsTooLong() async throws {
        let server = try ScriptedServer { _ in .answer("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789") }
        let request = get(server, delivery: .collected(limit: 10))
        #expect(await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(request) } == .answerTooLong)
    }

    @Test func reportsWhoCannotBeReached() async throws {
        let unused = try ScriptedServer { _ in .hang }
        unused.stop()
        #expect(await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(get(unused)) } == .connectFailed)
        let nowhere = HTTPRequest(method: "GET", url: "http://no-such-host.invalid/", delivery: .collected(limit: 1))
        #expect(await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(nowhere) } == .nameNotResolved)
        let odd = HTTPRequest(method: "GET", url: "ftp://127.0.0.1/", delivery: .collected(limit: 1))
        let refused = await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(odd) }
        #expect(refused == .malformedAnswer || refused == .invalidRequest)
    }

    @Test func givesUpOnSilence() async throws {
        let server = try ScriptedServer { _ in .hang }
        var options = TransportOptions()
        options.idleTimeout = .seconds(1)
        let transport = HTTPTransport(options)
        let start = ContinuousClock.now
        #expect(await reason { () async throws(TransportError) in _ = try await transport.send(get(server)) } == .idleTimeout)
        #expect(ContinuousClock.now - start < .seconds(25))
        var request = get(server)
        request.totalTimeout = .milliseconds(200)
        request.idleTimeout = .seconds(60)
        #expect(await reason { () async throws(TransportError) in _ = try await transport.send(request) } == .totalTimeout)
    }

    @Test func endsWhenCancelled() async throws {
        let server = try ScriptedServer { _ in .hang }
        let transport = HTTPTransport()
        let request = get(server)
        let task = Task { await reason { () async throws(TransportError) in _ = try await transport.send(request) } }
        try await Task.sleep(for: .milliseconds(100))
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(25))
        let late = Task { () -> TransportError.Reason? in
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await reason { () async throws(TransportError) in _ = try await transport.send(request) }
        }
        #expect(await late.value == .cancelled)
    }

    @Test func keepsConnectionsOpen() async throws {
        let server = try ScriptedServer { _ in .answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") }
        let transport = HTTPTransport()
        for _ in 0..<20 { _ = try await transport.send(get(server)) }
        #expect(server.connections == 1)
    }

    /// Where a connection that was kept open ends without an answer, libcurl sends the request once more by itself, if it may.
    @Test(arguments: [true, false]) func repeatsOnlyWhatMayBe(mayRepeat: Bool) async throws {
        let server = try ScriptedServer { request in
            request.hasPrefix("POST") ? .answerAndClose("") : .answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        }
        let transport = HTTPTransport()
        _ = try await transport.send(get(server))
        var request = HTTPRequest(method: "POST", url: server.url + "/", delivery: .collected(limit: 1 << 10))
        request.mayRepeat = mayRepeat
        #expect(await reason { () async throws(TransportError) in _ = try await transport.send(request) } == .connectionLost)
        #expect(server.requests.count { $0.hasPrefix("POST") } == (mayRepeat ? 2 : 1))
    }

    /// A reader that stops reading stops the sender, and memory stays where it is.
    @Test func holdsTheSenderBack() async throws {
        let server = try ScriptedServer { _ in .endless }
        let transport = HTTPTransport()
        let response = try await transport.send(get(server, delivery: .streamed))
        let first = try #require(try await response.body.next())
        #expect(!first.isEmpty)
        try await Task.sleep(for: .milliseconds(300))
        let before = server.bytesSent
        try await Task.sleep(for: .milliseconds(300))
        #expect(server.bytesSent == before, "the server sends although nobody reads")
        #expect(before < 32 << 20)
        for _ in 0..<50 { _ = try await response.body.next() }
        #expect(server.bytesSent > before)
        response.body.cancel()
    }

    /// A body whose source fails is reported as that, and never stored as something shorter.
    @Test func reportsABodyThatCannotBeRead() async throws {
        struct Broken: ByteSource {
            let count: Int64 = 10 << 20
            func read(at offset: Int64, upTo maximum: Int) async throws(Errno) -> Bytes {
                guard offset < 2 << 20 else { throw Errno.inputOutput }
                return Bytes([UInt8](repeating: 1, count: maximum))
            }
        }
        let server = try ScriptedServer { _ in .readAll }
        let request = HTTPRequest(method: "PUT", url: server.url, body: Broken(), delivery: .collected(limit: 100))
        #expect(await reason { () async throws(TransportError) in _ = try await HTTPTransport().send(request) } == .bodyUnreadable)
    }

    @Test func runsManyAtOnce() async throws {
        let server = try ScriptedServer { _ in .answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") }
        let transport = HTTPTransport()
        let request = get(server)
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<500 {
                group.addTask { (try? await transport.send(request).body.collect(limit: 10).contiguous) == Array("hello".utf8) }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 500)
        #expect(server.connections <= TransportOptions().maximumConnections)
    }
}
