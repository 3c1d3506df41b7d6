package import ObjectStorage

/// Which store is meant and how it is spoken to, decided from what was said, what is set and what hosts are known. Pure.
package struct StoreChoice: Hashable, Sendable {
    /// What a user said; nil where nothing was said.
    package struct Wishes: Sendable {
        /// Of an address like `obs://bucket`.
        package var scheme: Dialect.Family?
        package var dialect: Dialect.Family?
        package var endpoint: String?
        package var region: String?
        package var addressing = Endpoint.Addressing.auto
        package var signature: StoreClient.Signature?
        /// A host of its own that stands for the bucket.
        package var customDomain: String?

        package init() {}
    }

    /// What is set where the tools of each family look; asked only where nothing was said.
    package struct Settings: Sendable {
        package var endpoint: @Sendable (Dialect.Family?) throws(ChoiceError) -> String?
        package var region: @Sendable (Dialect.Family) throws(ChoiceError) -> String?

        package init(
            endpoint: @escaping @Sendable (Dialect.Family?) throws(ChoiceError) -> String?,
            region: @escaping @Sendable (Dialect.Family) throws(ChoiceError) -> String?
        ) {
            self.endpoint = endpoint
            self.region = region
        }
    }

    package let family: Dialect.Family
    package let endpoint: Endpoint
    /// That requests are signed for.
    package let region: String
    package let addressing: Endpoint.Addressing
    /// Nil: the store is to be asked which of its two forms it speaks.
    package let signature: StoreClient.Signature?

    package init(_ wishes: Wishes, _ settings: Settings) throws(ChoiceError) {
        let said = try Self.said(wishes)
        var text = wishes.customDomain ?? wishes.endpoint
        if text == nil { text = try settings.endpoint(said) }
        let named = try text.map { text throws(ChoiceError) in try Self.endpoint(text) }
        family = said ?? named?.family ?? .s3
        var wanted = wishes.region
        if wanted == nil { wanted = try settings.region(family) }
        guard let endpoint = named ?? Endpoint.standard(family, region: wanted) else { throw .unknownPlace(family, region: wanted) }
        self.endpoint = endpoint
        region = wanted ?? endpoint.region ?? "us-east-1"
        addressing = wishes.customDomain == nil ? Self.addressing(wishes.addressing, family, endpoint) : .domain
        signature = wishes.signature ?? Self.signature(family, endpoint, addressing)
        guard signature != .obs || family == .obs else { throw .foreignSignature(family) }
    }

    private static func said(_ wishes: Wishes) throws(ChoiceError) -> Dialect.Family? {
        if let scheme = wishes.scheme, let dialect = wishes.dialect, scheme != dialect { throw .contradiction(scheme, dialect) }
        return wishes.dialect ?? wishes.scheme
    }

    private static func endpoint(_ text: String) throws(ChoiceError) -> Endpoint {
        guard let endpoint = Endpoint(text) else { throw .noAddress(text) }
        return endpoint
    }

    /// As the vendors' own clients do it. OBS refuses paths except at bare addresses; its certificates are for virtual hosts.
    private static func addressing(_ wish: Endpoint.Addressing, _ family: Dialect.Family, _ endpoint: Endpoint) -> Endpoint.Addressing {
        guard wish == .auto else { return wish }
        return switch family {
        case .s3: .auto
        case .obs: endpoint.isAddress ? .path : .virtual
        case .cos, .oos: .path
        }
    }

    /// Huawei's clients turn to Amazon's form where the bucket is not in the host.
    private static func signature(
        _ family: Dialect.Family, _ endpoint: Endpoint, _ addressing: Endpoint.Addressing
    ) -> StoreClient.Signature? {
        switch family {
        case .s3, .cos: .v4
        case .obs: addressing == .virtual ? nil : .v2
        case .oos: endpoint.isUnifiedOOS ? .v4 : .v2
        }
    }

    /// The dialect of this family that goes with a signature and a bucket, nil for none.
    package func dialect(_ signature: StoreClient.Signature, bucket: BucketName? = nil) -> Dialect {
        if family == .s3, endpoint.isAmazon, let bucket, bucket.isDirectory { return .s3Directory }
        return family == .obs && signature != .obs ? .obsCompatible : Dialect(family)
    }
}

/// Why it is not clear which store is meant.
package enum ChoiceError: Error, Hashable, Sendable {
    case contradiction(Dialect.Family, Dialect.Family)
    case noAddress(String)
    case unknownPlace(Dialect.Family, region: String?)
    case foreignSignature(Dialect.Family)
    /// A file with settings cannot be read.
    case settings(String)
}

extension ChoiceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .contradiction(let scheme, let dialect):
            "\(scheme.rawValue):// and --dialect \(dialect.rawValue) contradict each other; give one of them"
        case .noAddress(let text):
            "'\(text)' is no address of a store; give a scheme, a host and perhaps a port, as in https://s3.example.com:9000"
        case .unknownPlace(let family, region: nil): "where is the bucket? give --region or --endpoint for \(family.title)"
        case .unknownPlace(_, region: let region?): "'\(region)' is no region; give --region as the provider writes it, as in us-east-1"
        case .foreignSignature(let family): "\(family.title) knows no signature of the form obs; leave --signature out"
        case .settings(let problem): problem
        }
    }
}
