//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
)

// share is a part of the server's processor time.
type share struct {
	Name    string
	Percent float64
}

// kinds name the packages whose functions belong together; the first that fits counts.
var kinds = []struct {
	name string
	fits *regexp.Regexp
}{
	{"system calls", regexp.MustCompile(`^(internal/runtime/syscall|syscall|runtime/internal/syscall|golang\.org/x/sys)[./]|^runtime\.(futex|epollwait|usleep|write1|nanotime|vdso)|vdso`)},
	{"encryption", regexp.MustCompile(`^(crypto|vendor/golang\.org/x/crypto|golang\.org/x/crypto)[./]|pion/srtp`)},
	{"ICE, DTLS and the rest of Pion", regexp.MustCompile(`^github\.com/pion/`)},
	{"own code", regexp.MustCompile(`^nghitruong/`)},
	{"runtime", regexp.MustCompile(`^(runtime|internal/(runtime|sync|poll|bytealg)|sync|time|net|gogo|aeshash|mem)`)},
}

const tooSmall = 3 // percent: functions below it are not named

var profile struct{ file *os.File }

// startProfile begins a processor profile of this process.
func startProfile() (err error) {
	if profile.file, err = os.CreateTemp("", "bench-*.pprof"); err != nil {
		return err
	}
	return pprof.StartCPUProfile(profile.file)
}

// endProfile ends it and gives the shares by kind, and each function above 3 %.
func endProfile() ([]share, error) {
	if profile.file == nil {
		return nil, errors.New("no profile was begun")
	}
	pprof.StopCPUProfile()
	name := profile.file.Name()
	defer func() { _ = os.Remove(name) }()
	if err := profile.file.Close(); err != nil {
		return nil, err
	}
	profile.file = nil
	cmd := exec.Command("go", "tool", "pprof", "-top", "-nodecount=100000", "-nodefraction=0", "-edgefraction=0", name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("bench: read the profile: %w", err)
	}
	return sum(out)
}

// sum adds up the lines of pprof's table: flat, flat %, sum %, cum, cum %, function.
func sum(table []byte) ([]share, error) {
	total := make([]share, len(kinds)+1)
	for i, k := range kinds {
		total[i].Name = k.name
	}
	total[len(kinds)].Name = "other"
	var large []share
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 6 || !strings.HasSuffix(f[1], "%") {
			continue
		}
		p, err := strconv.ParseFloat(strings.TrimSuffix(f[1], "%"), 64)
		if err != nil {
			continue
		}
		i := 0
		for i < len(kinds) && !kinds[i].fits.MatchString(f[5]) {
			i++
		}
		total[i].Percent += p
		if p >= tooSmall {
			large = append(large, share{"  " + f[5], p})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(total, func(s share) bool { return s.Percent > 0 }) {
		return nil, errors.New("bench: the profile is empty")
	}
	return append(total, large...), nil
}
