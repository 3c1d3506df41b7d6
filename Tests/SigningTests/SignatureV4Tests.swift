import Credentials
import FileSystemTypes
import Foundation
import Signing
import Testing

/// Requests signed by SDKs and by the service's documentation: our signer must come to the same signature.
@Suite struct SignatureV4Tests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        struct Keys: Decodable, Sendable {
            var accessKey: String
            var secretKey: String
            var securityToken: String?
        }

        struct Wire: Decodable, Sendable {
            var method: String
            var host: String
            var rawPath: String
            var rawQuery: String
            var headers: [[String]]
        }

        var id: String
        var note: String?
        var credentials: Keys
        var request: Wire
        var date: String
        var region: String
        var service: String
        var authorization: String

        var testDescription: String { "\(id): \(note ?? "")" }
    }

    private struct File: Decodable {
        var vectors: [Vector]
    }

    static let vectors: [Vector] = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let url = Bundle.module.url(forResource: "Fixtures/signature-v4", withExtension: "json"),
            let data = try? Data(contentsOf: url), let file = try? decoder.decode(File.self, from: data)
        else { preconditionFailure("the signature vectors cannot be read") }
        return file.vectors
    }()

    @Test func hasVectors() {
        #expect(Self.vectors.count >= 18)
    }

    @Test(.timeLimit(.minutes(1)), arguments: vectors) func signsAsOthersDo(vector: Vector) throws {
        let added = try sign(vector)
        #expect(added.last?.name == "Authorization")
        // Blanks after commas are a matter of taste.
        #expect(added.last?.value.replacing(" ", with: "") == vector.authorization.replacing(" ", with: ""))
    }

    /// Negative control: one changed byte anywhere changes the signature.
    @Test(.timeLimit(.minutes(1)), arguments: vectors) func noticesAChange(vector: Vector) throws {
        var changed = vector
        changed.request.rawPath += "x"
        #expect(try sign(changed).last?.value != sign(vector).last?.value)
        changed = vector
        changed.credentials.secretKey += "x"
        #expect(try sign(changed).last?.value != sign(vector).last?.value)
    }

    private func sign(_ vector: Vector) throws -> [HeaderField] {
        let added: Set = ["host", "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"]
        let fields = vector.request.headers.map { HeaderField($0[0], $0[1]) }
        let payload = try #require(fields.first { $0.name.lowercased() == "x-amz-content-sha256" }).value
        let query = vector.request.rawQuery.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return QueryItem(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
        }
        let request = SignableRequest(
            method: vector.request.method, host: vector.request.host, path: vector.request.rawPath, query: query,
            headers: fields.filter { !added.contains($0.name.lowercased()) })
        let keys = Credentials(
            accessKeyID: vector.credentials.accessKey, secretAccessKey: vector.credentials.secretKey,
            sessionToken: vector.credentials.securityToken)
        let date = try #require(Timestamp(iso8601: vector.date) ?? Timestamp(basic: vector.date))
        return SignatureV4(region: vector.region, service: vector.service).headers(
            signing: request, payload: payload == "UNSIGNED-PAYLOAD" ? .unsigned : .sha256(payload), date: SigningDate(date), credentials: keys)
    }
}

@Suite struct PercentEncodingTests {
    @Test func encodesAllButTheUnreserved() {
        #expect(PercentEncoding.encode("aZ09-._~ /+%é") == "aZ09-._~%20%2F%2B%25%C3%A9")
        #expect(PercentEncoding.encodePath(Array("a b/../c".utf8)) == "a%20b/../c")
    }

    @Test func decodesEveryByteItEncodes() {
        let all = (0...255).map { UInt8($0) }
        #expect(PercentEncoding.decode(PercentEncoding.encode(all, keeping: nil).utf8) == all)
        #expect(PercentEncoding.decode("a+b%2".utf8) == Array("a+b%2".utf8))
        #expect(PercentEncoding.decode("a+b%zz".utf8, plusIsBlank: true) == Array("a b%zz".utf8))
    }
}

@Suite struct TimeTests {
    @Test func readsAndWritesDates() throws {
        let moment = Timestamp(seconds: 1_773_480_413)
        #expect(Timestamp(httpDate: "Sat, 14 Mar 2026 09:26:53 GMT") == moment)
        #expect(SigningDate(moment).basic == "20260314T092653Z")
        #expect(Timestamp(iso8601: "2026-03-14T09:26:53.120Z") == Timestamp(seconds: moment.seconds, nanoseconds: 120_000_000))
        for text in ["", "Sat, 14 Foo 2026 09:26:53 GMT", "2026-03-14", "2026-13-14T00:00:00Z", "2026-03-14T25:00:00Z", "T", "::"] {
            #expect(Timestamp(httpDate: text) == nil)
            #expect(Timestamp(iso8601: text) == nil)
        }
    }

    /// Days over four centuries and both sides of 1970, against Foundation's calendar.
    @Test func agreesWithFoundationsCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        for day in stride(from: -40_000, to: 110_000, by: 37) {
            let timestamp = Timestamp(seconds: Int64(day) * 86_400 + 3723)
            let civil = CivilTime(timestamp)
            let parts = calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: Double(timestamp.seconds)))
            #expect(civil.year == parts.year && civil.month == parts.month && civil.day == parts.day, "day \(day)")
            #expect((civil.hour, civil.minute, civil.second) == (1, 2, 3))
            #expect(civil.timestamp() == timestamp)
        }
    }
}
