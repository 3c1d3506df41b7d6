/// Makes broken documents of good ones, as a seed decides.
package struct Mutator: Sendable {
    private let corpus: [[UInt8]]
    private var generator: SeededGenerator

    /// `corpus` has at least one document.
    package init(_ corpus: [[UInt8]], seed: UInt64) {
        precondition(!corpus.isEmpty, "nothing to begin with")
        self.corpus = corpus
        generator = SeededGenerator(seed: seed)
    }

    /// One of the documents with one to eight things wrong; once in fifty times as it is.
    package mutating func next() -> [UInt8] {
        var bytes = generator.pick(corpus)
        if generator.oneIn(50) { return bytes }
        for _ in 0..<Int.random(in: 1...8, using: &generator) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes = generator.pick(corpus) }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.insert(contentsOf: generator.pick(Self.pieces), at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &generator)))
        case 4: bytes.removeSubrange(place...)
        case 5: replaceNumber(&bytes, from: place)
        case 6, 7: replaceWord(&bytes, from: place)
        case 8: double(&bytes, from: place)
        case 9: splice(&bytes, at: place)
        case 10: bytes.insert(contentsOf: generator.pick(Self.pieces), at: place + 1)
        default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &generator))
        }
    }

    /// The first number from `place` on becomes one that is hard on whoever computes with it.
    private mutating func replaceNumber(_ bytes: inout [UInt8], from place: Int) {
        guard let start = bytes[place...].firstIndex(where: Self.isDigit) else { return }
        let end = bytes[start...].firstIndex { !Self.isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: generator.pick(Self.numbers))
    }

    /// The first word from `place` on becomes a word from another place, of this document or another.
    private mutating func replaceWord(_ bytes: inout [UInt8], from place: Int) {
        guard let own = Self.word(in: bytes, from: place) else { return }
        let other = generator.pick(corpus)
        guard !other.isEmpty, let range = Self.word(in: other, from: Int.random(in: 0..<other.count, using: &generator)) else { return }
        bytes.replaceSubrange(own, with: other[range])
    }

    private mutating func double(_ bytes: inout [UInt8], from place: Int) {
        let piece = Array(bytes[place..<min(bytes.count, place + Int.random(in: 1...60, using: &generator))])
        let times = generator.oneIn(20) ? 500 : 1
        bytes.insert(contentsOf: (0..<times).flatMap { _ in piece }, at: place)
    }

    /// Goes on as another document does from some place on.
    private mutating func splice(_ bytes: inout [UInt8], at place: Int) {
        let other = generator.pick(corpus)
        guard !other.isEmpty else { return }
        bytes.replaceSubrange(place..., with: other[Int.random(in: 0..<other.count, using: &generator)...])
    }

    private static func word(in bytes: [UInt8], from place: Int) -> Range<Int>? {
        guard let start = bytes[place...].firstIndex(where: isLetter) else { return nil }
        return start..<(bytes[start...].firstIndex { !isLetter($0) } ?? bytes.count)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32) }

    private static let numbers = [
        "", "0", "-0", "-1", "+1", "1", "00000000000000000000001", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551616", "999999999999999999999999999999", "1e400", "0x7f", "1.5", "NaN", "\u{663}",
    ].map { Array($0.utf8) }

    /// What parsers of XML, JSON, HTTP and settings take for a sign of something.
    private static let pieces: [[UInt8]] =
        [
            "<", ">", "</", "/>", "<a>", "</a>", "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>", "<!DOCTYPE a [<!ENTITY x \"y\">]>", "&", "&amp;",
            "&x;", "&#0;", "&#x110000;", "&#xD800;", "&lt;", "\"", "'", "{", "}", "[", "]", ":", ",", "null", "true", "\\u0000", "\\uD800", "\\",
            "=", ";", "#", "%", "%0", "%zz", "%00", "%FF", "+", " ", "\t", "\n", "\r", "\r\n", "\r\n\r\n", "\n ", "\0", "HTTP/1.1 100 \r\n\r\n",
            "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "\u{feff}", "\u{202e}", "\u{1F600}", "e\u{301}",
        ].map { Array($0.utf8) } + [
            [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], Array(repeating: UInt8(ascii: "["), count: 3000),
            Array(repeating: UInt8(ascii: "9"), count: 3000), Array(String(repeating: "<a>", count: 1000).utf8),
        ]
}
