import Signing
import Testing

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
