// RemoteExecutorTests
