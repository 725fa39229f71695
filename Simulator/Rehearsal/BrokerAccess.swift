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
    /// Who is in these files, which somebody else writes; the broker leaves its process id in `mosquitto.pid`.
    case enrolled(passwordFile: String, accessList: String, certificates: ClientCertificates? = nil)

    /// What a broker needs that knows its clients by certificates; the first two are its own.
    package struct ClientCertificates: Sendable {
        package var certificateFile: String
        package var keyFile: String
        package var authorityFile: String
        package var revocationFile: String

        package init(certificateFile: String, keyFile: String, authorityFile: String, revocationFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.authorityFile = authorityFile
            self.revocationFile = revocationFile
        }
    }
}
