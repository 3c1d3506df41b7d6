import FileSystemTypes
import ObjectStorage
import RemoteStore
import TestSupport
import Testing

/// Parsers by themselves: many inputs in little time.
@Suite(.timeLimit(.minutes(30))) struct ParserFuzzTests {
    @Test func documents() async throws {
        let run = FuzzRun("XML documents", count: 30_000)
        let outcome = try await run(Answers.bytes(Answers.documents)) { bytes in _ = try XMLElement.parse(Bytes(bytes)) }
        #expect(outcome.accepted > 0 && outcome.refused > run.count / 4)
    }

    @Test func listings() async throws {
        let run = FuzzRun("listings", count: 30_000)
        let outcome = try await run(Answers.bytes([Answers.list1, Answers.list2])) { bytes in
            let handler = ListingHandler()
            try XMLPushParser.parse(Bytes(bytes), handler)
            let page = try handler.page().page
            for object in page.objects where object.size < 0 || object.key.bytes.isEmpty { Issue.record("an impossible entry: \(object)") }
        }
        #expect(outcome.accepted > 0 && outcome.refused > run.count / 4)
    }

    @Test func theListingToBeginWithIsRead() throws {
        let handler = ListingHandler()
        try XMLPushParser.parse(Bytes(Answers.list2), handler)
        let page = try handler.page().page
        #expect(page.objects.map(\.key) == ["a b c+"] && page.objects.first?.size == 12 && page.objects.first?.etag == ETag("e"))
        #expect(page.objects.first?.lastModified == Timestamp(seconds: 1_773_480_413))
        #expect(page.commonPrefixes == ["p/d/"])
    }

    private struct NoDate: Error {}

    @Test func dates() async throws {
        let dates = ["Sat, 14 Mar 2026 09:26:53 GMT", "20260314T092653Z", "2026-03-14T09:26:53.123456789Z", "2026-03-14T09:26:53"]
        let run = FuzzRun("dates", count: 50_000)
        let outcome = try await run(Answers.bytes(dates)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let found = [Timestamp(httpDate: text), Timestamp(basic: text), Timestamp(iso8601: text)].compactMap(\.self)
            guard let first = found.first else { throw NoDate() }
            // What is computed with it must not overflow either.
            _ = CivilTime(first)
            #expect(abs(first.seconds) < 1 << 40, "\(text)")
        }
        #expect(outcome.accepted > 0 && outcome.refused > run.count / 4)
    }

    @Test func endpointsAndRanges() async throws {
        let texts = [
            "bytes 0-9/10", "https://store.example.com:9000", "http://[::1]:9000/", "obs.cn-north-4.myhuaweicloud.com", "http://127.0.0.1:1",
        ]
        let run = FuzzRun("endpoints and ranges", count: 50_000)
        _ = try await run(Answers.bytes(texts)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let (range, total) = StoreResponse.contentRange(text) {
                #expect(range.offset >= 0 && range.count > 0 && range.offset < total && range.count <= total, "\(text)")
            }
            guard let endpoint = Endpoint(text) else { return }
            _ = (endpoint.family, endpoint.region, endpoint.isAddress, endpoint.isUnifiedOOS, endpoint.description)
        }
    }
}
