package sfu

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// slogFactory hands Pion's log lines to slog, one level lower than Pion names them: what Pion warns about (a client
// that left, a packet for an unknown stream) is everyday life here.
type slogFactory struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (f slogFactory) NewLogger(scope string) logging.LeveledLogger {
	return slogLogger{log: f.log.With("scope", scope)}
}

// PionLogs hands the lines of a Pion part that another package runs to log, as this package's own.
func PionLogs(log *slog.Logger) logging.LoggerFactory { return slogFactory{log: log} }

type slogLogger struct{ log *slog.Logger }

func (l slogLogger) emit(level slog.Level, format string, args ...any) {
	ctx := context.Background()
	if !l.log.Enabled(ctx, level) {
		return
	}
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	l.log.Log(ctx, level, "pion", "text", format)
}

const levelTrace = slog.LevelDebug - 4

func (l slogLogger) Trace(msg string)             { l.emit(levelTrace, msg) }
func (l slogLogger) Tracef(f string, args ...any) { l.emit(levelTrace, f, args...) }
func (l slogLogger) Debug(msg string)             { l.emit(levelTrace, msg) }
func (l slogLogger) Debugf(f string, args ...any) { l.emit(levelTrace, f, args...) }
func (l slogLogger) Info(msg string)              { l.emit(slog.LevelDebug, msg) }
func (l slogLogger) Infof(f string, args ...any)  { l.emit(slog.LevelDebug, f, args...) }
func (l slogLogger) Warn(msg string)              { l.emit(slog.LevelDebug, msg) }
func (l slogLogger) Warnf(f string, args ...any)  { l.emit(slog.LevelDebug, f, args...) }
func (l slogLogger) Error(msg string)             { l.emit(slog.LevelInfo, msg) }
func (l slogLogger) Errorf(f string, args ...any) { l.emit(slog.LevelInfo, f, args...) }
