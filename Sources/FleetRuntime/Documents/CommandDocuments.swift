import FleetModel

// What people tell the API and what it answers.

/// Answer to `POST /v1/machines`.
package struct RegistrationDocument: Sendable, Codable, Hashable {
    package var new: Int
    package var updated: Int

    package init(new: Int, updated: Int) {
        self.new = new
        self.updated = updated
    }
}

/// Body of `POST /v1/quarantine/retry`: the messages to try, or all there are.
package struct RetryRequest: Sendable, Codable, Hashable {
    package var ids: [Int64]?
    package var all: Bool?

    package init(ids: [Int64]? = nil, all: Bool? = nil) {
        self.ids = ids
        self.all = all
    }
}

/// Answer to `POST /v1/quarantine/retry`.
package struct RetryDocument: Sendable, Codable, Hashable {
    /// Taken after all; they have left the quarantine.
    package var accepted: [Int64]
    /// Rejected again, and why this time.
    package var rejected: [Rejected]
    /// No message of this number is in the quarantine.
    package var unknown: [Int64]

    package init(accepted: [Int64] = [], rejected: [Rejected] = [], unknown: [Int64] = []) {
        self.accepted = accepted
        self.rejected = rejected
        self.unknown = unknown
    }

    package struct Rejected: Sendable, Codable, Hashable {
        package var id: Int64
        package var reason: String
        package var detail: String

        package init(id: Int64, reason: String, detail: String) {
            self.id = id
            self.reason = reason
            self.detail = detail
        }
    }
}

/// Body of `POST /v1/alerts/acknowledge`, and its answer with the time it was noted.
package struct AcknowledgementDocument: Sendable, Codable, Hashable {
    package var equipment: MachineKey
    package var rule: RuleID
    package var subject: String?
    package var episode: Int
    package var by: String
    package var at: Timestamp?

    package init(
        equipment: MachineKey, rule: RuleID, subject: String? = nil, episode: Int, by: String, at: Timestamp? = nil
    ) {
        self.equipment = equipment
        self.rule = rule
        self.subject = subject
        self.episode = episode
        self.by = by
        self.at = at
    }
}

/// Why the API did not do what was asked (RFC 9457).
package struct ProblemDocument: Sendable, Codable, Hashable, Error {
    /// `about:blank`: the status says what kind it is.
    package var type: String
    package var title: String
    package var status: Int
    package var detail: String

    package init(title: String, status: Int, detail: String) {
        type = "about:blank"
        self.title = title
        self.status = status
        self.detail = detail
    }
}

/// Body of `POST /v1/machines/transfer`, and its answer with the time it was done; without it when it was only a check.
package struct TransferDocument: Sendable, Codable, Hashable {
    package var from: MachineKey
    package var to: MachineKey
    package var owner: String?
    package var contact: String?
    package var site: String?
    package var at: Timestamp?

    package init(
        from: MachineKey, to: MachineKey, owner: String? = nil, contact: String? = nil, site: String? = nil,
        at: Timestamp? = nil
    ) {
        self.from = from
        self.to = to
        self.owner = owner
        self.contact = contact
        self.site = site
        self.at = at
    }
}
