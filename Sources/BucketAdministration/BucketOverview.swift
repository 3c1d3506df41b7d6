package import ObjectStorage
package import RemoteStore

/// All that can be known of a bucket: where it lies and how each feature is set.
package struct BucketOverview: Sendable {
    /// How one feature is set.
    package enum State: Hashable, Sendable {
        case set(JSONValue)
        case unset
        case notOffered
        /// The keys may not know it.
        case hidden
        /// Asking failed.
        case unknown(String)
    }

    package let traits: BucketTraits
    /// In the order of the table of features, without those that the dialect has not.
    package let states: [(feature: BucketFeature, state: State)]

    /// Asks for everything at once; the transport bounds how much is under way.
    package static func ask(_ administration: BucketAdministration) async throws(StoreError) -> BucketOverview {
        let traits = try await administration.documents.head().traits
        let offered = BucketFeature.all.filter { $0.form(BucketFeature.Wire(administration.documents.dialect)) != nil }
        let states = await withTaskGroup(of: (Int, State).self) { group in
            for (index, feature) in offered.enumerated() {
                group.addTask { (index, await state(of: feature, administration)) }
            }
            return await group.reduce(into: [Int: State]()) { $0[$1.0] = $1.1 }
        }
        return BucketOverview(traits: traits, states: offered.enumerated().map { ($0.element, states[$0.offset] ?? .unknown("")) })
    }

    private static func state(of feature: BucketFeature, _ administration: BucketAdministration) async -> State {
        do throws(AdministrationError) {
            return try await administration.get(feature).value.map { .set($0) } ?? .unset
        } catch {
            switch error {
            case .notOffered: return .notOffered
            case .store(let failure) where failure.reason == .accessDenied: return .hidden
            case .store(let failure): return .unknown(failure.message)
            case .usage(let text): return .unknown(text)
            case .invalid(let findings): return .unknown(findings.joined(separator: "; "))
            }
        }
    }

    /// A row for each feature.
    package var rows: [[String]] {
        states.map { [$0.feature.name, Self.text($0.state)] }
    }

    private static func text(_ state: State) -> String {
        switch state {
        case .set(let value): summary(value)
        case .unset: "not set"
        case .notOffered: "not offered"
        case .hidden: "not told to these keys"
        case .unknown(let problem): "unknown: \(problem)"
        }
    }

    /// In a few words: how many entries a list has, what a single member says.
    static func summary(_ value: JSONValue) -> String {
        let text = (value.members ?? []).map { member in
            if let entries = member.value.elements, entries.contains(where: { $0.members != nil }) { return "\(member.name): \(entries.count)" }
            return value.members?.count == 1 ? SettingTable.cell(member.value) : "\(member.name)=\(SettingTable.cell(member.value))"
        }.joined(separator: ", ")
        return text.count > 100 ? text.prefix(99) + "…" : text
    }

    package var json: JSONValue {
        .object(
            [
                JSONMember("location", traits.location.map { .string($0) } ?? .null), JSONMember("fileSystem", .boolean(traits.isFileSystem)),
            ] + states.map { JSONMember($0.feature.name, Self.json($0.state)) })
    }

    private static func json(_ state: State) -> JSONValue {
        switch state {
        case .set(let value): ["state": .string("set"), "value": value]
        case .unset: ["state": .string("unset")]
        case .notOffered: ["state": .string("not-offered")]
        case .hidden: ["state": .string("hidden")]
        case .unknown(let problem): ["state": .string("unknown"), "problem": .string(problem)]
        }
    }
}
