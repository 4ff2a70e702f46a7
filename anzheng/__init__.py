"""The application: settings, wiring, flows, database, queue, API, command line and worker."""
