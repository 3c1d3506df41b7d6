extension StoreFeatures {
    /// What can be asked for beyond a dialect's own manners.
    package static let quirks =
        "oos5, v1-listing-only, list-metadata, plain-multipart-etag, whole-part-copies, overwrite-pause=MILLISECONDS, restore-seconds=SECONDS"

    /// Takes one of `quirks`; whether it is one.
    package mutating func apply(quirk text: String) -> Bool {
        let sides = text.split(separator: "=", maxSplits: 1)
        let value = sides.count == 2 ? Int64(sides[1]) : nil
        switch (sides.first, value) {
        case ("oos5", nil): self = .oos5
        case ("v1-listing-only", nil): listsVersion2 = false
        case ("list-metadata", nil): listsMetadata = true
        case ("plain-multipart-etag", nil): hasPlainMultipartTag = true
        case ("whole-part-copies", nil): refusesRangedPartCopy = true
        case ("overwrite-pause", let milliseconds?) where milliseconds >= 0: overwritePauseMilliseconds = milliseconds
        case ("restore-seconds", let seconds?) where seconds >= 0: restoreSeconds = seconds
        default: return false
        }
        return true
    }
}
