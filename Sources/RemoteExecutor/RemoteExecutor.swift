// RemoteExecutor
