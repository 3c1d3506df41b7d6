import FileSystemTypes
import PosixMetadata
import TestSupport
import Testing

/// For names that are written in the test.
func name(_ text: String) throws -> ExtendedAttributeName {
    try #require(ExtendedAttributeName(text))
}

@Suite struct ExtendedAttributesTests {
    @Test(.timeLimit(.minutes(1)))
    func areWrittenAsS3fsWritesThem() throws {
        var attributes = ExtendedAttributes()
        #expect(attributes.encoded == nil)
        try attributes.set(name("user.b"), to: Array("hello".utf8))
        try attributes.set(name("user.a"), to: [0])
        try attributes.set(name("user.empty"), to: [])
        #expect(
            attributes.encoded == "%7B%22user.a%22%3A%22AA%3D%3D%22%2C%22user.b%22%3A%22aGVsbG8%3D%22%2C%22user.empty%22%3A%22%22%7D")
        #expect(ExtendedAttributes(decoding: attributes.encoded ?? "") == attributes)
        #expect(attributes.names.map(\.description) == ["user.a", "user.b", "user.empty"])
    }

    /// What s3fs 1.90 stored after it had added `user.new` to attributes that this project had written.
    @Test(.timeLimit(.minutes(1)))
    func whatS3fsWroteIsRead() throws {
        let text =
            "%7B%22user.a%22%3A%22AA%3D%3D%22%2C%22user.b%5Cu002cc%22%3A%22aGVsbG8%3D%22%2C%22user.empty%22%3A%22%22%2C"
            + "%22user.new%22%3A%22AP8sOg%3D%3D%22%2C%22user.z%22%3A%22aGVsbG8%3D%22%7D"
        let attributes = ExtendedAttributes(decoding: text)
        #expect(attributes.names.map(\.description) == ["user.a", "user.b,c", "user.empty", "user.new", "user.z"])
        #expect(try attributes[name("user.new")] == [0, 0xFF, 0x2C, 0x3A])
        #expect(attributes.encoded == text)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "{\"user.a\":\"AA==\"}", "{%22user.a%22:%22AA==%22}", " { \"user.a\" : \"AA\" , } ", "{\"\\u0075ser.a\":\"AA==\"}",
            "%7b%22user.a%22%3a%22AA%3d%3d%22%7d",
        ])
    func areReadInEveryForm(text: String) throws {
        let attributes = ExtendedAttributes(decoding: text)
        #expect(try attributes[name("user.a")] == [0])
        #expect(attributes.names.count == 1)
        #expect(!attributes.isDamaged)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "x", "{\"user.a\"}", "{\"user.a\":\"A\"}", "{\"user.a\":\"??\"}", "{user.a:\"AA==\"}", "{\"user.a\":\"AA==\"", "{\"\":\"AA==\"}",
            "{\"user.a\":\"AA==\"x}", "{\"user.a",
        ])
    func damageIsNotWrittenOver(text: String) {
        var attributes = ExtendedAttributes(decoding: text)
        #expect(attributes.isDamaged)
        #expect(throws: Errno.inputOutput) { try attributes.set(name("user.z"), to: []) }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatIsNotDamagedIsRead() {
        let attributes = ExtendedAttributes(decoding: "{\"user.a\":\"AA==\",\"user.bad\":\"?\",\"user.c\":\"Yg==\"}")
        #expect(attributes.names.map(\.description) == ["user.a", "user.c"])
        #expect(attributes.isDamaged)
        #expect(!ExtendedAttributes(decoding: "").isDamaged)
        #expect(!ExtendedAttributes(decoding: "%7B%7D").isDamaged)
    }

    /// setxattr(2), removexattr(2)
    @Test(.timeLimit(.minutes(1)))
    func conditionsAndLimits() throws {
        var attributes = ExtendedAttributes()
        #expect(throws: Errno.noData) { try attributes.set(name("user.a"), to: [], mode: .replace) }
        try attributes.set(name("user.a"), to: [1], mode: .create)
        #expect(throws: Errno.exists) { try attributes.set(name("user.a"), to: [], mode: .create) }
        try attributes.set(name("user.a"), to: [2], mode: .replace)
        #expect(try attributes[name("user.a")] == [2])
        #expect(throws: Errno.noData) { try attributes.remove(name("user.b")) }
        try attributes.remove(name("user.a"))
        #expect(attributes.isEmpty)
        #expect(throws: Errno.tooBig) { try attributes.set(name("user.a"), to: [UInt8](repeating: 0, count: 65_537)) }
    }

    @Test(.timeLimit(.minutes(1)))
    func aLargeValueDoesNotFitTheStore() throws {
        var stored = StoredMetadata()
        var attributes = ExtendedAttributes()
        try attributes.set(name("user.a"), to: [UInt8](repeating: 7, count: 1600))
        stored.extendedAttributes = attributes
        let metadata = stored.written(over: [:], kind: .regular)
        #expect(throws: Errno.noSpace) { try StoredMetadata.check(metadata, maximumBytes: 2048) }
        #expect(throws: Never.self) { try StoredMetadata.check(metadata, maximumBytes: 8192) }
    }

    /// Any names, any values: what is written is read again, and is ASCII that a header can carry.
    @Test(.timeLimit(.minutes(1)))
    func anyBytes() throws {
        for seed in SeededGenerator.seeds(300) {
            var random = SeededGenerator(seed: seed)
            var attributes = ExtendedAttributes()
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let name = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    random.oneIn(3) ? random.pick(Array("\",:\\{}%u0b ".utf8)) : UInt8.random(in: 1...255, using: &random)
                }
                let value = (0..<random.pick([0, 1, 2, 3, 4, 50])).map { _ in UInt8.random(in: 0...255, using: &random) }
                try attributes.set(#require(ExtendedAttributeName(Array("user.".utf8) + name)), to: value)
            }
            let text = try #require(attributes.encoded)
            #expect(ExtendedAttributes(decoding: text) == attributes)
            #expect(text.utf8.allSatisfy { $0 > 32 && $0 < 127 })
        }
    }

    /// The way s3fs reads it: split at every comma, name up to the first colon, quotes taken off.
    @Test(.timeLimit(.minutes(1)))
    func oddNamesDoNotHideOthersFromS3fs() throws {
        var attributes = ExtendedAttributes()
        for name in ["user.a", "user.b,c", "user.d:e", "user.f\"g", "user.h\\i", "user.z"] {
            try attributes.set(#require(ExtendedAttributeName(name)), to: Array(name.utf8))
        }
        let encoded = try #require(attributes.encoded)
        let json = encoded.replacing("%7B", with: "").replacing("%7D", with: "").replacing("%22", with: "\"").replacing("%3A", with: ":")
            .replacing("%2C", with: ",").replacing("%5C", with: "\\")
        let names = json.split(separator: ",").map { $0.split(separator: ":")[0] }
        #expect(names == ["\"user.a\"", "\"user.b\\u002cc\"", "\"user.d\\u003ae\"", "\"user.f\\u0022g\"", "\"user.h\\u005ci\"", "\"user.z\""])
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("user.a", ExtendedAttributeName.Namespace.user), ("user.", .other), ("user", .other), ("trusted.x", .trusted),
            ("security.capability", .other),
            ("system.posix_acl_access", .accessList), ("system.posix_acl_default", .defaultAccessList), ("system.x", .other),
            ("windlass.etag", .windlass), ("s3.etag", .other),
        ])
    func namespaces(name: String, namespace: ExtendedAttributeName.Namespace) throws {
        #expect(try #require(ExtendedAttributeName(name)).namespace == namespace)
    }
}
