// Package ffmpeg starts, limits and watches ffmpeg children.
//
// A [Runner] keeps every child that it started: [Runner.Close] stops them and waits, so none outlives the server. Children
// get an argument list (never a shell), an empty environment, a process group of their own, resource limits and, where
// the kernel allows, no network. A machine without ffmpeg is a usual state: [Find] says [ErrAbsent], and whoever would
// have used a child says so to people.
package ffmpeg
