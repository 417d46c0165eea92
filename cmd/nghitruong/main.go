// Command nghitruong is the whole server: pages, signaling, media and ledger in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // papers and logs know Vietnam's time on a machine without zone files

	"github.com/spf13/cobra"

	"nghitruong/sfu"
)

// version is set by the linker.
var version = "unknown"

func main() {
	sfu.SaveMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "nghitruong: %v\n", err)
		os.Exit(1)
	}
}

// run is the program as a value that tests can start.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use: "nghitruong", Short: "Online council meetings: media server, votes, roll-call and papers in one binary",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	var file string
	root.PersistentFlags().StringVar(&file, "config", "", "configuration file (YAML)")
	configured := func(cmd *cobra.Command) (*Config, error) {
		flags := map[string]string{}
		for _, s := range settings {
			if f := cmd.Flag(flagName(s.key)); f != nil && f.Changed {
				flags[s.key] = f.Value.String()
			}
		}
		c, err := readConfig(file, environ, flags)
		if err != nil {
			return nil, fmt.Errorf("the configuration has problems:\n%w", err)
		}
		return c, nil
	}
	root.AddCommand(serveCommand(configured), demoCommand(configured), configCommand(configured), ledgerCommand(configured), recordingCommand(ctx), doctorCommand(configured), loadCommand(), versionCommand())
	return root.ExecuteContext(ctx)
}

// flagName is a key's flag: media.udp_port is --udp-port, tls.mode --tls, the rest with dashes.
func flagName(key string) string {
	switch key {
	case "tls.mode":
		return "tls"
	case "media.udp_port", "media.tcp_port", "media.public_addresses":
		key = strings.TrimPrefix(key, "media.")
	}
	return strings.NewReplacer(".", "-", "_", "-").Replace(key)
}

// addSettings gives a command a flag for every key.
func addSettings(cmd *cobra.Command) {
	for _, s := range settings {
		cmd.Flags().String(flagName(s.key), s.def, s.doc)
	}
}

type configurer func(cmd *cobra.Command) (*Config, error)

func configCommand(configured configurer) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Print the effective configuration with the source of each value", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configured(cmd)
			if err != nil {
				return err
			}
			c.print(cmd.OutOrStdout())
			return nil
		},
	}
	addSettings(cmd)
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("the binary carries no build information")
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "nghitruong %s (%s)\n", version, info.GoVersion)
			return err
		},
	}
}
