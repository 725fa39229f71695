/// A registered machine: what its owner tells us, as opposed to what it sends.
package struct Machine: Sendable, Hashable, Codable {
    package var key: MachineKey
    package var model: ModelID
    /// Product identification number (ISO 10261), for machines that are not road vehicles.
    package var pin: String?
    /// Vehicle identification number (ISO 3779), for road vehicles.
    package var vin: String?
    package var site: String
    /// Where the site is: used until the machine has sent a position.
    package var sitePosition: Coordinate?
    package var owner: String
    /// Whom a center calls.
    package var contact: String
    /// `YYYY-MM-DD`.
    package var inService: String?
    /// Readings of the meters when the machine was registered; what it sends takes over.
    package var meters: [Meter: Double]
    /// The last time each service was done, by its code.
    package var lastServices: [String: ServiceRecord]

    package init(
        key: MachineKey, model: ModelID, pin: String? = nil, vin: String? = nil, site: String = "",
        sitePosition: Coordinate? = nil, owner: String = "", contact: String = "", inService: String? = nil,
        meters: [Meter: Double] = [:], lastServices: [String: ServiceRecord] = [:]
    ) {
        self.key = key
        self.model = model
        self.pin = pin
        self.vin = vin
        self.site = site
        self.sitePosition = sitePosition
        self.owner = owner
        self.contact = contact
        self.inService = inService
        self.meters = meters
        self.lastServices = lastServices
    }
}

/// That a service was done, and where the meters stood.
package struct ServiceRecord: Sendable, Hashable, Codable {
    package var performedAt: Timestamp
    package var meters: [Meter: Double]

    package init(performedAt: Timestamp, meters: [Meter: Double] = [:]) {
        self.performedAt = performedAt
        self.meters = meters
    }
}
