/// What a change does to a document, line by line, as `diff -u` shows it but without headings.
package enum LineDifference {
    /// Empty where nothing changes. Lines that stay begin with a blank, those that go with `-`, those that come with `+`.
    package static func lines(from before: JSONValue?, to after: JSONValue?) -> [String] {
        guard before.map(\.sorted) != after.map(\.sorted) else { return [] }
        let (old, new) = (before.map(text) ?? [], after.map(text) ?? [])
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        return merged(old, new, removed, inserted)
    }

    private static func text(_ value: JSONValue) -> [String] {
        value.sorted.text.split(separator: "\n").map(String.init)
    }

    private static func merged(_ old: [String], _ new: [String], _ removed: Set<Int>, _ inserted: Set<Int>) -> [String] {
        var result: [String] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                result.append("-" + old[left])
                left += 1
            } else if right < new.count, inserted.contains(right) {
                result.append("+" + new[right])
                right += 1
            } else {
                result.append(" " + new[right])
                (left, right) = (left + 1, right + 1)
            }
        }
        return result
    }
}

extension JSONValue {
    /// With members in the order of their names: two documents that say the same look the same.
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(let members):
            .object(members.map { JSONMember($0.name, $0.value.sorted) }.sorted { $0.name < $1.name })
        case .array(let entries): .array(entries.map(\.sorted))
        case .null, .boolean, .integer, .real, .string: self
        }
    }
}
