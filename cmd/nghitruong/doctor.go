package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nghitruong/ffmpeg"
)

// doctorTime bounds the whole examination.
const doctorTime = time.Minute

// Grades of a finding.
const (
	gradeOK      = "ok"
	gradeWarning = "warning" // works, with less than it could
	gradeBroken  = "broken"  // something will not work
)

// errSick is the status of `nghitruong doctor` when something will not work.
var errSick = errors.New("something on this machine will not work; what to do stands above")

// finding is one thing that the doctor looked at.
type finding struct {
	Area  string `json:"area"`
	Grade string `json:"grade"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"` // what to do about it; empty when all is well
}

// doctor examines one machine with one configuration. Its fields are what tests replace.
type doctor struct {
	c       *Config
	now     func() time.Time
	read    func(path string) ([]byte, error) // kernel settings
	find    func(ctx context.Context) (*ffmpeg.Tool, error)
	measure func(dir string) ([]time.Duration, error) // how long writes take to reach the disk, sorted
	look    func(program string) (string, error)      // in PATH
	run     func(ctx context.Context, program string, args ...string) (string, error)
	runs    bool // the server of this configuration serves now: its ports are busy because of it
	results []finding
}

func doctorCommand(configured configurer) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Examine this machine before a meeting; status 1 when something will not work", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configured(cmd)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), doctorTime)
			defer cancel()
			d := newDoctor(c)
			d.examine(ctx)
			return d.report(cmd.OutOrStdout(), asJSON)
		},
	}
	addSettings(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	return cmd
}

func newDoctor(c *Config) *doctor {
	return &doctor{
		c: c, now: time.Now, read: os.ReadFile, measure: measureSyncs, look: lookPath, run: runProgram,
		find: func(ctx context.Context) (*ffmpeg.Tool, error) { return ffmpeg.Find(ctx, "") },
	}
}

// examine looks at everything, in the order in which an installation meets it.
func (d *doctor) examine(ctx context.Context) {
	d.runs = d.answers(ctx, d.ownURL())
	d.ports()
	d.tls(ctx)
	d.addresses(ctx)
	d.kernel()
	d.disk()
	d.recordings()
	d.clock(ctx)
	d.programs(ctx)
	d.resources()
}

func (d *doctor) add(area, grade, do, format string, args ...any) {
	d.results = append(d.results, finding{Area: area, Grade: grade, Says: fmt.Sprintf(format, args...), Do: do})
}

func (d *doctor) ok(area, format string, args ...any) { d.add(area, gradeOK, "", format, args...) }

func (d *doctor) warn(area, do, format string, args ...any) {
	d.add(area, gradeWarning, do, format, args...)
}

func (d *doctor) broken(area, do, format string, args ...any) {
	d.add(area, gradeBroken, do, format, args...)
}

// report prints the findings and fails when one is broken.
func (d *doctor) report(out io.Writer, asJSON bool) error {
	count := map[string]int{}
	for _, f := range d.results {
		count[f.Grade]++
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(d.results); err != nil {
			return fmt.Errorf("write the findings: %w", err)
		}
	} else {
		for _, f := range d.results {
			fmt.Fprintf(out, "%-8s %-10s %s\n", f.Grade, f.Area, f.Says)
			if f.Do != "" {
				fmt.Fprintf(out, "%19s -> %s\n", "", strings.ReplaceAll(f.Do, "\n", "\n"+strings.Repeat(" ", 23)))
			}
		}
		fmt.Fprintf(out, "%d fine, %d warnings, %d broken\n", count[gradeOK], count[gradeWarning], count[gradeBroken])
	}
	if count[gradeBroken] > 0 {
		return errSick
	}
	return nil
}
