internal import ObjectStorage
internal import RemoteStore

/// Settings that IBM's Resource Configuration API has.
extension BucketAdministration {
    func resource(_ form: FeatureForm, _ feature: BucketFeature) async throws(AdministrationError) -> Setting {
        let answer: String
        do throws(StoreError) {
            answer = try await configuration(feature).get()
        } catch {
            throw AdministrationError(error, feature, documents.dialect.description)
        }
        do throws(DocumentError) {
            let all = try JSONValue.parse(answer)
            guard let value = form.value(ofResource: all), !form.isUnset(value) else { return .unset }
            return .document(text: answer, value: value)
        } catch {
            throw .store(StoreError(.invalidResponse, "the answer of \(feature.name): \(error.description)"))
        }
    }

    func patch(_ form: FeatureForm, _ value: JSONValue?, _ feature: BucketFeature) async throws(AdministrationError) {
        guard let value else { return }
        let members = form.resourceMembers.compactMap { member in
            (member.name.isEmpty ? value : value[member.name]).map { JSONMember(member.field, $0) }
        }
        do throws(StoreError) {
            try await configuration(feature).patch(JSONValue.object(members).text)
        } catch {
            throw AdministrationError(error, feature, documents.dialect.description)
        }
    }

    private func configuration(_ feature: BucketFeature) throws(StoreError) -> ResourceConfiguration {
        if let resource { return resource }
        throw StoreError(.unsupported, "IBM Cloud tells it at another address than this store's; name it in IBM_CONFIG_ENDPOINT")
    }
}

extension FeatureForm {
    /// Nil where nothing of it is there.
    fileprivate func value(ofResource all: JSONValue) -> JSONValue? {
        if let whole = resourceMembers.first(where: \.name.isEmpty) { return all[whole.field] }
        let members = resourceMembers.compactMap { member in all[member.field].map { JSONMember(member.name, $0) } }
        return members.isEmpty ? nil : .object(members)
    }
}
