import FileSystemTypes
import ObjectStorage

/// How large parts are.
struct PartSizes {
    let limits: StoreLimits

    /// Whether every length from the smallest part on can be divided into parts.
    var areUsable: Bool {
        limits.minimumPart >= 0 && limits.maximumPart >= max(1, 2 * limits.minimumPart - 1) && limits.parts > 0
    }

    /// At least `wanted`, within the limits, and so large that `parts` of them hold `size` bytes; in whole MiB where that is more than one.
    func target(for size: Int64, wanted: Int64, parts: Int) -> Int64 {
        let needed = (size + Int64(parts) - 1) / Int64(max(1, parts))
        let rounded = needed > 1 << 20 ? ((needed + (1 << 20) - 1) >> 20) << 20 : needed
        return min(max(wanted, limits.minimumPart, rounded, 1), limits.maximumPart)
    }

    /// `range` in parts of equal size, or one more byte: each of `target` at most, unless that made them too small.
    func balanced(_ range: ByteRange, _ target: Int64) -> [ByteRange] {
        let most = max(1, range.count / max(1, limits.minimumPart))
        let count = min((range.count + target - 1) / target, most)
        return (0..<count).map { index in
            let start = range.count / count * index + min(index, range.count % count)
            let length = range.count / count + (index < range.count % count ? 1 : 0)
            return ByteRange(offset: range.offset + start, count: length)
        }
    }

    /// `range` in parts of exactly `target` but the last, which has the rest: for the end of a file.
    func uniform(_ range: ByteRange, _ target: Int64) -> [ByteRange] {
        stride(from: 0, to: range.count, by: Int64.Stride(target)).map { start in
            ByteRange(offset: range.offset + start, count: min(target, range.count - start))
        }
    }
}
