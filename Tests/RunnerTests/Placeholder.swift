// The tests of the runner come with it.
