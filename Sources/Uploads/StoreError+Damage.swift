internal import ObjectStorage
internal import Staging

extension StoreError {
    /// The transport only knows that bytes could not be read; the staging file knows which, and why.
    func explained(by job: UploadJob) -> StoreError {
        guard reason == .localFailure, let fault = job.staged?.fault else { return self }
        guard case .corrupted = fault.reason else { return StoreError(.localFailure, "\(job.key) cannot be uploaded: \(fault.message)") }
        return StoreError(
            .localDamage,
            "\(job.key) cannot be uploaded: \(fault.message). Write it anew, or save what is whole of it with `windlass recover --export DIR`")
    }
}
