// ConfigurationReader
