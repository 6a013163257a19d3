/// The version of the programs of this package.
public enum ProgramVersion {
    /// Semantic versioning; `CHANGELOG.md` says what came with each.
    public static let current = "0.1.0"
}
