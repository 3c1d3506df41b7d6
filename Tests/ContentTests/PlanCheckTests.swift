import Content
import FileSystemTypes
import ObjectStorage
import TestSupport
import Testing

/// The check of the property tests finds what it is for: plans spoilt in every way, and planners that take a store for another.
@Suite struct PlanCheckTests {
    private static let setting = StoreSetting(minimumPart: 4, maximumPart: 40, singlePut: 100)

    /// Ninety-six bytes with a patch in the middle and a tail: two copies, two bodies, one of them with a fetch.
    private func file() -> ModelFile {
        var file = ModelFile(size: 96)
        file.apply(.write(offset: 50, count: 2))
        file.apply(.append(count: 9))
        return file
    }

    private func failure(_ setting: StoreSetting = setting, _ planner: Planner? = nil, spoil: (inout [PlannedPart]) -> Void) async throws -> String? {
        let stored = try await StoredFile(file(), setting)
        var parts = Planner(limits: setting.limits, capabilities: setting.capabilities, options: setting.options)
        if let planner { parts = planner }
        var plan = try parts.plan(stored.map)
        guard case .multipart(var list) = plan.content else { throw PlanFailure("no multipart upload: \(plan)") }
        spoil(&list.parts)
        plan.content = .multipart(list)
        return await stored.failure(of: plan)
    }

    @Test(.timeLimit(.minutes(1)))
    func anUnspoiltPlanPasses() async throws {
        let found = try await failure { _ in }
        #expect(found == nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: 0..<6)
    func aSpoiltPlanIsFound(way: Int) async throws {
        let found = try await failure { parts in
            let copied = parts.firstIndex { if case .copied = $0.source { true } else { false } } ?? 0
            guard case .copied(var source, let range) = parts[copied].source else { return }
            switch way {
            case 0: parts.swapAt(0, 1)
            case 1: parts.removeLast()
            case 2: parts[copied].source = .copied(source, ByteRange(offset: range.offset + 1, count: range.count))
            case 3: parts[copied].source = .copied(source, ByteRange(offset: range.offset, count: range.count - 1))
            case 4: parts[copied].source = .copied(source, ByteRange(offset: range.offset, count: 3))
            default:
                source.etag = ETag("another version")
                parts[copied].source = .copied(source, range)
            }
        }
        #expect(found != nil)
    }

    /// A planner that takes the smallest part for smaller, or the store for one that copies parts, makes plans that the store refuses.
    @Test(.timeLimit(.minutes(1)), arguments: 0..<3)
    func aPlannerForAnotherStoreIsFound(way: Int) async throws {
        var setting = Self.setting
        var wrong = setting
        switch way {
        case 0:
            setting.limits.minimumPart = 9
            wrong.limits.minimumPart = 1
        case 1: setting.capabilities.partCopy = false
        default:
            setting.limits.maximumPart = 30
            wrong.limits.maximumPart = 60
        }
        let right = try await failure(setting) { _ in }
        #expect(right == nil)
        let found = try await failure(setting, wrong.planner) { _ in }
        #expect(found != nil)
    }
}
