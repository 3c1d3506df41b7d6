internal import RemoteStore

extension FeatureForm {
    var isNamedWhenRead: Bool {
        if case .parameter = naming { true } else { false }
    }

    /// Whether a name comes before what it is set to.
    package var isNamedWhenSet: Bool {
        switch naming {
        case .parameter, .value: true
        case .removedByValue, nil: false
        }
    }

    /// Where it is asked for, changed or removed.
    func address(item: String?, for verb: BucketFeature.Verb) -> BucketDocuments.Address {
        if verb == .set, isBucketChanged { return BucketDocuments.Address([]) }
        var parameters = [BucketDocuments.Address.Parameter(resource)]
        switch (naming, verb) {
        case (.parameter(let name), _): if let item { parameters.append(.init(name, item)) }
        case (.value, .set), (.value, .delete), (.removedByValue, .delete): parameters[0].value = item
        case (.value, .get), (.removedByValue, _), (nil, _): break
        }
        return BucketDocuments.Address(parameters)
    }

    private var isBucketChanged: Bool {
        if case .canned(_, onBucket: true) = shorthand { true } else { changesBucket }
    }

    /// Whether a name is given where one is needed, and nowhere else.
    func checkItem(_ item: String?, for verb: BucketFeature.Verb, _ feature: BucketFeature) throws(AdministrationError) {
        let isNeeded: Bool =
            switch naming {
            case .parameter, .value: true
            case .removedByValue: verb == .delete
            case nil: false
            }
        if isNeeded, item?.isEmpty ?? true { throw .usage("which one? '\(feature.name)' is there more than once: give a name") }
        if !isNeeded, let item { throw .usage("'\(feature.name)' has no names; leave '\(item)' out") }
    }

    /// A document that calls itself something else is not meant.
    func nameProblems(in document: WrittenDocument, item: String?) -> [String] {
        guard case .parameter = naming, let item, let id = document.value["Id"]?.string, id != item else { return [] }
        return ["Id is '\(id)', but the name given is '\(item)'"]
    }

    /// What is there afterwards, as far as it can be told.
    func result(of wish: BucketAdministration.Wish, item: String?, _ before: JSONValue?) -> JSONValue? {
        switch wish {
        case .document(let document): document.value
        case .canned(let name): ["Canned": .string(name)]
        case .nothing: (before ?? noEntries).adding(entryNamed: item ?? "")
        }
    }

    /// The list of all, when there is none.
    private var noEntries: JSONValue {
        guard case .structure(let members) = alternatives.first?.shape, let list = members.first else { return [:] }
        return .object([JSONMember(list.name, .array([]))])
    }

    /// Whether an answer says no more than that nothing is set.
    func isUnset(_ value: JSONValue) -> Bool {
        if value == nothing { return true }
        guard let members = value.members else { return false }
        return members.isEmpty || members.allSatisfy { $0.value == .null } || value == ["Status": .string("Disabled")]
    }
}

extension JSONValue {
    /// Lists of the document without the entries that have this name.
    func without(entriesNamed name: String) -> JSONValue {
        changingLists { list in list.filter { entry in !(entry.members ?? []).contains { $0.value == .string(name) } } }
    }

    func adding(entryNamed name: String) -> JSONValue {
        changingLists { $0 + [["DomainName": .string(name)]] }
    }

    private func changingLists(_ change: ([JSONValue]) -> [JSONValue]) -> JSONValue {
        guard let members else { return self }
        return .object(
            members.map { member in
                member.value.elements.map { JSONMember(member.name, .array(change($0))) } ?? member
            })
    }
}
