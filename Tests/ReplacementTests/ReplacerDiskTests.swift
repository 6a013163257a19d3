import CommandCatalog
import Glibc
import TestSupport
import Testing

@testable import Replacement

/// Disks that are full or read-only, in the place of the configuration and in that of the state.
@Suite(.crowd, .enabled(if: SmallDisk.isAllowed, "mounting a tmpfs needs root")) struct ReplacerDiskTests {
    /// T34: without room the old one stays in force; with room the next one goes through.
    @Test(arguments: ["etc", "state"]) func fullDiskTouchesNothing(place: String) throws {
        let bench = try ServiceBench()
        let text = bench.text()
        let disk = try SmallDisk(at: bench.directory.path(place), kilobytes: 200)
        defer { disk.remove() }
        if place == "etc" { try bench.write(text ?? "", to: "etc/s.conf") }
        let before = bench.process
        try disk.fill()
        let outcome = bench.replace(String(repeating: "new\n", count: 10_000))
        #expect([.configurationNotWritten, .configurationNotKept].contains(outcome.code))
        #expect(outcome.message.contains("No space left on device"))
        #expect(bench.text() == "old\n" && bench.process == before)
        disk.empty()
        #expect(bench.replace("new\n") == .replaced)
        #expect(bench.text() == "new\n")
    }

    /// The way back needs no room at all: the disk becomes full when the service starts with the new configuration.
    @Test(arguments: ["etc", "state"]) func wayBackNeedsNoRoom(place: String) throws {
        let bench = try ServiceBench()
        let disk = try SmallDisk(at: bench.directory.path(place), kilobytes: 200)
        defer { disk.remove() }
        if place == "etc" { try bench.write("old\n", to: "etc/s.conf") }
        guard case .stopAndStart(let stop, let start) = bench.definition.taking else { return }
        let fill = bench.line(
            "grep -q old etc/s.conf || { cat /dev/zero >\(place)/filling 2>/dev/null; echo full; exit 1; }\n"
                + start.words()[2])
        bench.definition.taking = .stopAndStart(stop: stop, start: fill)
        #expect(bench.replace("new\n") == ReplacementOutcome(.configurationRolledBack, "full"))
        #expect(bench.text() == "old\n" && bench.isRunning)
        disk.empty()
        #expect(bench.versions.all.count <= 1)
        #expect(ServiceDirectory.leftovers(in: bench.directory.path("state")).isEmpty)
    }

    @Test(arguments: ["etc", "state"]) func readOnlyDiskTouchesNothing(place: String) throws {
        let bench = try ServiceBench()
        let disk = try SmallDisk(at: bench.directory.path(place), kilobytes: 200)
        defer { disk.remove() }
        if place == "etc" { try bench.write("old\n", to: "etc/s.conf") }
        try disk.remount("ro")
        let outcome = bench.replace("new\n")
        #expect([.configurationNotWritten, .configurationNotKept].contains(outcome.code))
        #expect(outcome.message.contains("Read-only file system"))
        #expect(bench.text() == "old\n" && bench.isRunning)
        try disk.remount("rw")
        #expect(bench.replace("new\n") == .replaced)
    }

    /// T34: the configuration and what is kept of it lie on different disks, and one file is a disk of its own.
    @Test func disksMayBeDifferent() throws {
        let bench = try ServiceBench()
        let (state, etc) = (
            try SmallDisk(at: bench.directory.path("state")), try SmallDisk(at: bench.directory.path("etc"))
        )
        defer {
            state.remove()
            etc.remove()
        }
        try bench.write("old\n", to: "etc/s.conf")
        #expect(bench.replace("new\n") == .replaced)
        #expect(Replacer(bench.order(.rollback(version: nil))).run() == .replaced)
        #expect(bench.text() == "old\n")

        let path = bench.directory.path("etc/s.conf")
        try TestSupport.ChildProgram.run("/bin/mount", "--bind", path, path)
        defer { _ = try? TestSupport.ChildProgram.run("/bin/umount", "-l", path) }
        let outcome = bench.replace("new\n")
        #expect(outcome.code == .configurationNotReplaced)
        #expect(outcome.message.contains("Device or resource busy"))
        #expect(bench.text() == "old\n" && bench.isRunning)
    }
}
