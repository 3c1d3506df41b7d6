import FileSystemTypes
import Foundation
import ObjectStorage
import RemoteStore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ParsingTests {
    @Test(arguments: [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"), ("https://Store.Example.COM/", "https://store.example.com"),
        ("store.example.com", "https://store.example.com"), ("https://store.example.com:443", "https://store.example.com"),
        ("http://store:80", "http://store"), ("http://[::1]:9000", "http://[::1]:9000"),
    ])
    func takesEndpoints(text: String, meaning: String) {
        #expect(Endpoint(text)?.description == meaning)
    }

    @Test(arguments: ["", "http://", "ftp://a", "http://a/b", "http://u@a", "http://a:0", "http://a:99999", "http://a:x", "http://a b", "a?b"])
    func refusesWhatIsNoEndpoint(text: String) {
        #expect(Endpoint(text) == nil)
    }

    private func parse(_ text: String) throws -> XMLElement { try XMLElement.parse(Bytes(text)) }

    @Test func readsADocument() throws {
        let root = try parse("  \n<?xml version=\"1.0\"?><A xmlns=\"urn:x\"><B>1 &amp; 2</B><B>&#228;</B><C><D/></C></A>")
        #expect(root.name == "A" && root.all("B").map(\.text) == ["1 & 2", "\u{e4}"] && root.first("C")?.children.count == 1)
    }

    @Test(arguments: [
        "", "   ", "x", "<a>", "<a></b>", "<a><b></a></b>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a>&unknown;</a>", "<a b></a>",
    ])
    func refusesWhatIsNoDocument(text: String) {
        #expect(throws: StoreError.self) { try parse(text) }
    }

    @Test func refusesWhatIsTooDeepOrTooLong() {
        #expect(throws: StoreError.self) { try parse(String(repeating: "<a>", count: 50) + String(repeating: "</a>", count: 50)) }
        #expect(throws: StoreError.self) { try parse("<a>" + String(repeating: "<b/>", count: 600_000) + "</a>") }
        #expect(throws: StoreError.self) { try parse("<a>" + String(repeating: "x", count: 2 << 20) + "</a>") }
    }

    /// Broken documents made from good ones: an error or a value, never a crash or a hang.
    @Test func survivesBrokenListings() throws {
        let good = """
            <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>\
            <Prefix>p%2F</Prefix><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextContinuationToken>t&amp;x</NextContinuationToken>\
            <Contents><Key>a+b%20c%2B</Key><LastModified>2026-03-14T09:26:53.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>12</Size></Contents>\
            <CommonPrefixes><Prefix>p%2Fd/</Prefix></CommonPrefixes></ListBucketResult>
            """
        let page = try listing(Array(good.utf8))
        #expect(page.objects == [ListedObject(key: "a b c+", size: 12, etag: ETag("e"), lastModified: Timestamp(seconds: 1_773_480_413))])
        #expect(page.commonPrefixes == ["p/d/"])
        var generator = SeededGenerator(seed: SeededGenerator.baseSeed)
        var usable = 0
        for _ in 0..<20_000 {
            var bytes = Array(good.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) { mutate(&bytes, &generator) }
            if (try? listing(bytes)) != nil { usable += 1 }
        }
        #expect(usable > 0 && usable < 20_000)
    }

    private func listing(_ bytes: [UInt8]) throws -> ListPage {
        let handler = ListingHandler()
        try XMLPushParser.parse(Bytes(bytes), handler)
        return try handler.page().page
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
        default: bytes.removeSubrange(index..<min(bytes.count, index + 40))
        }
    }

    @Test(arguments: [
        ("bytes 0-9/10", true), ("bytes 5-5/6", true), ("bytes 0-10/10", false), ("bytes 5-4/10", false), ("bytes */10", false),
        ("bytes -1-4/10", false), ("0-9/10", false), ("bytes 0-9/*", false), ("", false),
    ])
    func readsContentRanges(text: String, isValid: Bool) {
        #expect((StoreResponse.contentRange(text) != nil) == isValid)
    }
}
