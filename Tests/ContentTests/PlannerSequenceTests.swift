import Content
import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// Any file on any store: carrying out the plan leaves exactly the bytes of the map, at the cost that the plan says.
@Suite struct PlannerSequenceTests {
    @Test(.timeLimit(.minutes(3)))
    func plansStoreTheFile() async {
        var kinds: [String: Int] = [:]
        for (index, seed) in SeededGenerator.seeds(6000).enumerated() {
            let setting = StoreSetting.random(seed: seed)
            let fresh = ModelFile(size: [nil, 0, 5, 40, 96, 96][index % 6], placement: index % 2 == 0 ? .log : .sameOffset, seed: seed)
            let generator = EditGenerator(parts: setting.hasUpload, releases: index % 10 == 0)
            let beginning = Self.beginning(index, setting)
            let edits = beginning + generator.sequence(seed: seed, length: index / 7 % (beginning.count > 4 ? 4 : 13))
            let outcome = await Self.outcome(fresh, edits, setting)
            kinds[outcome.kind, default: 0] += 1
            guard outcome.failure != nil else { continue }
            let short = await Shrinker<Edit> { await Self.outcome(fresh, $0, setting).failure != nil }.shrink(edits)
            let last = await Self.outcome(fresh, short, setting)
            Issue.record("WINDLASS_SEED=\(seed): \(last.failure ?? "gone") after \(short) on \(setting)")
            return
        }
        print("plans: \(kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
        // Every kind of plan was among them, or nothing is known of it.
        for kind in ["keep", "put", "copyWhole", "append", "multipart", "resumed", "restarted", "keepsLost", "inPlace", "onlyInPart", "tooLarge"] {
            #expect(kinds[kind] ?? 0 > 5, "\(kind)")
        }
    }

    /// What random edits seldom lead to: bytes that only a part has, a copy of a whole object, and a stream that was sent while
    /// it was written.
    private static func beginning(_ index: Int, _ setting: StoreSetting) -> [Edit] {
        switch index % 10 {
        case 0: [.append(count: 10), .beginPart(offset: 0, count: 64), .confirmPart(index: 0), .release(offset: 0, count: 64)]
        case 1: [.truncate(size: 0), .copyFrom(other: 0, offset: 0, count: 96, to: 0)]
        case 2...5 where setting.hasUpload:
            [.truncate(size: 0)] + stream(count: 1 + index / 10 % 6, size: Int(min(setting.limits.maximumPart, 12)), releasing: index % 20 == 2)
        default: []
        }
    }

    private static func stream(count: Int, size: Int, releasing: Bool) -> [Edit] {
        (0..<count).flatMap { part -> [Edit] in
            let sent: [Edit] = [.append(count: size), .beginPart(offset: part * size, count: size), .confirmPart(index: 0)]
            return sent + (releasing && part % 2 == 0 ? [.release(offset: part * size, count: size)] : [])
        }
    }

    static func outcome(_ fresh: ModelFile, _ edits: [Edit], _ setting: StoreSetting) async -> (kind: String, failure: String?) {
        var file = fresh
        for edit in edits { file.apply(edit) }
        do {
            let stored = try await StoredFile(file, setting)
            let plan = try setting.planner.plan(stored.map, stored.situation)
            let isLost = stored.map.extents.contains { $0.origin == .partOnly }
            return (isLost ? "keepsLost" : kind(of: plan), await stored.failure(of: plan))
        } catch PlanError.onlyInPart {
            let lost = file.map.extents.contains { $0.origin == .partOnly }
            return ("onlyInPart", lost ? nil : "no byte is only in a part")
        } catch PlanError.tooLarge {
            let fits = file.map.size <= setting.limits.maximumPart * Int64(setting.limits.parts)
            return ("tooLarge", fits ? "\(file.map.size) bytes are not too large" : nil)
        } catch {
            return ("failed", "\(error)")
        }
    }

    /// Whether parts stay that the upload has.
    private static func keepsParts(_ list: PartList) -> Bool {
        list.parts.contains { if case .sent = $0.source { true } else { false } }
    }

    private static func kind(of plan: UploadPlan) -> String {
        switch plan.content {
        case .keep: "keep"
        case .put: "put"
        case .copyWhole: "copyWhole"
        case .append: "append"
        case .multipart(let list): list.resumes ? (keepsParts(list) ? "resumed" : "restarted") : "multipart"
        case .inPlace: "inPlace"
        }
    }
}
