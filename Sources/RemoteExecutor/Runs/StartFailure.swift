import CRunner
import Glibc

/// Why a command could not be started.
struct StartFailure: Error, Equatable, Sendable {
    /// Where a start can fail, in the order of a start.
    enum Step: String, Sendable {
        /// The runner is reached.
        case runner
        /// Arguments, environment or directory cannot be given to a process.
        case arguments
        /// The user is looked up, and taken on.
        case user
        /// The group is looked up, and taken on with the others.
        case group
        /// The run gets its file.
        case claim
        /// A pipe is made.
        case pipe
        /// A process is made.
        case fork
        /// It gets a session of its own.
        case session
        /// It gets its standard input, output and error.
        case descriptors
        /// It goes back to the network that the runner has left.
        case network
        /// It gets its resource limits.
        case limits
        /// It loses the rights that its catalog entry does not give.
        case capabilities
        /// It goes to its working directory.
        case directory
        /// The program is one that strangers could have changed.
        case trust
        /// It executes the program.
        case execute
    }

    /// Where it failed.
    let step: Step
    /// The errno.
    let errno: Int32
    /// What was wanted and why it is not to be had, for a person.
    let text: String

    init(_ step: Step, errno: Int32, _ wanted: String) {
        self.step = step
        self.errno = errno
        self.text = "\(wanted): \(Self.message(for: errno))"
    }

    /// The failure that the runner or a supervisor reports for `command`.
    init(step: UInt32, errno: Int32, program: String, directory: String) {
        let (step, wanted): (Step, String) =
            switch runner_step(step) {
            case RUNNER_STEP_CLAIM: (.claim, "cannot make the file of the run")
            case RUNNER_STEP_PIPE: (.pipe, "cannot make a pipe for the output")
            case RUNNER_STEP_FORK: (.fork, "cannot make a process")
            case RUNNER_STEP_SESSION: (.session, "cannot make a session")
            case RUNNER_STEP_DESCRIPTORS: (.descriptors, "cannot set up standard input and output")
            case RUNNER_STEP_NETWORK: (.network, "cannot go to the network of the host")
            case RUNNER_STEP_LIMITS: (.limits, "cannot set a resource limit")
            case RUNNER_STEP_GROUP: (.group, "cannot take on the groups")
            case RUNNER_STEP_USER: (.user, "cannot take on the user")
            case RUNNER_STEP_CAPABILITIES: (.capabilities, "cannot take on the capabilities")
            case RUNNER_STEP_DIRECTORY: (.directory, "cannot go to the directory '\(directory)'")
            case RUNNER_STEP_EXECUTE: (.execute, "cannot execute '\(program)'")
            default: (.arguments, "cannot hand the command to the runner")
            }
        self.init(step, errno: errno, wanted)
    }

    private static func message(for errno: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let base = buffer.baseAddress, strerror_r(errno, base, buffer.count) == 0 else {
                return "error \(errno)"
            }
            return String(cString: base)
        }
    }
}
