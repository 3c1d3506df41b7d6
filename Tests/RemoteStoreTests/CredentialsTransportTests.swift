import Credentials
import Foundation
import HTTPTransport
import RemoteStore
import Testing

/// HTTP as providers of credentials have it.
@Suite(.timeLimit(.minutes(2))) struct CredentialsTransportTests {
    @Test(arguments: [
        ("http://169.254.169.254/latest", true), ("http://169.254.170.2", true), ("http://127.0.0.1:9", true), ("http://localhost/", true),
        ("http://[::1]:80/", true), ("http://[fe80::1]/", true), ("http://[fd00:ec2::254]/", true), ("http://127.8.8.8/", true),
        ("http://169.253.0.1/", false), ("http://169.254.1/", false), ("https://iam.cloud.ibm.com", false), ("http://128.0.0.1/", false),
        ("http://[fd00::1]/", false), ("http://localhost.example.com/", false), ("nonsense", false),
    ])
    func whatIsReachedWithoutProxy(url: String, isNear: Bool) {
        #expect(ServiceAddress.isNear(url) == isNear)
    }

    /// Every request of the loopback goes to the service, and every other one to the proxy, of which there is none.
    @Test func noProxyBeforeThisMachine() async throws {
        let server = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Some: thing\r\n\r\nok")
        defer { server.stop() }
        var options = TransportOptions()
        options.proxy = "http://127.0.0.1:1"
        let http = CredentialsTransport(options)
        let answer = try await http.send(CredentialsRequest("GET", server.url, timeout: .seconds(50)))
        #expect(answer.status == 200 && answer.body == Array("ok".utf8) && answer.headers["x-some"] == "thing")
        let error = await #expect(throws: CredentialsError.self) {
            try await http.send(CredentialsRequest("GET", "http://store.invalid/", timeout: .seconds(50)))
        }
        #expect(error?.description.contains("127.0.0.1") == true, "the proxy was asked: \(String(describing: error))")
    }

    @Test func redirectsAreAnswers() async throws {
        let server = try OneAnswerServer("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        defer { server.stop() }
        let answer = try await CredentialsTransport().send(
            CredentialsRequest("POST", server.url, headers: [("A", "b")], body: Array("secret".utf8), timeout: .seconds(50)))
        #expect(answer.status == 302)
        #expect(server.requests.count == 1)
        #expect(server.requests[0].hasSuffix("\r\n\r\nsecret") && server.requests[0].contains("A: b\r\n"))
    }

    @Test func silenceEnds() async throws {
        let server = try OneAnswerServer("")
        defer { server.stop() }
        let start = ContinuousClock.now
        let request = CredentialsRequest("GET", server.url, headers: [("Authorization", "S3CRET")], timeout: .seconds(1))
        let error = await #expect(throws: CredentialsError.self) { try await CredentialsTransport().send(request) }
        #expect(ContinuousClock.now - start < .seconds(50))
        #expect(error?.description.contains("S3CRET") == false)
    }

    @Test func longBodiesAreRefused() async throws {
        let body = String(repeating: "x", count: CredentialsRequest.bodyLimit + 1)
        let server = try OneAnswerServer("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        defer { server.stop() }
        await #expect(throws: CredentialsError.self) {
            try await CredentialsTransport().send(CredentialsRequest("GET", server.url, timeout: .seconds(50)))
        }
    }
}
