import FileSystemTypes

extension ExtentMap {
    /// The gaps to bring into staging so that at most `limit` extents are left: a file under many small random writes would grow its map
    /// without end. Empty while there are no more than `limit`.
    ///
    /// A gap is a remote extent or a hole whose two neighbours lie in staging exactly as far from each other as in the file, as they do
    /// where staging has the file's own offsets. Its bytes go between them: after `write` of the gap there, three extents are one. The
    /// smallest gaps come first; as many are named as reduce the map to three quarters of the limit, so that this is rare. O(n log n).
    package func gapsToFill(limit: Int) -> [GapToFill] {
        guard index.count > limit else { return [] }
        let excess = index.count - limit * 3 / 4
        let gaps = alignedGaps.sorted { ($0.extent.range.count, $0.extent.range.offset) < ($1.extent.range.count, $1.extent.range.offset) }
        return Array(gaps.prefix((excess + 1) / 2))
    }

    private var alignedGaps: [GapToFill] {
        var gaps: [GapToFill] = []
        var before: (gap: Extent, staging: Int64)?
        var left: Extent?
        for extent in index {
            if case .local(let offset) = extent.origin, extent.place == nil {
                if let found = before, offset == found.staging + found.gap.range.count {
                    gaps.append(GapToFill(extent: found.gap, stagingOffset: found.staging))
                }
                before = nil
            } else if case .local(let offset)? = left?.origin, let left, left.place == nil, extent.place == nil {
                before = (extent, offset + left.range.count)
            } else {
                before = nil
            }
            left = extent
        }
        return gaps
    }
}

/// A small remote range or hole between two ranges in staging.
package struct GapToFill: Hashable, Sendable {
    /// Remote bytes to fetch, or a hole to write as zeros.
    package var extent: Extent
    /// Where in staging its bytes go.
    package var stagingOffset: Int64

    package init(extent: Extent, stagingOffset: Int64) {
        self.extent = extent
        self.stagingOffset = stagingOffset
    }
}
