import CSystem
import Glibc

/// Why a command could not be started.
struct SpawnFailure: Error, Equatable, Sendable {
    /// Where a start can fail, in the order of a start.
    enum Step: String, Sendable {
        /// We are stopping and start nothing any more.
        case stopping
        /// Arguments, environment or directory cannot be given to a process.
        case arguments
        /// The user or the group is looked up, and taken on.
        case user
        /// The groups are taken on.
        case group
        /// A pipe is made.
        case pipe
        /// A process is made.
        case fork
        /// It gets a session of its own.
        case session
        /// It gets its standard input, output and error.
        case descriptors
        /// It gets its resource limits.
        case limits
        /// It goes to its working directory.
        case directory
        /// It executes the program.
        case execute
        /// We begin to watch it.
        case watch
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

    /// The failure that the C side reports for `command`.
    init(_ failure: csystem_failure, program: String, directory: String) {
        let (step, wanted): (Step, String) =
            switch failure.step {
            case CSYSTEM_STEP_PIPE: (.pipe, "cannot make a pipe for the output")
            case CSYSTEM_STEP_FORK: (.fork, "cannot make a process")
            case CSYSTEM_STEP_SESSION: (.session, "cannot make a session")
            case CSYSTEM_STEP_DESCRIPTORS: (.descriptors, "cannot set up standard input and output")
            case CSYSTEM_STEP_LIMITS: (.limits, "cannot set a resource limit")
            case CSYSTEM_STEP_GROUP: (.group, "cannot take on the groups")
            case CSYSTEM_STEP_USER: (.user, "cannot take on the user")
            case CSYSTEM_STEP_DIRECTORY: (.directory, "cannot go to the directory '\(directory)'")
            default: (.execute, "cannot execute '\(program)'")
            }
        self.init(step, errno: failure.error, wanted)
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
