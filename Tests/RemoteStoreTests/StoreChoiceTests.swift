import RemoteStore
import Testing

/// Which store is meant, of what was said and what is set.
@Suite(.timeLimit(.minutes(1))) struct StoreChoiceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var said: String
        var wishes: StoreChoice.Wishes
        var family: Dialect.Family
        var endpoint: String
        var region: String
        var addressing: Endpoint.Addressing
        var signature: StoreClient.Signature?

        var testDescription: String { said }

        init(
            _ said: String, _ family: Dialect.Family, _ endpoint: String, _ region: String, _ addressing: Endpoint.Addressing,
            _ signature: StoreClient.Signature?
        ) {
            (self.said, self.family, self.endpoint, self.region) = (said, family, endpoint, region)
            (self.addressing, self.signature) = (addressing, signature)
            wishes = StoreChoice.Wishes(said)
        }
    }

    private static let cases = [
        Case("", .s3, "https://s3.us-east-1.amazonaws.com", "us-east-1", .auto, .v4),
        Case("s3://", .s3, "https://s3.us-east-1.amazonaws.com", "us-east-1", .auto, .v4),
        Case("s3:// region=eu-west-1", .s3, "https://s3.eu-west-1.amazonaws.com", "eu-west-1", .auto, .v4),
        Case("region=cn-north-1", .s3, "https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1", .auto, .v4),
        Case("endpoint=https://s3.eu-central-1.amazonaws.com", .s3, "https://s3.eu-central-1.amazonaws.com", "eu-central-1", .auto, .v4),
        Case("endpoint=s3.amazonaws.com", .s3, "https://s3.amazonaws.com", "us-east-1", .auto, .v4),
        Case("endpoint=http://127.0.0.1:9000", .s3, "http://127.0.0.1:9000", "us-east-1", .auto, .v4),
        Case("endpoint=http://127.0.0.1:9000 signature=v2 addressing=path", .s3, "http://127.0.0.1:9000", "us-east-1", .path, .v2),
        Case("endpoint=https://minio.example.com addressing=virtual", .s3, "https://minio.example.com", "us-east-1", .virtual, .v4),
        Case("obs:// region=cn-north-4", .obs, "https://obs.cn-north-4.myhuaweicloud.com", "cn-north-4", .virtual, nil),
        Case("endpoint=obs.eu-west-101.myhuaweicloud.eu", .obs, "https://obs.eu-west-101.myhuaweicloud.eu", "eu-west-101", .virtual, nil),
        Case("endpoint=obs.example.com", .obs, "https://obs.example.com", "us-east-1", .virtual, nil),
        Case("dialect=obs endpoint=http://127.0.0.1:9000", .obs, "http://127.0.0.1:9000", "us-east-1", .path, .v2),
        Case("dialect=obs endpoint=http://[::1]:9000", .obs, "http://[::1]:9000", "us-east-1", .path, .v2),
        Case("dialect=obs endpoint=http://store.localhost:9000", .obs, "http://store.localhost:9000", "us-east-1", .virtual, nil),
        Case("obs:// endpoint=https://a.example.com addressing=path", .obs, "https://a.example.com", "us-east-1", .path, .v2),
        Case("obs:// endpoint=https://a.example.com signature=v4", .obs, "https://a.example.com", "us-east-1", .virtual, .v4),
        Case("obs:// endpoint=http://127.0.0.1:9000 signature=obs", .obs, "http://127.0.0.1:9000", "us-east-1", .path, .obs),
        Case("obs:// domain=files.example.com", .obs, "https://files.example.com", "us-east-1", .domain, .v2),
        Case("cos:// region=eu-de", .cos, "https://s3.eu-de.cloud-object-storage.appdomain.cloud", "eu-de", .path, .v4),
        Case(
            "endpoint=s3.private.us-south.cloud-object-storage.appdomain.cloud", .cos,
            "https://s3.private.us-south.cloud-object-storage.appdomain.cloud", "us-south", .path, .v4),
        Case("cos:// region=eu-de signature=v2", .cos, "https://s3.eu-de.cloud-object-storage.appdomain.cloud", "eu-de", .path, .v2),
        Case("oos://", .oos, "https://oos-cn.ctyunapi.cn", "cn", .path, .v4),
        Case("oos:// region=hazz", .oos, "https://oos-hazz.ctyunapi.cn", "hazz", .path, .v4),
        Case("endpoint=http://oos-bj2.ctyunapi.cn", .oos, "http://oos-bj2.ctyunapi.cn", "bj2", .path, .v2),
        Case("dialect=oos endpoint=http://127.0.0.1:9000", .oos, "http://127.0.0.1:9000", "us-east-1", .path, .v2),
        Case("dialect=oos endpoint=http://127.0.0.1:9000 signature=v4", .oos, "http://127.0.0.1:9000", "us-east-1", .path, .v4),
        // What was said wins over what the host's name says.
        Case(
            "dialect=s3 endpoint=https://obs.cn-north-4.myhuaweicloud.com", .s3, "https://obs.cn-north-4.myhuaweicloud.com", "cn-north-4", .auto, .v4),
        Case("endpoint=https://s3.eu-west-1.amazonaws.com region=eu-west-3", .s3, "https://s3.eu-west-1.amazonaws.com", "eu-west-3", .auto, .v4),
        // What is set counts where nothing was said.
        Case("set-endpoint=https://obs.ap-1.myhuaweicloud.com", .obs, "https://obs.ap-1.myhuaweicloud.com", "ap-1", .virtual, nil),
        Case("endpoint=http://127.0.0.1:1 set-endpoint=http://127.0.0.1:2", .s3, "http://127.0.0.1:1", "us-east-1", .auto, .v4),
        Case("set-region=us-west-2", .s3, "https://s3.us-west-2.amazonaws.com", "us-west-2", .auto, .v4),
        Case("region=us-west-1 set-region=us-west-2", .s3, "https://s3.us-west-1.amazonaws.com", "us-west-1", .auto, .v4),
    ]

    @Test(arguments: cases)
    func choosesWhatWasMeant(meant: Case) throws {
        let choice = try StoreChoice(meant.wishes, .said(meant.said))
        #expect(choice.family == meant.family)
        #expect(choice.endpoint.description == meant.endpoint)
        #expect(choice.region == meant.region)
        #expect(choice.addressing == meant.addressing)
        #expect(choice.signature == meant.signature)
    }

    @Test(arguments: [
        ("s3:// dialect=obs", ChoiceError.contradiction(.s3, .obs)), ("cos:// dialect=oos", .contradiction(.cos, .oos)),
        ("endpoint=ftp://a", .noAddress("ftp://a")), ("endpoint=http://a/path", .noAddress("http://a/path")),
        ("domain=http://", .noAddress("http://")), ("set-endpoint=a?b", .noAddress("a?b")),
        ("obs://", .unknownPlace(.obs, region: nil)), ("cos://", .unknownPlace(.cos, region: nil)),
        ("obs:// region=a/b", .unknownPlace(.obs, region: "a/b")), ("region=a?b", .unknownPlace(.s3, region: "a?b")),
        ("s3:// signature=obs", .foreignSignature(.s3)), ("dialect=cos endpoint=http://127.0.0.1:1 signature=obs", .foreignSignature(.cos)),
        ("oos:// signature=obs", .foreignSignature(.oos)),
    ])
    func saysWhatIsWrong(said: String, error: ChoiceError) {
        #expect(throws: error) { try StoreChoice(StoreChoice.Wishes(said), .said(said)) }
        #expect(!error.description.contains("\n") && error.description.count > 20)
    }

    /// A file with settings that cannot be read matters only where it would be asked.
    @Test func failsWithItsSettings() throws {
        let broken = StoreChoice.Settings(
            endpoint: { _ throws(ChoiceError) in throw .settings("broken") }, region: { _ throws(ChoiceError) in throw .settings("broken") })
        #expect(throws: ChoiceError.settings("broken")) { try StoreChoice(StoreChoice.Wishes("s3://"), broken) }
        #expect(throws: ChoiceError.settings("broken")) { try StoreChoice(StoreChoice.Wishes("endpoint=http://a"), broken) }
        _ = try StoreChoice(StoreChoice.Wishes("endpoint=http://a region=b"), broken)
    }

    @Test func onlyHuaweiHasTwoForms() throws {
        for family in Dialect.Family.allCases {
            let choice = try StoreChoice(StoreChoice.Wishes("dialect=\(family.rawValue) endpoint=http://127.0.0.1:1"), .said(""))
            for signature in [StoreClient.Signature.v2, .v4] {
                #expect(choice.dialect(signature).family == family)
                #expect(choice.dialect(signature).headerPrefix == "x-amz-")
            }
        }
        let choice = try StoreChoice(StoreChoice.Wishes("dialect=obs endpoint=http://127.0.0.1:1"), .said(""))
        #expect(choice.dialect(.obs).headerPrefix == "x-obs-")
    }
}

/// Wishes and settings in words: `obs:// region=r endpoint=e set-endpoint=e`.
extension StoreChoice.Wishes {
    fileprivate init(_ text: String) {
        self.init()
        for word in text.split(separator: " ") {
            if word.hasSuffix("://") { scheme = Dialect.Family(rawValue: String(word.dropLast(3))) }
        }
        dialect = Self.value("dialect", text).flatMap { Dialect.Family(rawValue: $0) }
        endpoint = Self.value("endpoint", text)
        region = Self.value("region", text)
        customDomain = Self.value("domain", text)
        signature = Self.value("signature", text).flatMap { StoreClient.Signature(rawValue: $0) }
        addressing = Self.value("addressing", text).flatMap { Endpoint.Addressing(rawValue: $0) } ?? .auto
    }

    fileprivate static func value(_ name: String, _ text: String) -> String? {
        text.split(separator: " ").first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }
}

extension StoreChoice.Settings {
    fileprivate static func said(_ text: String) -> StoreChoice.Settings {
        StoreChoice.Settings(
            endpoint: { _ in StoreChoice.Wishes.value("set-endpoint", text) }, region: { _ in StoreChoice.Wishes.value("set-region", text) })
    }
}
