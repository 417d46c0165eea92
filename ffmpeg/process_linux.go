package ffmpeg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cpuGrace lies between the signal that ends a child over its processor time and the one that kills it.
const cpuGrace = 5 * time.Second

// manner is one way of starting a child, from strict to less strict.
type manner struct {
	network uintptr // namespaces: an empty network of its own
	held    bool    // it stands before its first instruction until its limits are set
}

// manners are tried in order: a new network may need a user namespace or be forbidden, and so may be holding a child.
var manners = []manner{
	{syscall.CLONE_NEWNET, true},
	{syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER, true},
	{0, true},
	{0, false},
}

// startProcess starts the command that build returns, in the strictest way that the kernel allows. The child leads a
// process group and dies with the thread that starts it, so its owner stays on that thread.
func startProcess(build func() *exec.Cmd, l Limits) (cmd *exec.Cmd, isolated bool, err error) {
	for _, m := range manners {
		if m.network != 0 && !l.NoNetwork {
			continue
		}
		cmd = build()
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: m.network, Ptrace: m.held}
		if err = cmd.Start(); err != nil {
			if forbidden(err) {
				continue
			}
			return nil, false, err
		}
		if err = l.settle(cmd.Process.Pid, m.held); err != nil {
			err = errors.Join(err, signalGroup(cmd.Process.Pid, syscall.SIGKILL))
			_ = cmd.Wait() // it was killed: the reason is in err
			return nil, false, err
		}
		return cmd, m.network != 0, nil
	}
	return nil, false, err
}

// forbidden tells whether the kernel refused a manner of starting, not the program.
func forbidden(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.EINVAL, unix.ENOSPC, unix.ENOSYS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// settle limits a child and lets it go. A held child stands at a trap right after exec (ptrace(2), PTRACE_TRACEME).
func (l Limits) settle(pid int, held bool) error {
	if held {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
			return fmt.Errorf("wait for the child to stand: %w", err)
		}
		if !status.Stopped() {
			return errors.New("the child ended before it began")
		}
	}
	if err := l.apply(pid); err != nil {
		return err
	}
	if held {
		if err := syscall.PtraceDetach(pid); err != nil {
			return fmt.Errorf("let the child go: %w", err)
		}
	}
	return nil
}

// apply sets the limits of a child that was just started, for all its threads.
func (l Limits) apply(pid int) error {
	limits := []struct {
		what       int
		soft, hard uint64
	}{
		{unix.RLIMIT_CPU, uint64(l.CPU / time.Second), uint64((l.CPU + cpuGrace) / time.Second)},
		{unix.RLIMIT_AS, uint64(l.Memory), uint64(l.Memory)},
		{unix.RLIMIT_FSIZE, uint64(l.FileSize), uint64(l.FileSize)},
		{unix.RLIMIT_NOFILE, uint64(l.Files), uint64(l.Files)},
	}
	for _, r := range limits {
		if r.soft == 0 {
			continue
		}
		if err := unix.Prlimit(pid, r.what, &unix.Rlimit{Cur: r.soft, Max: r.hard}, nil); err != nil {
			return fmt.Errorf("limit the child (resource %d): %w", r.what, err)
		}
	}
	core := unix.Rlimit{} // a dump would carry addresses and passwords
	if err := unix.Prlimit(pid, unix.RLIMIT_CORE, &core, nil); err != nil {
		return fmt.Errorf("limit the child's dump: %w", err)
	}
	if l.Nice > 0 && l.Nice > ownNice() { // a server that yields already has children that yield as much
		if err := unix.Setpriority(unix.PRIO_PGRP, pid, l.Nice); err != nil {
			return fmt.Errorf("lower the child's priority: %w", err)
		}
	}
	return nil
}

// ownNice is this server's own nice value; the system call gives 20 less it.
func ownNice() int {
	p, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return 20 - p
}

// waitEnd waits until the child ended, and leaves it to be reaped: until then nobody else gets its number.
func waitEnd(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// signalGroup signals the child and all that it started; an empty group is no error.
func signalGroup(pid int, sig syscall.Signal) error {
	if err := syscall.Kill(-pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal the children of %d: %w", pid, err)
	}
	return nil
}

// PacketPipe is a pair of connected sockets that keep the borders of what is written: a child that writes packets to "pipe:N"
// (RTP, one write each) is read packet by packet, and nobody else can write into it. theirs goes into Job.Files.
func PacketPipe() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a pipe for packets: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil { // so that Close ends a Read
		return nil, nil, errors.Join(err, unix.Close(fds[0]), unix.Close(fds[1]))
	}
	return os.NewFile(uintptr(fds[0]), "packets"), os.NewFile(uintptr(fds[1]), "packets"), nil
}
