package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"nghitruong/ffmpeg"
)

// What a machine should have.
const (
	wantedBuffer = 8 << 20 // bytes, what sfu asks for its UDP sockets
	fewFiles     = 4096    // open descriptors: each person takes a handful
	littleSpace  = 1 << 30 // bytes
	someSpace    = 10 << 30
	littleMemory = 1 << 30 // bytes

	fsyncs      = 100 // measured, unless fsyncTime is over before
	fsyncTime   = 5 * time.Second
	fsyncSlow   = 100 * time.Millisecond // p99: votes are felt to wait
	fsyncBroken = time.Second            // p99: votes wait longer than people do
)

const keepSysctl = "sysctl -w net.core.%[1]s=%[2]d, and the same line in /etc/sysctl.d/60-nghitruong.conf to keep it"

// kernel tells whether the kernel gives media sockets what they ask.
func (d *doctor) kernel() {
	for _, name := range []string{"rmem_max", "wmem_max"} {
		raw, err := d.read("/proc/sys/net/core/" + name)
		n, err2 := strconv.Atoi(strings.TrimSpace(string(raw)))
		do := fmt.Sprintf(keepSysctl, name, wantedBuffer)
		switch {
		case err != nil || err2 != nil:
			d.warn("kernel", "", "net.core.%s is not told on this system.", name)
		case n < wantedBuffer:
			d.warn("kernel", do, "net.core.%s is %d, media sockets ask for %d: bursts may be lost.", name, n, wantedBuffer)
		default:
			d.ok("kernel", "net.core.%s is %d, enough.", name, n)
		}
	}
	if c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err == nil {
		defer func() { _ = c.Close() }()
		if got, err := grantedBuffer(c, wantedBuffer); err == nil && got >= wantedBuffer {
			d.ok("kernel", "A media socket gets a receive buffer of %d bytes.", got)
		} else if err == nil {
			d.warn("kernel", fmt.Sprintf(keepSysctl, "rmem_max", wantedBuffer), "A media socket gets a receive buffer of %d bytes of the %d asked.", got, wantedBuffer)
		}
	}
	if err := tryGSO(); err != nil {
		d.warn("kernel", "Linux 4.18 or newer can; some virtual machines switch it off", "Many packets in one system call (UDP GSO) do not work: %s. Hundreds of viewers cost more processor time.", plain(err))
	} else {
		d.ok("kernel", "Many packets go out in one system call (UDP GSO).")
	}
}

// disk tells whether the data folder can be written, fast enough for votes, with room.
func (d *doctor) disk() {
	dir := d.c.Data
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		defer func() { _ = os.Remove(dir) }() // the server makes its folder itself, as its own account
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		d.broken("disk", "name a folder in data that this account may make and write", "The data folder %s cannot be made: %s.", dir, plain(err))
		return
	}
	times, err := d.measure(dir)
	if err != nil {
		d.broken("disk", "give the folder to the account of the server, on a disk that is mounted for writing", "The data folder %s cannot be written: %s.", dir, plain(err))
		return
	}
	p50, p99 := times[len(times)/2], times[(len(times)*99)/100]
	d.syncs(p50, p99, len(times))
	free, err := freeSpace(dir)
	const do = "make room, or move the data folder to a larger disk"
	switch {
	case err != nil:
		d.warn("disk", "", "The free space of %s is not told: %s.", dir, plain(err))
	case free < littleSpace:
		d.broken("disk", do, "The disk of %s has %d MB left.", dir, free>>20)
	case free < someSpace:
		d.warn("disk", do, "The disk of %s has %d GB left.", dir, free>>30)
	default:
		d.ok("disk", "The disk of %s has %d GB left.", dir, free>>30)
	}
}

// recordings tells whether the recordings' disk keeps up when it is not the data folder's.
func (d *doctor) recordings() {
	dir := d.c.Recordings
	if dir == "" {
		return
	}
	times, err := d.measure(dir)
	if err != nil {
		d.broken("recordings", "make the folder and give it to the account of the server", "The folder of recordings %s cannot be written: %s.", dir, plain(err))
		return
	}
	if p99 := times[(len(times)*99)/100]; p99 > fsyncBroken {
		d.broken("recordings", "use an SSD, and no network folder, for recordings", "The disk of %s needs %v for one write: too slow, a crash would cost more than a second of a recording.", dir, p99.Round(time.Millisecond))
		return
	}
	d.ok("recordings", "The disk of %s is fast enough for recordings.", dir)
}

// syncs judges how long a vote waits for the disk.
func (d *doctor) syncs(p50, p99 time.Duration, n int) {
	const do = "use an SSD, and no network folder, for the data folder"
	says := fmt.Sprintf("%d writes reached the disk in %v (half of them) and %v (99 of 100)", n, p50.Round(10*time.Microsecond), p99.Round(10*time.Microsecond))
	switch {
	case p99 > fsyncBroken:
		d.broken("disk", do, "%s: too slow, every vote waits for it and recordings fall behind.", says)
	case p99 > fsyncSlow:
		d.warn("disk", do, "%s: votes will be felt to wait.", says)
	default:
		d.ok("disk", "%s.", says)
	}
}

