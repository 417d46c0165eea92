package packets

import (
	"bytes"
	"errors"
	"testing"
)

func TestParseH264(t *testing.T) {
	sps, pps := []byte{0x67, 0x42, 0xE0}, []byte{0x68, 0xCE}
	stap := []byte{0x78, 0, 3, 0x67, 0x42, 0xE0, 0, 2, 0x68, 0xCE, 0, 2, 0x65, 9}
	tests := []struct {
		name            string
		in              []byte
		bad, start, idr bool
		sps, pps        []byte
	}{
		{name: "empty", bad: true},
		{name: "type 0", in: []byte{0x60, 1}, bad: true},
		{name: "STAP-B", in: []byte{0x79, 0, 0, 0, 1, 0x65}, bad: true},
		{name: "FU-B", in: []byte{0x7D, 0x85, 0, 0}, bad: true},
		{name: "single slice", in: []byte{0x41, 1}, start: true},
		{name: "single IDR", in: []byte{0x65, 1}, start: true, idr: true},
		{name: "SPS only", in: sps, start: true, sps: sps},
		{name: "PPS only", in: pps, start: true, pps: pps},
		{name: "STAP-A of SPS, PPS, IDR", in: stap, start: true, idr: true, sps: sps, pps: pps},
		{name: "STAP-A empty", in: []byte{0x78}, bad: true},
		{name: "STAP-A unit of 0", in: []byte{0x78, 0, 0}, bad: true},
		{name: "STAP-A size cut", in: []byte{0x78, 0}, bad: true},
		{name: "STAP-A runs over", in: []byte{0x78, 0, 9, 0x65}, bad: true},
		{name: "FU-A first of IDR", in: []byte{0x7C, 0x85, 1}, start: true, idr: true},
		{name: "FU-A middle of IDR", in: []byte{0x7C, 0x05, 1}},
		{name: "FU-A first of slice", in: []byte{0x5C, 0x81, 1}, start: true},
		{name: "FU-A cut", in: []byte{0x7C, 0x85}, bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d H264
			err := ParseH264(tt.in, &d)
			if tt.bad {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil || d.Start != tt.start || d.IDR != tt.idr || !bytes.Equal(d.SPS, tt.sps) || !bytes.Equal(d.PPS, tt.pps) {
				t.Errorf("got %+v, error %v", d, err)
			}
			if d.Key() != (tt.idr || tt.sps != nil) {
				t.Errorf("key %v", d.Key())
			}
		})
	}
}

func TestParamSets(t *testing.T) {
	var s ParamSets
	var d H264
	if got := s.AppendSTAPA(nil); got != nil {
		t.Fatalf("made %x of nothing", got)
	}
	observe := func(ts uint64, payload ...byte) {
		t.Helper()
		if err := ParseH264(payload, &d); err != nil {
			t.Fatal(err)
		}
		s.Observe(&d, ts)
	}
	observe(1, 0x67, 0x42, 0xE0)
	observe(1, 0x28, 0xCE)
	observe(1, 0x65, 1)
	if s.Missing(&d, 1) {
		t.Error("an IDR that came with its sets is said to lack them")
	}
	observe(2, 0x41, 1)
	if s.Missing(&d, 2) {
		t.Error("a slice needs no sets")
	}
	observe(3, 0x65, 1)
	if !s.Missing(&d, 3) {
		t.Error("an IDR without sets is not noticed")
	}
	out := s.AppendSTAPA(nil)
	if want := []byte{0x78, 0, 3, 0x67, 0x42, 0xE0, 0, 2, 0x28, 0xCE}; !bytes.Equal(out, want) {
		t.Fatalf("prepended %x, want %x", out, want)
	}
	if err := ParseH264(out, &d); err != nil || d.SPS == nil || d.PPS == nil {
		t.Fatalf("own STAP-A does not parse: %v", err)
	}
}

func FuzzH264(f *testing.F) {
	f.Add([]byte{0x78, 0, 3, 0x67, 0x42, 0xE0, 0, 2, 0x68, 0xCE})
	f.Add([]byte{0x7C, 0x85, 1})
	f.Add([]byte{0x65, 1, 2, 3})
	f.Fuzz(func(t *testing.T, in []byte) {
		var d H264
		if ParseH264(in, &d) != nil {
			return
		}
		if w, h, ok := SPSSize(d.SPS); ok && (w <= 0 || h <= 0 || w > maxSide || h > 2*maxSide) {
			t.Fatalf("%d×%d of %x", w, h, d.SPS)
		}
		var s ParamSets
		s.Observe(&d, 1)
		if out := s.AppendSTAPA(nil); out != nil && len(d.SPS) < 1<<16 && len(d.PPS) < 1<<16 {
			var again H264
			if err := ParseH264(out, &again); err != nil || !bytes.Equal(again.SPS, d.SPS) || !bytes.Equal(again.PPS, d.PPS) {
				t.Fatalf("%x of %x: %v", out, in, err)
			}
		}
	})
}
