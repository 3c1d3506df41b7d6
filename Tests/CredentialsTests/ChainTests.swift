import Credentials
import FileSystemTypes
import Foundation
import Synchronization
import Testing

/// When the chain asks, and what its callers get meanwhile.
@Suite(.timeLimit(.minutes(2))) struct ChainTests {
    /// A service that can be broken, and slowed down, and that numbers its keys.
    private final class Service: Sendable {
        private struct State {
            var status = 200
            var delay: Duration = .zero
            var lifetime: Int64 = 3600
            var asked = 0
        }

        private let state = Mutex(State())
        let manual: ManualTime

        init(_ manual: ManualTime) { self.manual = manual }

        var asked: Int { state.withLock { $0.asked } }
        func set(status: Int = 200, delay: Duration = .zero, lifetime: Int64 = 3600) {
            state.withLock { ($0.status, $0.delay, $0.lifetime) = (status, delay, lifetime) }
        }

        func answer(_ request: LoopbackServer.Request) -> LoopbackServer.Answer {
            let state = state.withLock { state in
                state.asked += 1
                return state
            }
            let end = manual.iso8601(after: state.lifetime)
            let body = #"{"AccessKeyId":"key\#(state.asked)","SecretAccessKey":"sk","Token":"t","Expiration":"\#(end)"}"#
            return .init(status: state.status, body: state.status == 200 ? body : "", delay: state.delay)
        }
    }

    private let manual = ManualTime()
    private let reported = Reports()

    private final class Reports: Sendable {
        private let errors = Mutex<[CredentialsError]>([])
        var count: Int { errors.withLock { $0.count } }
        func add(_ error: CredentialsError) { errors.withLock { $0.append(error) } }
    }

    private func with(_ body: (Service, CredentialsChain) async throws -> Void) async throws {
        let service = Service(manual)
        let server = try LoopbackServer { service.answer($0) }
        defer { server.stop() }
        let environment = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/"]
        let provider = ContainerProvider(environment: environment, http: SessionHTTP(), base: server.base, time: manual.time)
        let reported = reported
        try await body(service, CredentialsChain([provider], time: manual.time) { reported.add($0) })
    }

    /// Waits until what runs in the background has come to `condition`.
    private func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<500 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record(what)
    }

    @Test func renewsInTheBackgroundFromFifteenMinutes() async throws {
        try await with { service, chain in
            #expect(try await chain.credentials().accessKeyID == "key1")
            manual.advance(3600 - 901)
            #expect(try await chain.credentials().accessKeyID == "key1")
            #expect(service.asked == 1)
            manual.advance(1)
            service.set(delay: .milliseconds(300))
            #expect(try await chain.credentials().accessKeyID == "key1", "nobody waits")
            try await eventually("renewed") { try await chain.credentials().accessKeyID == "key2" }
            #expect(service.asked == 2)
        }
    }

    @Test func waitsFromTenMinutes() async throws {
        try await with { service, chain in
            _ = try await chain.credentials()
            manual.advance(3600 - 600)
            service.set(delay: .milliseconds(200))
            #expect(try await chain.credentials().accessKeyID == "key2")
        }
    }

    @Test func toleratesFailuresUntilTheEnd() async throws {
        try await with { service, chain in
            _ = try await chain.credentials()
            service.set(status: 500)
            manual.advance(3600 - 900)
            #expect(try await chain.credentials().accessKeyID == "key1")
            try await eventually("asked three times") { service.asked == 4 && reported.count == 1 }
            #expect(try await chain.credentials().accessKeyID == "key1")
            #expect(service.asked == 4, "and not again at once")
            manual.advance(400)
            #expect(try await chain.credentials().accessKeyID == "key1", "mandatory, failed, still valid")
            manual.advance(500)
            await #expect(throws: CredentialsError.self) { try await chain.credentials() }
            service.set()
            manual.advance(1)
            #expect(try await chain.credentials().accessKeyID.hasPrefix("key") == true)
        }
    }

    @Test func shortLivedKeysAreNotAskedForAtEachCall() async throws {
        try await with { service, chain in
            service.set(lifetime: 400)
            for _ in 0..<50 { _ = try await chain.credentials() }
            #expect(service.asked == 1)
            manual.advance(100)
            for _ in 0..<50 { _ = try await chain.credentials() }
            #expect(service.asked == 2)
        }
    }

    @Test func oneRequestHoweverManyWait() async throws {
        try await with { service, chain in
            service.set(delay: .milliseconds(300))
            for round in 1...2 {
                let ids = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<100 { group.addTask { try await chain.credentials().accessKeyID } }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(ids == ["key\(round)"])
                #expect(service.asked == round)
                manual.advance(3100)
            }
        }
    }

    @Test func refusalAsksAgainOnceASecond() async throws {
        try await with { service, chain in
            for _ in 0..<20 {
                let keys = try await chain.credentials()
                chain.invalidate(keys)
            }
            #expect(service.asked == 2)
            manual.advance(1)
            #expect(try await chain.credentials().accessKeyID == "key3")
            chain.invalidate(Credentials(accessKeyID: "key1", secretAccessKey: "sk"))
            manual.advance(1)
            #expect(try await chain.credentials().accessKeyID == "key3", "what is no longer in use cannot be refused")
            chain.invalidate(try await chain.authority())
            service.set(status: 404)
            await #expect(throws: CredentialsError.self) { try await chain.credentials() }
            await #expect(throws: CredentialsError.self) { try await chain.credentials() }
            #expect(service.asked == 4)
        }
    }

    @Test func failureIsNotRepeatedAtEachCall() async throws {
        try await with { service, chain in
            service.set(status: 404)
            for _ in 0..<20 { await #expect(throws: CredentialsError.self) { try await chain.credentials() } }
            #expect(service.asked == 1)
            service.set()
            manual.advance(1)
            let keys = try await chain.credentials()
            #expect(keys.accessKeyID == "key2")
        }
    }

    @Test func aCallerThatGivesUpDoesNotEndTheRequestOfOthers() async throws {
        try await with { service, chain in
            service.set(delay: .milliseconds(300))
            let first = Task { try await chain.credentials() }
            try await eventually("asked") { service.asked == 1 }
            let second = Task { try await chain.credentials() }
            first.cancel()
            #expect(try await second.value.accessKeyID == "key1")
        }
    }

    @Test func readsAFileAgainOnceItHasChanged() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let path = try scratch.write("own", "[default]\naccess_key_id = one\nsecret_access_key = sk\n")
        let reported = reported
        let chain = CredentialsChain([WindlassFileProvider(path: path, isExplicit: true)], time: manual.time) { reported.add($0) }
        #expect(try await chain.credentials().accessKeyID == "one")
        try scratch.write("own", "[default]\naccess_key_id = two\nsecret_access_key = sk\n")
        #expect(try await chain.credentials().accessKeyID == "one", "looked at no more than once a second")
        manual.advance(1)
        #expect(try await chain.credentials().accessKeyID == "two")
        try scratch.write("own", "[default]\naccess_key_id = three\n")
        manual.advance(1)
        #expect(try await chain.credentials().accessKeyID == "two", "half a file is not taken")
        #expect(reported.count == 1)
        try scratch.write("own", "[default]\naccess_key_id = three\nsecret_access_key = sk\n")
        manual.advance(200)
        #expect(try await chain.credentials().accessKeyID == "three")
    }

    @Test func expiredKeysAreNotUsed() async throws {
        let environment = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_CREDENTIAL_EXPIRATION": manual.iso8601(after: 60)]
        let chain = CredentialsChain([EnvironmentProvider(environment)], time: manual.time)
        _ = try await chain.credentials()
        manual.advance(60)
        let error = await #expect(throws: CredentialsError.self) { try await chain.credentials() }
        #expect(error?.description.contains("expired") == true)
    }

    @Test func tokenIsRenewedByShareOfItsLife() async throws {
        let server = try LoopbackServer { _ in .init(body: #"{"access_token":"t","expires_in":1000}"#) }
        defer { server.stop() }
        let exchange = IBMTokenExchange(http: SessionHTTP(), base: server.base, time: manual.time)
        let chain = CredentialsChain([EnvironmentProvider(["IBM_API_KEY_ID": "k"], dialect: .cos, exchange: exchange)], time: manual.time)
        let first = try await chain.authority()
        manual.advance(740)
        #expect(try await chain.authority() == first)
        #expect(server.requests.count == 1)
        manual.advance(90)
        #expect(try await chain.authority() != first, "mandatory at 17 %")
        await #expect(throws: CredentialsError.self, "no keys in a token") { try await chain.credentials() }
    }

    @Test func ordersOfTheDialects() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let server = try LoopbackServer { request in
            request.path == "/openstack/latest/securitykey"
                ? .init(body: #"{"credential":{"access":"ecs","secret":"sk","securitytoken":"t","expires_at":"2036-03-14T10:00:00.000000Z"}}"#)
                : .init(status: 404)
        }
        defer { server.stop() }
        var endpoints = CredentialsEndpoints()
        endpoints.huaweiMetadata = server.base
        var environment = ["HOME": scratch.path, "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.base]
        func id(_ dialect: CredentialsDialect, own: CredentialsChain.OwnFile? = nil) async throws -> String {
            let chain = CredentialsChain.standard(
                dialect: dialect, environment: environment, http: SessionHTTP(), ownFile: own, endpoints: endpoints, time: manual.time)
            return try await chain.credentials().accessKeyID
        }
        #expect(try await id(.obs) == "ecs")
        for dialect in [CredentialsDialect.s3, .cos, .oos] { await #expect(throws: CredentialsError.self) { try await id(dialect) } }
        try scratch.write(
            ".aws/credentials", "[default]\naws_access_key_id=shared\naws_secret_access_key=sk\n[p]\naws_access_key_id=p\naws_secret_access_key=sk\n")
        for dialect in [CredentialsDialect.s3, .cos, .oos] { #expect(try await id(dialect) == "shared") }
        try scratch.write(
            ".config/windlass/credentials", "[default]\naccess_key_id=own\nsecret_access_key=sk\n[x]\naccess_key_id=x\nsecret_access_key=sk\n")
        for dialect in CredentialsDialect.allCases { #expect(try await id(dialect) == "own") }
        try scratch.write(".bluemix/cos_credentials", #"{"cos_hmac_keys":{"access_key_id":"bluemix","secret_access_key":"sk"}}"#)
        #expect(try await id(.cos) == "bluemix")
        for prefix in ["AWS", "OBS"] {
            environment["\(prefix)_ACCESS_KEY_ID"] = "environment"
            environment["\(prefix)_SECRET_ACCESS_KEY"] = "sk"
        }
        for dialect in CredentialsDialect.allCases {
            #expect(try await id(dialect) == "environment")
            let own = CredentialsChain.OwnFile(path: scratch.path + "/.config/windlass/credentials", section: "x")
            #expect(try await id(dialect, own: own) == "x")
        }
        environment["AWS_PROFILE"] = "p"
        try FileManager.default.removeItem(atPath: scratch.path + "/.config/windlass/credentials")
        for dialect in [CredentialsDialect.s3, .cos, .oos] { #expect(try await id(dialect) == "p") }
    }
}
