internal import CommandCatalog
internal import Files
internal import Glibc
internal import JSON

/// The head record: how far the audit goes.
///
/// It is kept away from the audit files, so that lines that are taken from the end are missed.
public struct AuditHead: Sendable, Equatable {
    /// The last line that was on the disk when the record was written.
    public let link: AuditLink
    /// The file of the audit that it is about; `nil` in a record of an earlier version, which may be about any.
    public let path: String?

    /// The record of a line.
    ///
    /// - Parameters:
    ///   - link: The line.
    ///   - path: The file of its audit.
    public init(_ link: AuditLink, of path: String? = nil) {
        (self.link, self.path) = (link, path)
    }

    /// Reads a record; `nil` when there is no file.
    ///
    /// - Throws: Why it cannot be read.
    public init?(path: String) throws(AuditError) {
        var reader: LineReader
        do throws(AuditError) {
            reader = try LineReader(path)
        } catch {
            guard access(path, F_OK) != 0, errno == ENOENT else { throw error }
            return nil
        }
        guard let line = try reader.next(), let object = (try? JSONText(line.bytes))?.value.object,
            let sequence = object["seq"]?.integer, (0...AuditLink.greatest).contains(sequence),
            let hash = object["hash"]?.string, hash.utf8.count == 64
        else { throw AuditError(path, "is no head record") }
        self.init(AuditLink(sequence: sequence, hash: hash), of: object["path"]?.string)
    }

    /// Whether it is about this audit.
    func isAbout(_ files: AuditFiles) -> Bool { path.map { $0.utf8.elementsEqual(files.path.utf8) } ?? true }

    /// Replaces the record in one step.
    ///
    /// - Throws: Why it could not be written; the old one stays.
    func write(to path: String) throws(AuditError) {
        var object: JSONObject = ["seq": .integer(link.sequence), "hash": .string(link.hash)]
        object["path"] = self.path.map(JSONValue.string)
        do throws(FileFailure) {
            try WholeFile.replace(path, JSONValue.object(object).bytes + [UInt8(ascii: "\n")])
        } catch {
            throw AuditError(error.path ?? path, error.message)
        }
    }
}

/// What the system says about an error.
func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
