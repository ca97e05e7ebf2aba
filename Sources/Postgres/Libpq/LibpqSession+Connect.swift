import Clibpq
import Glibc

extension LibpqSession {
    /// Connects to the first host, in an order drawn anew, that answers in time and has the role that is wanted.
    func open() throws {
        let timeout = ContinuousClock.now + self.configuration.connectTimeout
        var reasons: [String] = []
        for target in self.configuration.targets {
            for host in self.configuration.hosts.shuffled() {
                guard !Task.isCancelled else { throw PSQLError(code: .queryCancelled) }
                let deadline = min(timeout, ContinuousClock.now + self.configuration.hostTimeout)
                do {
                    let handle = try self.connect(
                        self.configuration.libpqParameters(host: host, target: target), until: deadline)
                    self.adopt(consume handle)
                    try self.setUp()
                    return
                } catch let failure as ConnectFailure {
                    reasons.append(failure.description)
                }
            }
        }
        throw PSQLError(
            code: .connectionError, underlying: ConnectFailure(description: reasons.joined(separator: "; ")))
    }

    private func connect(
        _ parameters: [String: String], until deadline: ContinuousClock.Instant
    ) throws -> ConnectionHandle {
        let pairs = parameters.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (key, value) in pairs {
                free(key)
                free(value)
            }
        }
        let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
        let values = pairs.map { UnsafePointer($0.1) } + [nil]
        guard let pointer = PQconnectStartParams(keywords, values, 0) else {
            throw ConnectFailure(description: "libpq is out of memory")
        }
        let handle = ConnectionHandle(pointer)
        self.notices.attach(to: pointer)
        var status = PQstatus(pointer) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            guard status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING else {
                throw ConnectFailure(description: Self.message(pointer))
            }
            let events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            switch Self.poll(PQsocket(pointer), Int32(events), self.control.wakeUp.descriptor, until: deadline) {
            case nil:
                let host = parameters["host"] ?? parameters["hostaddr"] ?? "the default host"
                throw ConnectFailure(description: "\(host) did not answer in time")
            case true?: throw PSQLError(code: .queryCancelled)
            case false?: status = PQconnectPoll(pointer)
            }
        }
        PQsetnonblocking(pointer, 1)
        return handle
    }

    private func setUp() throws {
        let connection = try self.connection()
        var deadline: ContinuousClock.Instant? = ContinuousClock.now + self.configuration.hostTimeout
        do {
            let script = self.configuration.setup.joined(separator: ";\n")
            guard !script.isEmpty else { return }
            _ = try self.run(script: script, connection, until: &deadline)
        } catch {
            self.close()
            throw error
        }
    }

    static func message(_ connection: OpaquePointer) -> String {
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
