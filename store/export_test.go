package store

// WithSynchronous sets SQLite's promise for a control run that must fail; "" leaves the server's.
func WithSynchronous(o Options, mode string) Options {
	o.synchronous = mode
	return o
}

// DatabaseFile is the name of the database inside the data folder.
const DatabaseFile = databaseFile
