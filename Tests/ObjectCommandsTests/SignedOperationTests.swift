import ObjectCommands
import ObjectStorage
import RemoteStore
import Testing

@Suite(.timeLimit(.minutes(1))) struct SignedOperationTests {
    private func failure(_ body: () throws(StoreError) -> ObjectCall) -> StoreError.Reason? {
        do throws(StoreError) {
            _ = try body()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func everyNameIsOfOneOperation() {
        #expect(Set(SignedOperation.all.map(\.name)).count == SignedOperation.all.count)
        for operation in SignedOperation.all { #expect(SignedOperation.named(operation.name) == operation) }
        #expect(SignedOperation.named("frobnicate") == nil)
    }

    @Test func whatItNeedsMustBeGiven() throws {
        let part = try #require(SignedOperation.named("upload-part"))
        let number = ObjectCall.Field("partNumber", "3")
        let upload = ObjectCall.Field("uploadId", "U")
        #expect(failure { () throws(StoreError) in try part.call("k", query: [number], headers: []) } == .invalidRequest)
        #expect(failure { () throws(StoreError) in try part.call(nil, query: [number, upload], headers: []) } == .invalidRequest)
        let call = try part.call("k", query: [upload, number, .init("x", "y")], headers: [.init("Content-Type", "a/b")])
        #expect(call.method == "PUT" && call.key == "k")
        #expect(call.query == [number, upload, .init("x", "y")])
        #expect(call.headers == [.init("Content-Type", "a/b")])
    }

    @Test func aSettingOfABucketIsNamed() throws {
        let operation = try #require(SignedOperation.named("get-bucket"))
        let call = try operation.call(nil, query: [.init("resource", "lifecycle")], headers: [])
        #expect(call.query == [.init("lifecycle")])
        #expect(failure { () throws(StoreError) in try operation.call("k", query: [.init("resource", "acl")], headers: []) } == .invalidRequest)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ObjectFeatureTests {
    @Test(arguments: ObjectFeature.allCases) func whatIsMissingIsSaid(_ feature: ObjectFeature) {
        for family in Dialect.Family.allCases {
            var reason: StoreError.Reason?
            do throws(StoreError) {
                try feature.check(Dialect(family))
            } catch {
                reason = error.reason
                #expect(error.message.contains(family.title) && error.message.contains(feature.rawValue))
            }
            #expect(reason == (feature.families.contains(family) ? nil : .unsupported))
        }
    }
}
