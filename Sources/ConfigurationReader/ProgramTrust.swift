internal import Glibc

/// Whether strangers could change what a program does before it is executed.
///
/// A program may be changed by root, by the user that we are, and by the one that it runs as; by nobody else, and so may
/// every directory on the way, but for a sticky one of root's. The way is the one that the kernel goes: along the path as it
/// is written, and from each symbolic link to where it leads. Where that holds nothing can be exchanged between the look and
/// the execution either.
public enum ProgramTrust: Equatable, Sendable {
    /// Nobody could; or there is no such program, which the execution itself finds out.
    case trusted
    /// A group could: usual in some places, and worth a word.
    case doubtful(String)
    /// Anybody, or somebody else could.
    case refused(String)

    /// Looks at a program.
    ///
    /// - Parameters:
    ///   - path: Absolute; else it begins in the directory of this process.
    ///   - user: The uid that it runs as.
    public init(of path: String, runAs user: UInt32? = nil) {
        var way = ProgramWay(to: path)
        self = .trusted
        repeat {
            self = worse(self, Self.look(at: way, runAs: user))
            if case .refused = self { return }
        } while way.goOn()
    }

    private static func look(at way: ProgramWay, runAs user: UInt32?) -> ProgramTrust {
        let path = way.text
        guard let status = way.status else {
            guard way.isInStickyDirectory else { return .trusted }
            return .refused("\(path) is not there, and everybody could put it there")
        }
        // A link is exchanged by those who may write its directory; where that is sticky, by its owner.
        if way.isLink, !way.isInStickyDirectory { return .trusted }
        guard status.st_uid == 0 || status.st_uid == geteuid() || status.st_uid == user else {
            let remedy = "\(way.isLink ? "chown -h" : "chown") root \(path)"
            return .refused("\(path) belongs to user \(status.st_uid), who could change it; use: \(remedy)")
        }
        if way.isLink || status.isStickyOfRoot { return .trusted }
        if status.st_mode & S_IWOTH != 0 {
            return .refused("\(path) may be changed by everybody; use: chmod o-w \(path)")
        }
        if status.st_mode & S_IWGRP != 0, status.st_gid != 0 {
            return .doubtful("\(path) may be changed by group \(status.st_gid); better: chmod g-w \(path)")
        }
        return .trusted
    }
}

private func worse(_ one: ProgramTrust, _ other: ProgramTrust) -> ProgramTrust {
    switch (one, other) {
    case (.refused, _), (.doubtful, .trusted), (.doubtful, .doubtful): one
    default: other
    }
}

/// The way that the kernel goes to a program: every directory, every symbolic link, and what that leads to.
///
/// Names are bytes here, because the kernel knows them as nothing else.
private struct ProgramWay {
    /// What stands where it has come to, the root at first; `nil`: nothing, and it ends there.
    private(set) var status = Self.status(of: [])

    /// Where it has come to, and the directory in which that stands, both without links; the root is empty.
    private var place: [CChar] = []
    private var directory: [CChar] = []
    /// What is still to go, the next name last.
    private var names: [ArraySlice<CChar>]
    private var links = 0

    private static let slash = CChar(bitPattern: UInt8(ascii: "/"))
    private static let here = [CChar(bitPattern: UInt8(ascii: "."))][...]
    private static let above = here + here
    /// The kernel follows no more.
    private static let mostLinks = 40

    init(to path: String) {
        names = Self.names(Array(path.utf8CString.dropLast()))
        guard path.utf8.first != UInt8(ascii: "/"), let current = getcwd(nil, 0) else { return }
        defer { free(current) }
        names += Self.names(Array(String(cString: current).utf8CString.dropLast()))
    }

    /// Goes to the next directory, link or program; `false` at the end.
    mutating func goOn() -> Bool {
        guard status != nil else { return false }
        if isLink {
            guard links < Self.mostLinks, let target = target() else { return false }
            links += 1
            names += Self.names(target)
            place = target.first == Self.slash ? [] : directory
        }
        while let name = names.popLast() {
            if name == Self.here { continue }
            if name == Self.above {
                place = Array(place[..<(place.lastIndex(of: Self.slash) ?? 0)])
                continue
            }
            directory = place
            place += [Self.slash] + name
            status = Self.status(of: place)
            return true
        }
        return false
    }

    /// Where it has come to, for people.
    var text: String { place.isEmpty ? "/" : String(decoding: place.map(UInt8.init(bitPattern:)), as: UTF8.self) }

    /// Whether it has come to a symbolic link.
    var isLink: Bool { status.map { $0.st_mode & S_IFMT == S_IFLNK } ?? false }

    /// Whether that stands where everybody may put things, and only owners take them away.
    var isInStickyDirectory: Bool { Self.status(of: directory)?.isStickyOfRoot ?? false }

    private func target() -> [CChar]? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(place + [0], &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func names(_ path: [CChar]) -> [ArraySlice<CChar>] { path.split(separator: slash).reversed() }

    private static func status(of place: [CChar]) -> stat? {
        var status = stat()
        return lstat((place.isEmpty ? [slash] : place) + [0], &status) == 0 ? status : nil
    }
}

extension stat {
    /// Whether it is a directory of root's in which everybody takes away only what is his.
    fileprivate var isStickyOfRoot: Bool {
        st_mode & S_IFMT == S_IFDIR && st_uid == 0 && st_mode & S_ISVTX != 0
    }
}
