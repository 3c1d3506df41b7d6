/// How long before their end credentials are renewed.
///
/// From the advisory moment on they are renewed in the background; from the mandatory moment on, requests wait for that.
package enum RefreshWindow: Hashable, Sendable {
    case seconds(advisory: Int64, mandatory: Int64)
    /// Of the lifetime that they had when they were obtained.
    case percent(advisory: Int64, mandatory: Int64)

    /// botocore: 15 and 10 minutes. The ECS agency of Huawei has the same mandatory moment.
    package static let aws = RefreshWindow.seconds(advisory: 900, mandatory: 600)
    /// The OIDC provider of Huawei's SDK renews 5 minutes before the end.
    package static let huaweiIdentity = RefreshWindow.seconds(advisory: 450, mandatory: 300)
    /// The token manager of IBM's SDK: a quarter and 17 % of the lifetime.
    package static let ibmToken = RefreshWindow.percent(advisory: 25, mandatory: 17)

    func isAdvisory(remaining: Int64, lifetime: Int64) -> Bool {
        switch self {
        case .seconds(let advisory, _): remaining <= advisory
        case .percent(let advisory, _): remaining <= lifetime * advisory / 100
        }
    }

    func isMandatory(remaining: Int64, lifetime: Int64) -> Bool {
        switch self {
        case .seconds(_, let mandatory): remaining <= mandatory
        case .percent(_, let mandatory): remaining <= lifetime * mandatory / 100
        }
    }
}
