internal import RemoteStore

/// Which dialect has which feature, and what can be done with it there.
package enum FeatureTable {
    /// A heading, and a row for each feature.
    package static var rows: [[String]] {
        [["FEATURE"] + Dialect.Family.allCases.map { $0.rawValue.uppercased() } + ["WHAT"]] + BucketFeature.all.map(row)
    }

    private static func row(_ feature: BucketFeature) -> [String] {
        let cells = Dialect.Family.allCases.map { family in
            feature.form(wire(of: family)).map { form in
                BucketFeature.Verb.allCases.filter { form.verbs.contains($0) }.map(\.rawValue).joined(separator: ",")
            } ?? "-"
        }
        return [feature.name] + cells + [feature.title]
    }

    /// Both forms of OBS have the same features.
    private static func wire(of family: Dialect.Family) -> BucketFeature.Wire {
        switch family {
        case .s3: .s3
        case .obs: .obs
        case .cos: .cos
        case .oos: .oos
        }
    }

    /// The same as Markdown, for the documents.
    package static var markdown: String {
        let rows = rows.map { row in [row[0]] + row.dropFirst().map { $0.replacing(",", with: ", ") } }
        let lines = rows.map { "| " + $0.joined(separator: " | ") + " |" }
        return ([lines[0], "|" + String(repeating: "---|", count: rows[0].count)] + lines.dropFirst()).joined(separator: "\n")
    }
}
