import Testing

import StoreServer

@Suite(.timeLimit(.minutes(1))) struct FormPolicyTests {
    private static let now = StoreTime(milliseconds: 1_800_000_000_000)

    private func policy(_ conditions: String, expiration: String = "2040-01-01T00:00:00Z") throws(ServiceError) -> FormPolicy {
        try FormPolicy(base64: Base64.encode(Array("{\"expiration\": \"\(expiration)\", \"conditions\": [\(conditions)]}".utf8)))
    }

    private func code(_ body: () throws(ServiceError) -> Void) -> String? {
        do throws(ServiceError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func everyConditionMustHold() throws {
        let policy = try policy(#"{"bucket": "b"}, ["starts-with", "$key", "in/"], ["eq", "$acl", "private"], ["content-length-range", 1, 10]"#)
        let good = ["bucket": "b", "key": "in/x", "acl": "private", "signature": "s", "x-ignore-this": "1"]
        #expect(code { () throws(ServiceError) in try policy.check(good, now: Self.now) } == nil)
        for (name, value) in [("bucket", "c"), ("key", "out/x"), ("acl", "public-read"), ("extra", "1")] {
            #expect(code { () throws(ServiceError) in try policy.check(good.merging([name: value]) { $1 }, now: Self.now) } == "AccessDenied")
        }
        #expect(policy.lengths == 1...10)
    }

    @Test func aPolicyEnds() throws {
        let policy = try policy(#"{"bucket": "b"}"#, expiration: "2020-01-01T00:00:00Z")
        #expect(code { () throws(ServiceError) in try policy.check(["bucket": "b"], now: Self.now) } == "AccessDenied")
    }

    @Test(arguments: ["", "e30=", "bm90IEpTT04="]) func whatIsNoPolicyIsRefused(_ text: String) {
        #expect(code { () throws(ServiceError) in _ = try FormPolicy(base64: text) } == "InvalidPolicyDocument")
    }

    @Test(arguments: [#"["eq", "key", "x"]"#, #"["near", "$key", "x"]"#, #"["eq", "$key"]"#, #"["content-length-range", 9, 1]"#])
    func whatIsNoConditionIsRefused(_ text: String) {
        #expect(code { () throws(ServiceError) in _ = try policy(text) } == "InvalidPolicyDocument")
    }
}
