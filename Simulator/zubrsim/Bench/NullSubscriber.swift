import ArgumentParser
import CMosquitto
import FleetModel
import Foundation

/// The yardstick: the daemon's loop around libmosquitto with nothing in it. Its callback counts bytes, its batches have
/// the same limits, and the acknowledgements leave after each batch.
///
/// A process of its own, as the daemon is. It calls the library itself and shares no code with the daemon, so that
/// whatever our own connection code costs is counted against the daemon.
struct NullSubscriber: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "null-subscriber", shouldDisplay: false)

    @Option var port: Int32
    /// Two numbers of eight bytes: messages and bytes so far. It is there when the subscription stands.
    @Option var counts: String
    @Option var batchMessages = IngestLimits().batchMessages
    @Option var batchBytes = IngestLimits().batchBytes

    private final class Tally {
        var messages: UInt64 = 0
        var bytes: UInt64 = 0
        var isConnected = false
        var subscriptions = 0
    }

    func run() throws {
        let tally = Tally()
        mosquitto_lib_init()
        guard let handle = mosquitto_new("bench-null", true, Unmanaged.passUnretained(tally).toOpaque()) else {
            throw CommandFailure("libmosquitto gives no handle")
        }
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)
        mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(batchMessages))
        mosquitto_connect_v5_callback_set(handle) { _, object, code, _, _ in
            Unmanaged<Tally>.fromOpaque(object!).takeUnretainedValue().isConnected = code == 0
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, object, _, _, _, _ in
            Unmanaged<Tally>.fromOpaque(object!).takeUnretainedValue().subscriptions += 1
        }
        mosquitto_message_v5_callback_set(handle) { _, object, message, _ in
            let tally = Unmanaged<Tally>.fromOpaque(object!).takeUnretainedValue()
            tally.messages += 1
            tally.bytes += UInt64(message!.pointee.payloadlen) + UInt64(strlen(message!.pointee.topic))
        }
        try check(mosquitto_connect(handle, "127.0.0.1", port, 60))
        try wait(on: handle) { tally.isConnected }
        for filter in Topic.subscriptions { try check(mosquitto_subscribe(handle, nil, filter, 1)) }
        try wait(on: handle) { tally.subscriptions == Topic.subscriptions.count }
        let file = open(counts, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        try receive(from: handle, tally, file)
    }

    private func wait(on handle: OpaquePointer, for condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            guard ContinuousClock.now < deadline else { throw CommandFailure("the broker does not answer") }
            if mosquitto_want_write(handle) { try check(mosquitto_loop_write(handle, 1)) }
            try check(mosquitto_loop_read(handle, 1))
            usleep(1_000)
        }
    }

    private func receive(from handle: OpaquePointer, _ tally: Tally, _ file: Int32) throws {
        var written: (messages: UInt64, bytes: UInt64) = (0, 0)
        pwrite(file, &written, 16, 0)
        while true {
            var watched = pollfd(
                fd: mosquitto_socket(handle),
                events: Int16(POLLIN | (mosquitto_want_write(handle) ? POLLOUT : 0)), revents: 0)
            poll(&watched, 1, 250)
            if Int32(watched.revents) & ~POLLOUT != 0 { try check(mosquitto_loop_read(handle, 1)) }
            // Until the socket is empty, or the batch full.
            var before: UInt64 = 0
            while tally.messages > max(before, written.messages),
                tally.messages - written.messages < batchMessages, tally.bytes - written.bytes < batchBytes
            {
                before = tally.messages
                try check(mosquitto_loop_read(handle, 1))
            }
            try check(mosquitto_loop_misc(handle))
            if mosquitto_want_write(handle) { try check(mosquitto_loop_write(handle, 1)) }
            guard tally.messages > written.messages else { continue }
            written = (tally.messages, tally.bytes)
            pwrite(file, &written, 16, 0)
        }
    }

    private func check(_ code: Int32) throws {
        guard code != MOSQ_ERR_SUCCESS.rawValue else { return }
        throw CommandFailure("null subscriber: \(String(cString: mosquitto_strerror(code)))")
    }
}
