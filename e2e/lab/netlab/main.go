//go:build linux

// Netlab puts a bad line between two network namespaces, also where the kernel has no sch_netem: two TUN devices, and
// between them delay, jitter, loss, duplication, a rate with a queue, and cuts. It needs root, /dev/net/tun and iproute2.
//
//	netlab -nsA labA -ipA 10.90.0.1/24 -nsB labB -ipB 10.90.0.2/24 -ctl ctl.json
//
// The control file is read again every 100 ms; a missing field is zero:
//
//	{"AB": {"DelayMs": 100, "JitterMs": 20, "Loss": 0.1}, "BA": {"RateKbps": 300, "QueueMs": 2000}}
//
// Both namespaces are made at the start and removed at the end (SIGINT, SIGTERM), when packets per direction are printed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	mtu     = "1400"
	reread  = 100 * time.Millisecond
	longest = 2048 // bytes of a packet
)

// end is one side: a namespace with one device.
type end struct {
	ns, dev, address string
	file             *os.File
}

func main() {
	a, b := end{dev: fmt.Sprintf("nl%da", os.Getpid())}, end{dev: fmt.Sprintf("nl%db", os.Getpid())}
	flag.StringVar(&a.ns, "nsA", "labA", "namespace A, made here")
	flag.StringVar(&b.ns, "nsB", "labB", "namespace B, made here")
	flag.StringVar(&a.address, "ipA", "10.90.0.1/24", "address of A")
	flag.StringVar(&b.address, "ipB", "10.90.0.2/24", "address of B")
	control := flag.String("ctl", "", "control file, read again every 100 ms")
	seed := flag.Uint64("seed", 1, "seed of loss, jitter and duplication")
	flag.Parse()
	if err := run(&a, &b, *control, *seed); err != nil {
		log.Fatal(err)
	}
}

func run(a, b *end, control string, seed uint64) error {
	for _, e := range []*end{a, b} {
		if err := e.open(); err != nil {
			return err
		}
		defer e.close()
	}
	ab, ba, quit := newLine(seed), newLine(seed+1), make(chan struct{})
	defer close(quit)
	go ab.deliver(b.file, quit)
	go ba.deliver(a.file, quit)
	go collect(a.file, ab)
	go collect(b.file, ba)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	tick := time.NewTicker(reread)
	defer tick.Stop()
	follow(control, ab, ba)
	fmt.Println("ready")
	for {
		select {
		case <-tick.C:
			follow(control, ab, ba)
		case <-stop:
			x, y := ab.total(), ba.total()
			log.Printf("A->B in %d out %d dropped %d; B->A in %d out %d dropped %d", x.in, x.out, x.dropped, y.in, y.out, y.dropped)
			return nil
		}
	}
}

// follow takes the profiles of the control file; one that is being written or is wrong changes nothing.
func follow(file string, ab, ba *line) {
	if file == "" {
		return
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return
	}
	if c, err := readControl(raw); err == nil {
		ab.set(c.AB)
		ba.set(c.BA)
	}
}

// collect gives a device's packets to a line.
func collect(r io.Reader, l *line) {
	buf := make([]byte, longest)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		l.push(append([]byte(nil), buf[:n]...), time.Now())
	}
}

// open makes the namespace and its device.
func (e *end) open() error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open tun: %w", err)
	}
	req, err := unix.NewIfreq(e.dev)
	if err != nil {
		return errors.Join(fmt.Errorf("device %s: %w", e.dev, err), unix.Close(fd))
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return errors.Join(fmt.Errorf("make %s: %w", e.dev, err), unix.Close(fd))
	}
	e.file = os.NewFile(uintptr(fd), e.dev)
	for _, args := range [][]string{
		{"netns", "add", e.ns}, {"link", "set", e.dev, "netns", e.ns}, {"-n", e.ns, "link", "set", "lo", "up"},
		{"-n", e.ns, "addr", "add", e.address, "dev", e.dev}, {"-n", e.ns, "link", "set", e.dev, "mtu", mtu, "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			e.close()
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}

// close removes the device and the namespace.
func (e *end) close() {
	_ = e.file.Close()
	if out, err := exec.Command("ip", "netns", "del", e.ns).CombinedOutput(); err != nil {
		log.Printf("remove %s: %v: %s", e.ns, err, out)
	}
}
