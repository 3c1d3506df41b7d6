import Testing
import Volume

@Suite(.timeLimit(.minutes(1))) struct PackedMetadataTests {
    @Test(arguments: [
        [:], ["mode": "33188"], ["empty": ""], ["": "nameless"], ["a": "", "b": "", "c": "x"],
        [
            "mode": "33188", "uid": "0", "gid": "0", "mtime": "1600000000.5", "xattr": "%7B%22user.a%22%3A%22%22%7D",
            "name": "gr\u{fc}\u{df}e \u{1F600}",
        ],
    ]) func givesBackWhatWasPutIn(_ metadata: [String: String]) {
        #expect(PackedMetadata(metadata).unpacked == metadata)
    }

    @Test func isEqualWhereTheMetadataAre() {
        let one = ["mode": "1", "uid": "2", "gid": "3", "mtime": "4"]
        let other = Dictionary(uniqueKeysWithValues: one.sorted { $0.key > $1.key })
        #expect(PackedMetadata(one) == PackedMetadata(other))
        #expect(PackedMetadata(one) != PackedMetadata(["mode": "1", "uid": "2", "gid": "3", "mtime": "5"]))
    }
}
