import ConfigReplacer
import PluginTesting
import Testing

@Suite struct SampleTests {
    @Test func sampleHasNoMistakes() throws {
        try PluginBench<ConfigReplacer>.checkSample()
    }
}
