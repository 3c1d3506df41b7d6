/// What stores refuse of documents that have the right shape: each check gives a line for each finding.
enum DocumentChecks {
    typealias Check = @Sendable (JSONValue) -> [String]

    static func lifecycle(limit: Int) -> Check {
        { document in
            let rules = document["Rules"]?.elements ?? []
            return uniqueIDs(rules) + most(rules, limit, "Rules") + rules.enumerated().flatMap { lifecycleRule($0.element, "Rules[\($0.offset)]") }
        }
    }

    private static func lifecycleRule(_ rule: JSONValue, _ place: String) -> [String] {
        var findings: [String] = []
        if rule["Prefix"] != nil, rule["Filter"] != nil { findings.append("\(place) has both Prefix and Filter") }
        if rule["Prefix"] == nil, rule["Filter"] == nil {
            findings.append("\(place) has neither Filter nor Prefix; for all objects: \"Filter\": {\"Prefix\": \"\"}")
        }
        let actions = ["Transitions", "Expiration", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"]
        if !actions.contains(where: { rule[$0] != nil }) { findings.append("\(place) does nothing; give one of \(actions.joined(separator: ", "))") }
        for (index, transition) in (rule["Transitions"]?.elements ?? []).enumerated() {
            findings += oneOf(["Days", "Date"], transition, "\(place).Transitions[\(index)]")
        }
        if let expiration = rule["Expiration"] {
            findings += oneOf(["Days", "Date", "ExpiredObjectDeleteMarker"], expiration, "\(place).Expiration")
        }
        return findings
    }

    /// Source: "Archiving", IBM Cloud Docs: one rule of a bucket archives, and archives all of it.
    static let archiveRule: Check = { document in
        let rules = document["Rules"]?.elements ?? []
        var findings: [String] = []
        for (index, rule) in rules.enumerated() where rule["Filter"]?["Prefix"] == nil && rule["Prefix"] == nil {
            findings.append("Rules[\(index)].Filter.Prefix is missing; it may be empty")
        }
        let archiving = rules.indices.filter { rules[$0]["Transitions"] != nil }
        if archiving.count > 1 { findings.append("only one rule of a bucket may have Transitions") }
        for index in archiving where rules[index]["Filter"]?["Prefix"]?.string?.isEmpty == false {
            findings.append("Rules[\(index)]: a rule with Transitions counts for the whole bucket: its prefix is empty")
        }
        return findings
    }

    static let distinctPrefixes: Check = { document in
        let prefixes = (document["Rules"]?.elements ?? []).map { $0["Prefix"]?.string ?? "" }
        for (index, prefix) in prefixes.enumerated() {
            if let other = prefixes[..<index].first(where: { $0.hasPrefix(prefix) || prefix.hasPrefix($0) }) {
                return ["Rules[\(index)]: the prefix '\(prefix)' overlaps with '\(other)'"]
            }
        }
        return []
    }

    static let replication: Check = { document in
        uniqueIDs(document["Rules"]?.elements ?? [])
    }

    static let objectLock: Check = { document in
        guard let retention = document["Rule"]?["DefaultRetention"] else { return [] }
        return oneOf(["Days", "Years"], retention, "Rule.DefaultRetention")
    }

    static let protection: Check = { document in
        let days = ["MinimumRetention", "DefaultRetention", "MaximumRetention"].compactMap { document[$0]?["Days"]?.integer }
        guard days != days.sorted() else { return [] }
        return ["the retention periods are to rise from minimum over default to maximum, not \(days.map(String.init).joined(separator: ", "))"]
    }

    static let encryption: Check = { document in
        (document["Rules"]?.elements ?? []).enumerated().flatMap { index, rule in
            let standard = rule["ApplyServerSideEncryptionByDefault"]
            guard standard?["SSEAlgorithm"]?.string == "AES256", standard?["KMSMasterKeyID"] != nil else { return [String]() }
            return ["Rules[\(index)]: a KMSMasterKeyID goes with an algorithm of the key-management service, not with AES256"]
        }
    }

    static let website: Check = { document in
        if document["RedirectAllRequestsTo"] != nil {
            guard document.members?.count ?? 0 > 1 else { return [] }
            return ["RedirectAllRequestsTo leaves nothing to say for the other members"]
        }
        guard let suffix = document["IndexDocument"]?["Suffix"]?.string else { return ["IndexDocument is missing, or RedirectAllRequestsTo"] }
        return suffix.isEmpty || suffix.contains("/") ? ["IndexDocument.Suffix is a name without slash, as in index.html"] : []
    }

    static let cors: Check = { document in
        let rules = document["CORSRules"]?.elements ?? []
        let stars = rules.enumerated().flatMap { index, rule in
            (rule["AllowedOrigins"]?.elements ?? []).compactMap(\.string).filter { $0.count { $0 == "*" } > 1 }
                .map { "CORSRules[\(index)].AllowedOrigins: '\($0)' has more than one *" }
        }
        return most(rules, 100, "CORSRules") + uniqueIDs(rules) + stars
    }

    static let policy: Check = { document in
        if document.members == nil { return ["a policy is an object"] }
        if document["Policy"] != nil, document["Statement"] == nil {
            return ["this is what Amazon's command line prints; take the policy out of it: jq -r .Policy"]
        }
        return document["Statement"] == nil ? ["Statement is missing"] : []
    }

    static let trigger: Check = { document in
        let triggers = document["Triggers"]?.elements ?? []
        if triggers.count > 1 { return ["the store takes one trigger at a time"] }
        guard let name = triggers.first?["TriggerName"]?.string else { return [] }
        let isGood = (1...20).contains(name.count) && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isGood ? [] : ["Triggers[0].TriggerName: '\(name)' is not 1 to 20 letters and digits"]
    }

    static let accelerate: Check = { document in
        most(document["IPWhiteLists"]?.elements ?? [], 5, "IPWhiteLists")
    }

    struct TagLimits: Hashable {
        let count: Int
        /// In characters.
        let key: Int
        let value: Int
        let reserved: String
    }

    static func tags(_ limits: TagLimits) -> Check {
        { document in
            let tags = document["TagSet"]?.elements ?? []
            var findings = most(tags, limits.count, "TagSet")
            var seen: Set<String> = []
            for (index, tag) in tags.enumerated() {
                let (key, value) = (tag["Key"]?.string ?? "", tag["Value"]?.string ?? "")
                if !seen.insert(key).inserted { findings.append("TagSet[\(index)]: the key '\(key)' is there twice") }
                if key.isEmpty || key.count > limits.key { findings.append("TagSet[\(index)].Key is not 1 to \(limits.key) characters long") }
                if value.count > limits.value { findings.append("TagSet[\(index)].Value is longer than \(limits.value) characters") }
                if key.lowercased().hasPrefix(limits.reserved) {
                    findings.append("TagSet[\(index)].Key: the store keeps \(limits.reserved)* for itself")
                }
            }
            return findings
        }
    }

    private static func oneOf(_ names: [String], _ value: JSONValue, _ place: String) -> [String] {
        let given = names.filter { value[$0] != nil }
        guard given.count != 1 else { return [] }
        return ["\(place) has \(given.isEmpty ? "none" : "more than one") of \(names.joined(separator: ", "))"]
    }

    private static func most(_ list: [JSONValue], _ limit: Int, _ name: String) -> [String] {
        list.count > limit ? ["\(name) has \(list.count) entries; the store takes \(limit)"] : []
    }

    private static func uniqueIDs(_ rules: [JSONValue]) -> [String] {
        var seen: Set<String> = []
        return rules.compactMap { $0["ID"]?.string }.filter { !seen.insert($0).inserted }.map { "the ID '\($0)' is there twice" }
    }
}
