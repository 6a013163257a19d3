public import PluginKit

/// Reads how busy the host is: load average, memory, uptime, and how full the root file system is.
///
/// Names, types and units are those of collectd's plugins load, memory, uptime and df.
public final class Load: Reader {
    /// `load`.
    public static let name = "load"

    /// The embedded `sample.json`.
    public static var sample: String { String(decoding: PackageResources.sample_json, as: UTF8.self) }

    private let configuration: Configuration
    private let context: PluginContext

    /// Makes an instance.
    public init(configuration: Configuration, context: PluginContext) {
        self.configuration = configuration
        self.context = context
    }

    /// The four readings; none is given when one of them cannot be had.
    public func read() async throws -> [Metric] {
        let load = try LoadAverage(ProcFile.text(configuration.procfs + "/loadavg"))
        let memory = try MemoryUse(ProcFile.text(configuration.procfs + "/meminfo"))
        let uptime = try Uptime(ProcFile.text(configuration.procfs + "/uptime"))
        let space = try FileSystemUse(path: configuration.rootPath)
        return [metric(load), metric(uptime)] + metrics(memory) + metrics(space)
    }

    private func metric(_ load: LoadAverage) -> Metric {
        context.metric(
            "load",
            [
                DataSource(.gauge(load.shortTerm), name: "shortterm"),
                DataSource(.gauge(load.midTerm), name: "midterm"),
                DataSource(.gauge(load.longTerm), name: "longterm"),
            ]
        )
    }

    private func metric(_ uptime: Uptime) -> Metric {
        context.metric("uptime", plugin: "uptime", [DataSource(.gauge(uptime.seconds))])
    }

    private func metrics(_ memory: MemoryUse) -> [Metric] {
        memory.parts.map { name, bytes in
            context.metric("memory", typeInstance: name, plugin: "memory", [DataSource(.gauge(bytes))])
        }
    }

    private func metrics(_ space: FileSystemUse) -> [Metric] {
        space.parts.map { name, bytes in
            context.metric(
                "df_complex", typeInstance: name, pluginInstance: "root", plugin: "df", [DataSource(.gauge(bytes))]
            )
        }
    }
}
