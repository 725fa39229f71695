/// A machine changes hands: it keeps its history under another name.
package struct MachineTransfer: Sendable, Hashable {
    package var from: MachineKey
    package var to: MachineKey
    package var at: Timestamp
    /// `nil`: the new fleet's id.
    package var owner: String?
    /// `nil`: nobody is named, because the old owner's man is not to be called.
    package var contact: String?
    /// `nil`: it works where it did.
    package var site: String?

    package init(
        from: MachineKey, to: MachineKey, at: Timestamp, owner: String? = nil, contact: String? = nil,
        site: String? = nil
    ) {
        self.from = from
        self.to = to
        self.at = at
        self.owner = owner
        self.contact = contact
        self.site = site
    }
}

/// A name that a machine had before it changed hands.
package struct FormerName: Sendable, Hashable, Codable {
    package var equipment: MachineKey
    /// When it was retired.
    package var until: Timestamp

    package init(equipment: MachineKey, until: Timestamp) {
        self.equipment = equipment
        self.until = until
    }
}
