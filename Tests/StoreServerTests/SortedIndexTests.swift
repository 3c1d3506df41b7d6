import ObjectStorage
import StoreServer
import Testing

/// A listing as simple as can be: everything sorted, then looked at one by one.
private struct NaiveListing {
    var keys: Set<[UInt8]> = []

    func names(_ query: ListingQuery) -> (names: [[UInt8]], truncated: Bool) {
        var names: [[UInt8]] = []
        for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where key.starts(with: query.prefix.bytes) {
            let name = self.name(of: key, query)
            if let after = query.after?.bytes, !after.lexicographicallyPrecedes(key) || name == after && name != key { continue }
            if names.last != name { names.append(name) }
        }
        return (Array(names.prefix(query.maximum)), query.maximum > 0 && names.count > query.maximum)
    }

    private func name(of key: [UInt8], _ query: ListingQuery) -> [UInt8] {
        let rest = Array(key.dropFirst(query.prefix.bytes.count))
        guard !query.delimiter.isEmpty, rest.count >= query.delimiter.count else { return key }
        for start in 0...(rest.count - query.delimiter.count) where rest[start...].starts(with: query.delimiter) {
            return query.prefix.bytes + rest[..<(start + query.delimiter.count)]
        }
        return key
    }
}

@Suite(.timeLimit(.minutes(2)))
struct SortedIndexTests {
    private func randomKey(_ generator: inout SeededGenerator) -> [UInt8] {
        let alphabet = Array("ab/-\u{0}".utf8) + [0xC3, 0xBC, 0xFF]
        return (0..<Int.random(in: 1...6, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
    }

    @Test(arguments: 1...12)
    func pagesAreThoseOfTheNaiveListing(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var index = SortedIndex<Int>()
        var naive = NaiveListing()
        for number in 0..<1500 {
            let key = randomKey(&generator)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                #expect((index.remove(Key(key)) != nil) == (naive.keys.remove(key) != nil))
            } else {
                #expect((index.set(Key(key), number) == nil) == naive.keys.insert(key).inserted)
            }
        }
        #expect(index.count == naive.keys.count)
        for _ in 0..<200 {
            let query = ListingQuery(
                prefix: Key(Bool.random(using: &generator) ? [] : Array(randomKey(&generator).prefix(2))),
                delimiter: [[], Array("/".utf8), Array("-".utf8), Array("a/".utf8)].randomElement(using: &generator) ?? [],
                after: Bool.random(using: &generator) ? nil : Key(randomKey(&generator)), maximum: Int.random(in: 0...20, using: &generator))
            let page = index.page(query)
            let expected = naive.names(query)
            #expect(page.entries.map(\.name.bytes) == expected.names, "seed \(seed) \(query)")
            #expect(page.isTruncated == expected.truncated, "seed \(seed) \(query)")
        }
    }

    @Test(arguments: [1, 2, 3, 7, 1000], ["", "/", "b"])
    func pagesFollowEachOther(size: Int, delimiter: String) {
        var generator = SeededGenerator(seed: 99)
        var index = SortedIndex<Int>()
        var naive = NaiveListing()
        for number in 0..<2000 {
            let key = randomKey(&generator)
            index.set(Key(key), number)
            naive.keys.insert(key)
        }
        var query = ListingQuery(prefix: "a", delimiter: Array(delimiter.utf8), after: nil, maximum: size)
        var names: [[UInt8]] = []
        while true {
            let page = index.page(query)
            names += page.entries.map(\.name.bytes)
            guard page.isTruncated else { break }
            query.after = page.last
        }
        let all = ListingQuery(prefix: "a", delimiter: Array(delimiter.utf8), after: nil, maximum: .max)
        #expect(names == naive.names(all).names)
    }

    @Test func growsAndShrinksByTheThousand() {
        var index = SortedIndex<Int>()
        for number in 0..<10_000 { index.set(Key(String(number * 7919 % 10_000)), number) }
        #expect(index.count == 10_000)
        for number in 0..<10_000 { #expect(index[Key(String(number * 7919 % 10_000))] == number) }
        for number in 0..<10_000 { #expect(index.remove(Key(String(number))) != nil) }
        #expect(index.count == 0)
        #expect(index.firstPosition(notBefore: "") == index.end)
    }
}
