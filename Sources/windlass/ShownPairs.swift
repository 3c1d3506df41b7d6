import BucketAdministration

/// Names and their values, as they are shown: a JSON object for programs, else aligned lines.
struct ShownPairs {
    private let members: [JSONMember]

    init(_ pairs: [(name: String, value: String)]) {
        members = pairs.map { JSONMember($0.name, .string($0.value)) }
    }

    /// `nothing` is said to people where there are none.
    func show(json: Bool, nothing: String? = nil) {
        if json { return Terminal.say(JSONValue.object(members).text) }
        if members.isEmpty, let nothing { return Terminal.say(nothing) }
        for line in SettingTable.aligned(members.map { [$0.name, $0.value.string ?? ""] }) { Terminal.say(line) }
    }
}
