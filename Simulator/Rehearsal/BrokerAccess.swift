/// Who may use a private broker.
package enum BrokerAccess: Sendable {
    /// Everybody on this machine, without a name; the access list does not apply.
    case anonymous
    /// Users with passwords, under the shipped access list.
    case accounts([String: String])
    /// Everybody who trusts the authority; `keyFile` belongs to `certificateFile`.
    case tls(certificateFile: String, keyFile: String)
    /// Who has a certificate signed by `clientAuthorityFile`, under its common name and the shipped access list.
    case certificates(certificateFile: String, keyFile: String, clientAuthorityFile: String)
}
