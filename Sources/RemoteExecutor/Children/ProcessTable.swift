import CSystem
import Glibc

/// A look at all processes of the host; one serves all commands that are being ended.
struct ProcessTable {
    /// The processes in the order of /proc.
    private(set) var processes: [csystem_process] = []
    private let directory: OpaquePointer
    let descriptor: Int32

    /// Opens /proc once; later looks need only one descriptor at a time.
    init() throws(SpawnFailure) {
        guard let directory = opendir("/proc") else {
            throw SpawnFailure(.watch, errno: errno, "cannot open /proc")
        }
        self.directory = directory
        descriptor = dirfd(directory)
    }

    /// Closes /proc.
    func close() {
        closedir(directory)
    }

    /// Looks anew; false where a process could not be read, which is then not known to be gone.
    mutating func refresh() -> Bool {
        processes.removeAll(keepingCapacity: true)
        rewinddir(directory)
        while true {
            errno = 0
            guard let entry = readdir(directory) else { return errno == 0 }
            guard let pid = Self.number(entry) else { continue }
            var process = csystem_process()
            if csystem_process(descriptor, pid, &process) {
                processes.append(process)
            } else if errno != ENOENT, errno != ESRCH {
                return false
            }
        }
    }

    /// The process as it is now; `nil` when it is gone.
    func process(_ pid: pid_t) -> csystem_process? {
        var process = csystem_process()
        return csystem_process(descriptor, pid, &process) ? process : nil
    }

    /// The run that the process was started in, as its environment says.
    func run(of pid: pid_t, buffer: UnsafeMutableRawBufferPointer) -> RunID? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { value in
            guard
                csystem_process_variable(
                    descriptor, pid, "\(RunID.variable)=", value.baseAddress, value.count, buffer.baseAddress,
                    buffer.count)
            else { return nil }
            return value.baseAddress.flatMap { UInt64(String(cString: $0), radix: 16) }.map(RunID.init(rawValue:))
        }
    }

    /// The pid that the entry of /proc stands for; `nil` where it is no process.
    private static func number(_ entry: UnsafeMutablePointer<dirent>) -> pid_t? {
        withUnsafeBytes(of: &entry.pointee.d_name) { name in
            var number: pid_t = 0
            for byte in name {
                guard byte != 0 else { break }
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number &* 10 &+ pid_t(byte - UInt8(ascii: "0"))
            }
            return number
        }
    }
}
