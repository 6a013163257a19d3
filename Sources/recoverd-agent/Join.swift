import AgentControl
import ArgumentParser
import ConfigurationReader
import Files
import Glibc
import JSON
import Joining

extension RecoverdAgent {
    /// The other end of `recoverctl up HOST`.
    struct Join: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes what this host needs to join a broker, as `recoverctl up HOST` printed it.",
            discussion: """
                It writes the files of TLS and the main file, and waits until the agent is connected. A main file that is \
                there already is kept, unless it says the same.
                """)

        @Argument(help: "The code; or -, and it is read from standard input, where no other user sees it.")
        var code: String
        @Option(help: "The main file that is written.")
        var config = Run.usualFile
        @Option(help: "The directory for the files of TLS.")
        var tls = "/etc/recoverd/tls"
        @Option(help: "The state directory of the agent, by which it is asked whether it is connected.")
        var state = "/var/lib/recoverd"
        @Option(help: "How many seconds to wait for that, 0 to 3600.")
        var timeout = 60
        @Flag(help: "Replace a main file that says something else; the old one is kept beside it as FILE.old.")
        var force = false

        func validate() throws {
            guard (0...3600).contains(timeout) else { throw ValidationError("--timeout is a number from 0 to 3600") }
        }

        func run() throws {
            do {
                let code = try JoinCode(code == "-" ? Self.standardInput() : code)
                let files = JoinedHost(code, mainFile: config, directory: tls)
                try files.write(isForced: force)
                print("\(code.host): wrote \(config)")
                try awaitConnection(code)
            } catch let error as JoinCodeError {
                throw Ending.configuration("\(error)")
            } catch let error as FileFailure {
                throw Ending.configuration("\(error)")
            }
        }

        /// Waits until the agent is connected.
        private func awaitConnection(_ code: JoinCode) throws {
            let end = ContinuousClock.now + .seconds(timeout)
            let agent = ControlClient(directory: state)
            var wasThere = false
            repeat {
                if let reply = try? agent.ask(AgentTask("status")), let status = reply.object {
                    wasThere = true
                    if Self.isConnected(status, to: code.broker) {
                        return print("\(code.host): connected to \(code.broker)")
                    }
                }
                usleep(200_000)
            } while .now < end
            throw Ending.notConnected(
                wasThere
                    ? "the agent is not connected to \(code.broker) after \(timeout) s; what it says: "
                        + "journalctl -u recoverd-agent -n 20"
                    : "no agent runs here; start it: systemctl enable --now recoverd-runner recoverd-agent")
        }

        private static func isConnected(_ status: JSONObject, to broker: String) -> Bool {
            let brokers = status["mqtt"]?.object?["brokers"]?.object?.members ?? []
            return brokers.contains { broker.hasSuffix("//\($0.name)") && $0.value.object?["connected"]?.bool == true }
        }

        /// A code is of two thousand letters.
        private static let longestInput = 64 << 10

        private static func standardInput() -> String {
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while text.count < longestInput {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                text += buffer[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
