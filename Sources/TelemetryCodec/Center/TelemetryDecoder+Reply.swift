import FleetModel

extension TelemetryDecoder {
    /// The longest reason a center may give, in bytes of UTF-8.
    static var reasonBytes: Int { 2_000 }

    /// A center's answer to a work order.
    package mutating func reply(in body: [UInt8], from center: ServiceCenterID) throws(Rejection) -> CenterReply {
        let tape = try parse(body)
        do throws(Rejection) {
            try tape.object(at: JSONTape.root, "the message")
            return try reply(in: tape, from: center)
        } catch {
            throw error.inside("")
        }
    }

    private func reply(in tape: JSONTape, from center: ServiceCenterID) throws(Rejection) -> CenterReply {
        let members = try Members<ReplyKey>(of: JSONTape.root, in: tape)
        if let place = members[.center] { try tape.check(place, "center", is: center.text) }
        let reply = try tape.string(at: try members.required(.reply, "reply"), "reply")
        guard isTopicSegment(reply) else {
            throw Rejection(.outOfRange, "reply is \(excerpt(reply)); use 1 to 64 of A-Z a-z 0-9 _ . : -")
        }
        let orderText = try tape.string(at: try members.required(.order, "order"), "order")
        guard let order = WorkOrderID(String(decoding: orderText, as: UTF8.self)) else {
            throw Rejection(
                .outOfRange, "order is \(excerpt(orderText)); send the number of the order, such as WO-000042-7KQ2")
        }
        let stateText = try tape.string(at: try members.required(.state, "state"), "state")
        guard let state = CenterReply.State(rawValue: String(decoding: stateText, as: UTF8.self)) else {
            let known = CenterReply.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw Rejection(.outOfRange, "state is \(excerpt(stateText)); send \(known)")
        }
        let at = try tape.time(at: try members.required(.at, "at"), "at")
        return CenterReply(
            reply: String(decoding: reply, as: UTF8.self), order: order, state: state, at: at,
            reason: try reason(at: members[.reason], for: state, in: tape),
            scheduledFor: try scheduledFor(at: members[.scheduledFor], for: state, in: tape),
            meters: try meters(at: members[.meters], in: tape))
    }

    private func reason(
        at place: Int?, for state: CenterReply.State, in tape: JSONTape
    ) throws(Rejection) -> String? {
        guard let place else {
            guard state != .declined else {
                throw Rejection(.missingKey, "reason is missing; a declined order needs one")
            }
            return nil
        }
        let text = try tape.string(at: place, "reason")
        guard (1...TelemetryDecoder.reasonBytes).contains(text.count) else {
            throw Rejection(
                .outOfRange,
                "reason has \(text.count) bytes; send 1 to \(TelemetryDecoder.reasonBytes), or leave it out")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private func scheduledFor(
        at place: Int?, for state: CenterReply.State, in tape: JSONTape
    ) throws(Rejection) -> Timestamp? {
        if let place { return try tape.time(at: place, "scheduled_for") }
        guard state != .scheduled else {
            throw Rejection(.missingKey, "scheduled_for is missing; a scheduled order needs it")
        }
        return nil
    }

    private func meters(at object: Int?, in tape: JSONTape) throws(Rejection) -> [Meter: Double] {
        guard let object else { return [:] }
        try tape.object(at: object, "meters")
        var meters: [Meter: Double] = [:]
        var place = object + 1
        while place < tape.end(of: object) {
            let name = tape.text(at: place)
            guard let meter = Meter(rawValue: String(decoding: name, as: UTF8.self)) else {
                let known = Meter.allCases.map(\.rawValue).joined(separator: ", ")
                throw Rejection(.unknownKey, "meters.\(excerpt(name)); meters has \(known)")
            }
            guard let value = tape.number(at: place + 1) else {
                throw tape.wrongType(at: place + 1, "meters.\(meter.rawValue)", expected: "a number")
            }
            guard value >= 0 else {
                throw Rejection(.outOfRange, "meters.\(meter.rawValue) is \(value); send 0 or more")
            }
            guard meters.updateValue(value, forKey: meter) == nil else {
                throw Rejection(.duplicateKey, "meters.\(meter.rawValue) is given twice; send it once")
            }
            place = tape.next(after: place + 1)
        }
        return meters
    }
}

/// The keys of a reply.
enum ReplyKey: Int, MemberKey {
    case reply, order, state, at, reason, scheduledFor, meters, center

    init?(spelled text: UnsafeBufferPointer<UInt8>) {
        if text.spell("reply") {
            self = .reply
        } else if text.spell("order") {
            self = .order
        } else if text.spell("state") {
            self = .state
        } else if text.spell("at") {
            self = .at
        } else if text.spell("reason") {
            self = .reason
        } else if text.spell("scheduled_for") {
            self = .scheduledFor
        } else if text.spell("meters") {
            self = .meters
        } else if text.spell("center") {
            self = .center
        } else {
            return nil
        }
    }
}
