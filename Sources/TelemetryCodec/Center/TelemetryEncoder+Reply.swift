import FleetModel

extension TelemetryEncoder {
    /// A center's answer to a work order.
    package static func body(of reply: CenterReply) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append("{\"reply\":")
        bytes.append(quoted: reply.reply)
        bytes.append(",\"order\":")
        bytes.append(quoted: reply.order.text)
        bytes.append(",\"state\":")
        bytes.append(quoted: reply.state.rawValue)
        bytes.append(",\"at\":")
        bytes.append(time: reply.at)
        if let reason = reply.reason {
            bytes.append(",\"reason\":")
            bytes.append(quoted: reason)
        }
        if let time = reply.scheduledFor {
            bytes.append(",\"scheduled_for\":")
            bytes.append(time: time)
        }
        if !reply.meters.isEmpty {
            bytes.append(",\"meters\":{")
            var isFirst = true
            for meter in Meter.allCases {
                guard let value = reply.meters[meter] else { continue }
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                bytes.append(key: meter.rawValue)
                bytes.append(number: value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
