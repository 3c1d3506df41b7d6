package import ObjectStorage

/// For whom a request is made: what waits for its turn is served by class.
package enum RequestClass: Int, Hashable, Sendable, CaseIterable {
    /// Short questions and changes that a program waits for.
    case interactive
    /// Bytes that a program waits for.
    case read
    /// Bytes that a program will probably ask for.
    case readAhead
    /// Bytes on their way into the store.
    case upload

    /// The share of the slots that a class gets while all have requests waiting.
    var weight: Double {
        switch self {
        case .interactive: 8
        case .read: 4
        case .readAhead: 2
        case .upload: 4
        }
    }

    /// The class of the requests of this task, where it is another than what they are by themselves.
    @TaskLocal package static var current: RequestClass?
}

/// The same store for requests of another class: `StoreView(store, .readAhead)`.
///
/// It goes on top of all other decorators: the class travels with the task down to `LimitedStore`.
package struct StoreView<Base: ObjectStore>: RequestDecorator {
    package let base: Base
    private let requestClass: RequestClass

    package init(_ base: Base, _ requestClass: RequestClass) {
        self.base = base
        self.requestClass = requestClass
    }

    package func perform<Value: Sendable>(
        _ call: StoreCall, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        // `withValue` does not know typed errors.
        let outcome = await RequestClass.$current.withValue(requestClass) { () async -> Result<Value, StoreError> in
            do throws(StoreError) { return .success(try await body()) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}

extension ObjectStore {
    /// This store for requests of another class than they are by themselves.
    package func view(_ requestClass: RequestClass) -> any ObjectStore { StoreView(self, requestClass) }
}
