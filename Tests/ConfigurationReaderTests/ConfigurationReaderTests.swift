// ConfigurationReaderTests
