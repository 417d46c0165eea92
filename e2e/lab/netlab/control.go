//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// readControl reads a control file; a name it does not know or a figure out of range is an error.
func readControl(raw []byte) (Control, error) {
	var c Control
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Control{}, fmt.Errorf("control: %w", err)
	}
	for _, p := range []Profile{c.AB, c.BA} {
		if p.Loss < 0 || p.Loss > 1 || p.Dup < 0 || p.Dup > 1 || min(p.DelayMs, p.JitterMs, p.RateKbps, p.QueueMs) < 0 {
			return Control{}, errors.New("control: out of range")
		}
	}
	return c, nil
}
