import ConformanceSupport
import ObjectStorage
import RemoteStore

/// One way to speak to the embedded server: its dialect, and how requests are addressed and signed.
struct EmbeddedDialect: Hashable, Sendable {
    let name: String
    let family: Dialect.Family
    let signature: StoreClient.Signature
    /// The bucket is part of the host.
    var isVirtual = false
    /// With a token of the identity service in place of keys.
    var isBearer = false
    /// Buckets are parallel file systems.
    var isFileSystem = false
    /// Listings of the first version.
    var listsByMarkers = false
    /// What `windlass-store --quirk` takes.
    var quirks: [String] = []
    /// Objects grow, in Ceph's form.
    var appends = false
    /// Conditions that the store does not know are held by looking first.
    var isGuarded = false

    static let all = [
        EmbeddedDialect(name: "S3 V4", family: .s3, signature: .v4),
        EmbeddedDialect(name: "S3 V4, list version 1", family: .s3, signature: .v4, listsByMarkers: true),
        EmbeddedDialect(name: "S3 V2, appending", family: .s3, signature: .v2, appends: true),
        EmbeddedDialect(name: "OBS", family: .obs, signature: .obs, isVirtual: true),
        EmbeddedDialect(name: "OBS V2, guarded", family: .obs, signature: .v2, isGuarded: true),
        EmbeddedDialect(name: "OBS V4", family: .obs, signature: .v4),
        EmbeddedDialect(name: "OBS parallel file system", family: .obs, signature: .obs, isFileSystem: true),
        EmbeddedDialect(name: "COS HMAC, guarded", family: .cos, signature: .v4, isGuarded: true),
        EmbeddedDialect(name: "COS bearer", family: .cos, signature: .v4, isBearer: true),
        EmbeddedDialect(name: "OOS V4", family: .oos, signature: .v4),
        EmbeddedDialect(name: "OOS V2, guarded", family: .oos, signature: .v2, isGuarded: true),
        EmbeddedDialect(
            name: "OOS V2, fifth generation", family: .oos, signature: .v2, quirks: ["oos5", "whole-part-copies"]),
    ]

    /// As `windlass-store --dialect` takes it.
    var service: String { family.rawValue }

    /// As a mount chooses it.
    var clientDialect: Dialect {
        var dialect = family == .obs && signature != .obs ? Dialect.obsCompatible : Dialect(family)
        if listsByMarkers { dialect.listing = .markers }
        return dialect
    }

    /// What a probe would find out of such a bucket.
    var capabilities: Capabilities {
        var capabilities = clientDialect.capabilities
        if isFileSystem {
            capabilities.append = nil
            capabilities.modify = true
            capabilities.rename = true
        }
        if appends { capabilities.append = AppendRules(maximumAppends: 10_000) }
        return capabilities
    }

    var traits: StoreTraits {
        var traits = StoreTraits().lacking([.fewAppends], "10,000 appends take too long")
        let capabilities = capabilities
        if capabilities.append == nil { traits = traits.lacking([.append], "its objects do not grow") }
        if !capabilities.modify { traits = traits.lacking([.modify], "only parallel file systems do") }
        if !capabilities.rename { traits = traits.lacking([.rename], "only parallel file systems do") }
        if !capabilities.replaceAttributes { traits = traits.lacking([.replaceAttributes], "only OBS does") }
        if family == .obs || family == .oos || isGuarded { traits = lackingConditions(traits) }
        if quirks.contains("whole-part-copies") { traits = traits.lacking([.partCopy], "it copies ranges of very large objects only") }
        if isFileSystem {
            traits = traits.lacking(
                [.flatKeys, .nestedKeys, .noImplicitFolders, .anyDelimiter, .noFolderObjects], "its keys are paths of a file system")
        }
        return traits
    }

    private func lackingConditions(_ traits: StoreTraits) -> StoreTraits {
        let traits = traits.lacking([.atomicCreate], "the store is not known to hold conditions itself")
        return isGuarded ? traits : traits.lacking([.conditionalCreate, .conditionalReplace, .conditionalComplete], "the store ignores them")
    }
}
