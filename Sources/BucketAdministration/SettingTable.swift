/// A document as lines for a person: a list of objects as a table with a column for each member, everything else as a name and a value a line.
package struct SettingTable {
    private var lines: [String] = []

    package static func text(_ value: JSONValue) -> [String] {
        var table = SettingTable()
        table.add(value)
        return table.lines
    }

    /// Rows under headings, with columns two blanks apart; the last is not padded.
    package static func aligned(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.compactMap { $0.count > column ? $0[column].count : nil }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            return cells.joined(separator: "  ").trimmedEnd
        }
    }

    private mutating func add(_ value: JSONValue) {
        var pairs: [[String]] = []
        var lists: [(name: String, entries: [JSONValue])] = []
        for (name, value) in Self.leaves(of: value, at: "") {
            if let entries = value.elements, entries.contains(where: { $0.members != nil }) {
                lists.append((name, entries))
            } else {
                pairs.append([name, Self.cell(value)])
            }
        }
        lines += Self.aligned(pairs)
        for list in lists {
            if !lines.isEmpty { lines.append("") }
            if lists.count > 1 || !pairs.isEmpty { lines.append("\(list.name):") }
            add(list.entries)
        }
    }

    private mutating func add(_ entries: [JSONValue]) {
        var names: [String] = []
        let rows = entries.map { Self.leaves(of: $0, at: "") }
        for row in rows { for leaf in row where !names.contains(leaf.name) { names.append(leaf.name) } }
        let cells = rows.map { row in names.map { name in row.first { $0.name == name }.map { Self.cell($0.value) } ?? "-" } }
        lines += Self.aligned([names.map { $0.uppercased() }] + cells)
    }

    /// Everything in it that is no object, with its path.
    private static func leaves(of value: JSONValue, at path: String) -> [(name: String, value: JSONValue)] {
        guard let members = value.members, !members.isEmpty || path.isEmpty else { return [(path, value)] }
        return members.flatMap { leaves(of: $0.value, at: Shape.path(path, $0.name)) }
    }

    /// In one line; control characters would move the cursor.
    static func cell(_ value: JSONValue) -> String {
        switch value {
        case .array(let entries) where entries.isEmpty: "none"
        case .array(let entries): entries.map { cell($0) }.joined(separator: entries[0].members == nil ? "," : "; ")
        case .object(let members) where members.isEmpty: "yes"
        case .object:
            leaves(of: value, at: "").map { "\($0.name)=\(cell($0.value))" }.joined(separator: " ")
        case .null: "-"
        case .boolean, .integer, .real, .string: visible(value.plainText)
        }
    }

    private static func visible(_ text: String) -> String {
        if text.isEmpty { return "''" }
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        return isPlain ? text : JSONValue.string(text).text
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}
