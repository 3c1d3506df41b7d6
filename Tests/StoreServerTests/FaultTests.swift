import Foundation
import StoreServer
import Testing

/// Each fault is shown to happen, and not to happen once it is over.
@Suite(.timeLimit(.minutes(2)))
struct FaultTests {
    private let body = Array("0123456789".utf8)

    private func withObject(_ test: (StoreServer, TestClient) async throws -> Void) async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            let put = try await store.client.send("PUT", "/bkt/k", body: body)
            #expect(put?.status == 200)
            try await test(store.server, store.client)
            store.server.setFaults([])
            let get = try await store.client.send("GET", "/bkt/k")
            #expect(get?.status == 200 && get?.body == body && get?.wasReset == false)
        }
    }

    @Test func errors() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.error(status: 503, code: "SlowDown", retryAfter: 7), operations: [.getObject], skip: 1, times: 1)])
            #expect(try await client.send("GET", "/bkt/k")?.status == 200)
            let hit = try await client.send("GET", "/bkt/k")
            #expect(hit?.status == 503 && hit?.headers["retry-after"] == "7")
            #expect(hit?.text.contains("<Code>SlowDown</Code>") == true)
            #expect(try await client.send("GET", "/bkt/k")?.status == 200)
            #expect(try await client.send("HEAD", "/bkt/k")?.status == 200)
        }
    }

    @Test func prefixes() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.error(status: 403, code: "AccessDenied"), keyPrefix: "x/")])
            #expect(try await client.send("PUT", "/bkt/x/1", body: body)?.status == 403)
            #expect(try await client.send("PUT", "/bkt/y/1", body: body)?.status == 200)
            #expect(try await client.send("GET", "/bkt", "list-type=2&prefix=x%2F")?.status == 403)
        }
    }

    @Test func ratesComeFromTheSeed() async throws {
        try await withObject { (server, client) async throws in
            var rounds: [[Int?]] = []
            for _ in 0..<2 {
                server.setFaults([FaultRule(.error(status: 500, code: "InternalError"), rate: 0.5)], seed: 42)
                var statuses: [Int?] = []
                for _ in 0..<30 { statuses.append(try await client.send("GET", "/bkt/k")?.status) }
                rounds.append(statuses)
            }
            #expect(rounds[0] == rounds[1])
            #expect(Set(rounds[0]) == [200, 500])
        }
    }

    @Test func resetsWithoutAnswer() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.reset(.beforeWork), operations: [.putObject])])
            #expect(try await client.send("PUT", "/bkt/new", body: body) == nil)
            #expect(try await client.send("HEAD", "/bkt/new")?.status == 404)
            server.setFaults([FaultRule(.reset(.inRequest, afterBytes: 5), operations: [.putObject])])
            #expect(try await client.send("PUT", "/bkt/new", body: body) == nil)
            #expect(try await client.send("HEAD", "/bkt/new")?.status == 404)
            server.setFaults([FaultRule(.reset(.beforeAnswer), operations: [.putObject])])
            #expect(try await client.send("PUT", "/bkt/new", body: body) == nil)
            #expect(try await client.send("HEAD", "/bkt/new")?.status == 200)
            #expect(server.count(.putObject).requests == 4)
        }
    }

    @Test func resetsWithinTheAnswer() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.reset(.afterHeaders))])
            let bare = try await client.send("GET", "/bkt/k")
            #expect(bare?.status == 200 && bare?.body.isEmpty == true && bare?.wasReset == true)
            server.setFaults([FaultRule(.reset(.inBody, afterBytes: 4))])
            let half = try await client.send("GET", "/bkt/k")
            #expect(half?.text == "0123" && half?.wasReset == true && half?.contentLength == 10)
        }
    }

    @Test func damagedBodies() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.truncate(bytes: 3))])
            let short = try await client.send("GET", "/bkt/k")
            #expect(short?.text == "0123456" && short?.contentLength == 10 && short?.wasReset == false)
            server.setFaults([FaultRule(.contentLength(difference: -2))])
            #expect(try await client.send("GET", "/bkt/k")?.contentLength == 8)
            server.setFaults([FaultRule(.corrupt(bytes: 1))])
            let corrupt = try await client.send("GET", "/bkt/k")
            #expect(corrupt?.body.count == 10)
            #expect(zip(corrupt?.body ?? [], body).filter { $0 != $1 }.count == 1)
        }
    }

    @Test func garbageListings() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.garbage)])
            let listing = try await client.send("GET", "/bkt", "list-type=2")
            #expect(listing?.status == 200)
            #expect(XMLElement.parse(listing?.body ?? []) == nil)
            #expect(try await client.send("GET", "/bkt/k")?.body == body)
        }
    }

    @Test func delays() async throws {
        try await withObject { (server, client) async throws in
            for fault in [Fault.latency(milliseconds: 300), .stall(milliseconds: 300), .stall(milliseconds: 300, afterBytes: 4)] {
                server.setFaults([FaultRule(fault, times: 1)])
                let start = ContinuousClock.now
                #expect(try await client.send("GET", "/bkt/k")?.body == body)
                #expect(ContinuousClock.now - start >= .milliseconds(300), "\(fault)")
            }
        }
    }

    @Test func clockSkew() async throws {
        try await withObject { (server, client) async throws in
            server.setFaults([FaultRule(.clockSkew(seconds: -3600))])
            let refused = try await client.send("GET", "/bkt/k")
            #expect(refused?.status == 403 && refused?.text.contains("RequestTimeTooSkewed") == true)
            let date = try #require(refused?.headers["date"].flatMap { StoreTime(http: $0) })
            #expect(abs(date.seconds + 3600 - StoreTime.now.seconds) < 30)
        }
    }

    @Test func stopDoesNotWaitForAStall() async throws {
        try await TestStore.with { (store: inout TestStore) async throws in
            store.server.setFaults([FaultRule(.stall(milliseconds: 600_000))])
            let client = store.client
            let request = Task { try await client.send("GET", "/bkt/none") }
            try await Task.sleep(for: .milliseconds(300))
            let start = ContinuousClock.now
            try await store.restart()
            #expect(ContinuousClock.now - start < .seconds(50))
            #expect(try await request.value == nil)
        }
    }

    private static let everyFault: [Fault] = [
        .latency(milliseconds: 1, jitter: 2), .error(status: 500, code: "X", retryAfter: 3), .error(status: 500, code: "X"),
        .reset(.inBody, afterBytes: 5), .truncate(bytes: 1), .contentLength(difference: -1), .corrupt(bytes: 2), .garbage,
        .stall(milliseconds: 4, afterBytes: 6), .stall(milliseconds: 4), .clockSkew(seconds: -7),
    ]

    @Test func rulesTravelAsJSON() async throws {
        let rules = Self.everyFault.map { FaultRule($0, operations: [.putObject], keyPrefix: "p", rate: 0.5, skip: 1, times: 2) }
        let json = try JSONEncoder().encode(rules)
        #expect(try JSONDecoder().decode([FaultRule].self, from: json) == rules)
        try await TestStore.with { (store: inout TestStore) async throws in
            let text = Array(#"[{"fault": "error", "status": 500, "code": "InternalError", "operations": ["HeadBucket"]}]"#.utf8)
            #expect(try await store.client.send("PUT", "/_store/faults", body: text, sign: false)?.status == 204)
            #expect(try await store.client.send("HEAD", "/bkt")?.status == 500)
            #expect(try await store.client.send("GET", "/_store/faults", sign: false)?.text.contains("HeadBucket") == true)
            #expect(try await store.client.send("DELETE", "/_store/faults", sign: false)?.status == 204)
            #expect(try await store.client.send("HEAD", "/bkt")?.status == 200)
            for wrong in [#"[{"fault": "nonsense"}]"#, #"[{"fault": "garbage", "operations": ["Nope"]}]"#, "{"] {
                #expect(try await store.client.send("PUT", "/_store/faults", body: Array(wrong.utf8), sign: false)?.status == 400)
            }
        }
    }
}
