import FleetModel

/// What enrolling came to.
package struct EnrolmentReport: Sendable, Hashable, Encodable {
    package var isDryRun: Bool
    package var enrolled: [Enrolled] = []
    /// Enrolled before, and left as they were.
    package var known: [String] = []
    /// Lines that the access list lacked.
    package var addedPatterns: [String] = []
    package var madeAuthority = false

    init(isDryRun: Bool) { self.isDryRun = isDryRun }

    /// Somebody new, with what it proves itself with.
    package struct Enrolled: Sendable, Hashable, Encodable {
        package var user: String
        /// Shown this once; nobody can read it from the broker's file.
        package var password: String?
        package var certificate: String?
        package var key: String?
    }
}

/// What withdrawing came to.
package struct WithdrawalReport: Sendable, Hashable, Encodable {
    package var isDryRun: Bool
    package var withdrawn: [String]
    /// Whose password was taken out.
    package var passwords: [String]
    /// Whose certificate was revoked.
    package var certificates: [String]
}

/// Who is, or was, enrolled.
package struct Credential: Sendable, Hashable, Encodable {
    package var user: String
    package var hasPassword: Bool
    /// `nil`: it has no certificate that is good.
    package var certificateExpiresAt: Timestamp?
    /// Withdrawn.
    package var isShutOut: Bool
}
