internal import FileSystemTypes
package import ObjectStorage

extension Key {
    /// Where a version goes that must not replace another: `name.conflict-20260131T235959Z-1f3a` beside `name`.
    package var besideForConflict: Key {
        let time = CivilTime(.now)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let moment = "\(time.year)\(two(time.month))\(two(time.day))T\(two(time.hour))\(two(time.minute))\(two(time.second))Z"
        let mark = String(UInt16.random(in: 0x1000 ... .max), radix: 16)
        return Key(bytes + Array(".conflict-\(moment)-\(mark)".utf8))
    }
}