// measureSyncs writes as the ledger does and sorts the times.
func measureSyncs(dir string) (times []time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page := make([]byte, 4096)
	for begin := time.Now(); len(times) < fsyncs && time.Since(begin) < fsyncTime; {
		at := time.Now()
		if _, err := f.Write(page); err != nil {
			return nil, err
		}
		if err := syncData(f); err != nil {
			return nil, err
		}
		times = append(times, time.Since(at))
	}
	slices.Sort(times)
	return times, nil
}

// clock tells whether the time in the minutes will be right.
func (d *doctor) clock(ctx context.Context) {
	now := d.now()
	zone, offset := now.Zone()
	if offset != 7*3600 {
		d.warn("clock", "timedatectl set-timezone Asia/Ho_Chi_Minh", "The time zone is %s, not Vietnam's: logs show other hours than the wall.", zone)
	} else {
		d.ok("clock", "The time zone is Vietnam's (%s).", now.Format("15:04 -07:00"))
	}
	if now.Year() < 2025 {
		d.broken("clock", "timedatectl set-ntp true", "The clock says %s.", now.Format("2006-01-02 15:04"))
	}
	synced, err := d.synchronised(ctx)
	switch {
	case err != nil:
		d.warn("clock", "install and start chrony or systemd-timesyncd", "Whether the clock is kept right by NTP is not told: %s.", plain(err))
	case !synced:
		d.warn("clock", "timedatectl set-ntp true, and let the machine reach a time server", "The clock is not kept right by NTP: times in the minutes may be wrong.")
	default:
		d.ok("clock", "The clock is kept right by NTP.")
	}
	if drift := clockDrift(); drift > 50*time.Millisecond {
		d.warn("clock", "look for a program that sets the clock by hand", "The clock jumped by %v while it was watched.", drift)
	}
}

// synchronised asks timedatectl, and the kernel where there is none.
func (d *doctor) synchronised(ctx context.Context) (bool, error) {
	if path, err := d.look("timedatectl"); err == nil {
		if out, err := d.run(ctx, path, "show", "--property=NTPSynchronized", "--value"); err == nil {
			return strings.TrimSpace(out) == "yes", nil
		}
	}
	return kernelSynchronised()
}

// clockDrift is how far wall and monotonic clock part over a moment of work.
func clockDrift() time.Duration {
	begin := time.Now()
	wall := begin.Round(0) // without the monotonic reading
	for time.Since(begin) < 20*time.Millisecond {
		runtime.Gosched()
	}
	end := time.Now()
	return (end.Round(0).Sub(wall) - end.Sub(begin)).Abs()
}

// programs tells which outside programs are there: none is needed to hold a meeting.
func (d *doctor) programs(ctx context.Context) {
	tool, err := d.find(ctx)
	if err != nil {
		d.warn("programs", "apt install ffmpeg", "There is no ffmpeg: RTSP cameras and the small picture of single-size sources do not work.")
	} else {
		d.encoders(tool)
		if tool.Probe == "" {
			d.warn("programs", "install ffmpeg whole, with ffprobe beside it", "ffprobe is missing: RTSP cameras do not work.")
		}
	}
	for _, name := range []string{"soffice", "libreoffice"} {
		path, err := d.look(name)
		if err != nil {
			continue
		}
		version, err := d.run(ctx, path, "--version")
		if err != nil {
			d.warn("programs", "start it once by hand and read what it says", "LibreOffice (%s) does not start: %s.", path, plain(err))
			return
		}
		d.ok("programs", "%s.", strings.TrimSpace(version))
		return
	}
	d.warn("programs", "apt install libreoffice-core libreoffice-writer", "There is no LibreOffice: Word files are not turned into pages.")
}

// encoders says what each missing encoder costs.
func (d *doctor) encoders(tool *ffmpeg.Tool) {
	var missing []string
	for _, name := range []string{"libx264", "aac", "libopus", "libvpx"} {
		if !tool.Has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		d.warn("programs", "install the distribution's ffmpeg (apt install ffmpeg)", "ffmpeg %s lacks the encoders %s.", tool.Version, strings.Join(missing, ", "))
		return
	}
	d.ok("programs", "ffmpeg %s with every encoder that is needed.", tool.Version)
}

// resources tells about descriptors, processors and memory.
func (d *doctor) resources() {
	if n, err := openFiles(); err != nil {
		d.warn("machine", "", "The limit of open files is not told: %s.", plain(err))
	} else if n < fewFiles {
		d.warn("machine", "LimitNOFILE=65536 in the service's unit, or ulimit -n 65536", "Only %d files may be open at once: people are turned away when they are used up.", n)
	} else {
		d.ok("machine", "%d files may be open at once.", n)
	}
	if n := runtime.NumCPU(); n < 2 {
		d.warn("machine", "two cores carry a council with hundreds of viewers", "There is one processor core.")
	} else {
		d.ok("machine", "%d processor cores.", n)
	}
	raw, err := d.read("/proc/meminfo")
	kb := 0
	if _, after, found := strings.Cut(string(raw), "MemAvailable:"); found {
		_, err = fmt.Sscan(after, &kb)
	}
	switch bytes := kb << 10; {
	case err != nil || kb == 0:
		d.warn("machine", "", "The free memory is not told on this system.")
	case bytes < littleMemory:
		d.warn("machine", "stop other programs or add memory: 1 GB carries a large meeting", "%d MB of memory are free.", bytes>>20)
	default:
		d.ok("machine", "%d MB of memory are free.", bytes>>20)
	}
}

func lookPath(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

func runProgram(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}
