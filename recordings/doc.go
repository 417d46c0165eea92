// Package recordings turns a sitting's packets into files that survive a crash: it writes what arrives and decides later.
// The files are described in docs/formats/recording.md.
//
// A Recorder is a tap of the conference (sfu.Tap) for one take, the stretch between start, resume or restart and pause, stop or
// crash. Readers of media streams put packets into its bounded queue and never wait; its writer sorts them into one capture
// per source and minute; its syncer makes the captures durable each second and seals those whose minute has passed.
package recordings
