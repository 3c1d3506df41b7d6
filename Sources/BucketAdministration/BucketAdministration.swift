internal import FileSystemTypes
internal import ObjectStorage
package import RemoteStore

/// Reads, changes and removes what a bucket is set to: one way for all features.
///
/// Before anything is changed it is read. A store that does not know a sub-resource takes a PUT on it for the making of a bucket and a DELETE
/// for its removal; its answer to the GET, a listing, gives it away. Some read what they cannot set: so what is not set is never removed, and
/// what was not set before is read again.
package struct BucketAdministration: Sendable {
    package let documents: BucketDocuments
    /// Nil where there is no such service, or where it is not known.
    let resource: ResourceConfiguration?

    package init(_ documents: BucketDocuments, _ resource: ResourceConfiguration? = nil) {
        self.documents = documents
        self.resource = resource
    }

    /// How something is set.
    package enum Setting: Hashable, Sendable {
        case unset
        /// As the store answered, and as JSON.
        case document(text: String, value: JSONValue)

        package var value: JSONValue? {
            if case .document(_, let value) = self { value } else { nil }
        }
    }

    /// What a change replaces by what; nil where there is nothing, or where it may not be read.
    package struct Change: Hashable, Sendable {
        package var before: JSONValue?
        package var after: JSONValue?
    }

    /// What something is to be set to.
    package enum Wish: Sendable {
        case document(WrittenDocument)
        /// A canned access-control list.
        case canned(String)
        /// A name is all there is to say.
        case nothing
    }

    package func form(_ feature: BucketFeature, _ verb: BucketFeature.Verb) throws(AdministrationError) -> FeatureForm {
        let family = documents.dialect.family
        guard let form = feature.form(BucketFeature.Wire(documents.dialect)) else {
            let hint = feature.hints[family].map { "; \($0)" } ?? ""
            throw .notOffered("\(family.title) does not offer '\(feature.name)'\(hint)")
        }
        guard form.verbs.contains(verb) else { throw .notOffered("\(family.title) does not offer to \(verb.rawValue) '\(feature.name)'") }
        return form
    }

    package func get(_ feature: BucketFeature, item: String? = nil) async throws(AdministrationError) -> Setting {
        let form = try form(feature, .get)
        guard item == nil || form.isNamedWhenRead else { throw .usage("'\(feature.name)' is shown whole; leave '\(item ?? "")' out") }
        if !form.headers.isEmpty { return try await headers(form, feature) }
        if !form.resourceMembers.isEmpty { return try await resource(form, feature) }
        let answer: String
        do throws(StoreError) {
            answer = try await documents.get(form.address(item: item, for: .get))
        } catch {
            if error.saysUnset { return .unset }
            throw AdministrationError(error, feature, documents.dialect.description)
        }
        do throws(DocumentError) {
            let value = try form.value(answer)
            return form.isUnset(value) ? .unset : .document(text: answer, value: value)
        } catch {
            throw .store(StoreError(.invalidResponse, "the store's answer: \(error.description)"))
        }
    }

    private func headers(_ form: FeatureForm, _ feature: BucketFeature) async throws(AdministrationError) -> Setting {
        let head: [String: String]
        do throws(StoreError) {
            head = try await documents.head().headers
        } catch {
            throw .store(error)
        }
        let members = form.headers.compactMap { header in
            head[header.field].map { JSONMember(header.name, Int64($0).map { .integer($0) } ?? .string($0)) }
        }
        let hint = feature.hints[documents.dialect.family].map { "; \($0)" } ?? ""
        guard !members.isEmpty else { throw .notOffered("this store does not tell '\(feature.name)'\(hint)") }
        let lines = members.map { "\($0.name): \($0.value.plainText)\n" }
        return .document(text: lines.joined(), value: .object(members))
    }

    /// Sets it, unless `dryRun`; gives what changes.
    package func set(
        _ feature: BucketFeature, _ wish: Wish, item: String? = nil, dryRun: Bool = false
    ) async throws(AdministrationError) -> Change {
        let form = try form(feature, .set)
        let content = try content(of: wish, form, item: item, feature)
        let before = try await current(feature, item: form.isNamedWhenRead ? item : nil)
        let change = Change(before: before, after: form.result(of: wish, item: item, before))
        if dryRun { return change }
        if !form.resourceMembers.isEmpty {
            try await patch(form, change.after, feature)
            return change
        }
        do throws(StoreError) {
            try await documents.put(form.address(item: item, for: .set), content)
        } catch {
            throw AdministrationError(error, feature, documents.dialect.description)
        }
        try await checkEffect(of: change, feature, form, item: item)
        return change
    }

    /// Amazon and the clouds know what they offer, and tell a change only after a while.
    private func checkEffect(
        of change: Change, _ feature: BucketFeature, _ form: FeatureForm, item: String?
    ) async throws(AdministrationError) {
        guard change.before == nil, documents.mayIgnoreChanges, form.document != .none, let after = change.after, !form.isUnset(after) else { return }
        guard try await current(feature, item: form.isNamedWhenRead ? item : nil) == nil else { return }
        throw .notOffered("this store took the change of '\(feature.name)' without an effect")
    }

    /// Removes it, unless `dryRun`; gives what changes.
    package func delete(_ feature: BucketFeature, item: String? = nil, dryRun: Bool = false) async throws(AdministrationError) -> Change {
        let form = try form(feature, .delete)
        try form.checkItem(item, for: .delete, feature)
        guard let before = try await get(feature, item: form.isNamedWhenRead ? item : nil).value else { return Change() }
        let change = Change(before: before, after: item.flatMap { form.isNamedWhenRead ? nil : before.without(entriesNamed: $0) })
        if dryRun { return change }
        if case .document(let value) = form.removal, !form.resourceMembers.isEmpty {
            try await patch(form, value, feature)
            return change
        }
        do throws(StoreError) {
            switch form.removal {
            case .request: try await documents.delete(form.address(item: item, for: .delete))
            case .document(let value):
                let text = form.document.document(value)
                try await documents.put(form.address(item: item, for: .set), .init(document: Bytes(text), contentType: form.contentType))
            case .never: break
            }
        } catch {
            throw AdministrationError(error, feature, documents.dialect.description)
        }
        return change
    }

    /// Nil where nothing is set, or where the keys may not know it.
    private func current(_ feature: BucketFeature, item: String?) async throws(AdministrationError) -> JSONValue? {
        do throws(AdministrationError) {
            return try await get(feature, item: item).value
        } catch {
            if case .store(let failure) = error, failure.reason == .accessDenied { return nil }
            throw error
        }
    }

    private func content(
        of wish: Wish, _ form: FeatureForm, item: String?, _ feature: BucketFeature
    ) throws(AdministrationError) -> BucketDocuments.Content {
        try form.checkItem(item, for: .set, feature)
        switch wish {
        case .nothing:
            guard form.document == .none else { throw .usage("'\(feature.name)' is set by a document: give a file, or - for standard input") }
            return BucketDocuments.Content()
        case .canned(let name):
            guard case .canned(let names, _) = form.shorthand else { throw .usage("'\(feature.name)' has no lists with names") }
            guard names.contains(name) else { throw .invalid(["'\(name)' is not one of \(names.joined(separator: ", "))"]) }
            return BucketDocuments.Content(accessControl: name)
        case .document(let document):
            guard !form.takesWordsOnly else { throw .notOffered("\(documents.dialect.family.title) takes '\(feature.name)' as a word only: --value") }
            let findings = form.problems(in: document) + form.nameProblems(in: document, item: item)
            guard findings.isEmpty else { throw .invalid(findings) }
            let text = document.text ?? form.document.document(document.value)
            return BucketDocuments.Content(document: Bytes(text), contentType: form.contentType)
        }
    }
}
