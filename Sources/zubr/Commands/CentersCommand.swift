import ArgumentParser
import FleetEnrolment
import FleetModel

struct CentersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "centers", abstract: "Service centers: who may read its work orders and answer.",
        discussion: "Example: sudo zubr centers enrol ru-kuz-belovo", subcommands: [Enrol.self, Withdraw.self])

    struct Enrol: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let service centers speak to the broker, as centers/ID.",
            discussion: "Example: sudo zubr centers enrol ru-kuz-belovo --credentials belovo.csv")

        @Argument(help: "The centers, by their ids in service-centers.yaml.", transform: parseCenter)
        var centers: [ServiceCenterID]

        @OptionGroup var options: EnrolOptions

        func run() throws { try options.enrol(centers.map { BrokerUser($0) }) }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shut service centers out of the broker.",
            discussion: "Example: sudo zubr centers withdraw ru-kuz-belovo")

        @Argument(help: "The centers, by their ids in service-centers.yaml.", transform: parseCenter)
        var centers: [ServiceCenterID]

        @OptionGroup var options: WithdrawOptions

        func run() throws { try options.withdraw(centers.map { BrokerUser($0) }) }
    }
}

private func parseCenter(_ text: String) throws -> ServiceCenterID {
    guard let center = ServiceCenterID(text) else {
        throw ValidationError("a center's id takes 1 to 64 of A-Z a-z 0-9 _ . : -")
    }
    return center
}
