//go:build linux

package main

import (
	"slices"
	"testing"
)

// TestSum checks that the lines of a profile add up by kind, that large functions are named, and that an empty table is an error.
func TestSum(t *testing.T) {
	table := []byte(`File: bench
Type: cpu
      flat  flat%   sum%        cum   cum%
     400ms 40.00% 40.00%      400ms 40.00%  internal/runtime/syscall.Syscall6
     200ms 20.00% 60.00%      210ms 21.00%  crypto/internal/fips140/aes/gcm.gcmAesEnc
     100ms 10.00% 70.00%      300ms 30.00%  nghitruong/sfu.(*slot).write
      20ms  2.00% 72.00%       20ms  2.00%  github.com/pion/srtp/v3.(*Context).EncryptRTP
      50ms  5.00% 77.00%       50ms  5.00%  github.com/pion/ice/v4.(*Agent).loop
     200ms 20.00% 97.00%      200ms 20.00%  runtime.mallocgc
      30ms  3.00%   100%       30ms  3.00%  sort.Slice
`)
	got, err := sum(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []share{
		{"system calls", 40}, {"encryption", 22}, {"ICE, DTLS and the rest of Pion", 5}, {"own code", 10}, {"runtime", 20}, {"other", 3},
		{"  runtime.mallocgc", 20}, {"  sort.Slice", 3},
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %v in %v", want, got)
		}
	}
	if slices.ContainsFunc(got, func(s share) bool { return s.Name == "  github.com/pion/srtp/v3.(*Context).EncryptRTP" }) {
		t.Error("a function of 2 % is named")
	}
	if _, err := sum([]byte("nothing")); err == nil {
		t.Error("an empty table gave shares")
	}
	if _, err := endProfile(); err == nil {
		t.Error("a profile that was not begun ended")
	}
}
