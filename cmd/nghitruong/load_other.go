//go:build !linux

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func loadCommand() *cobra.Command {
	return &cobra.Command{
		Use: "load", Short: "Play many people against an own server (on Linux only)",
		RunE: func(*cobra.Command, []string) error { return errors.New("load runs on Linux only") },
	}
}
