package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"nghitruong/recordings"
)

// recordingCommand works on recordings by hand, also while the server runs.
func recordingCommand(ctx context.Context) *cobra.Command {
	var out string
	remux := &cobra.Command{
		Use: "remux FOLDER", Short: "Write every source of a recording as one Matroska file, on the server's clock", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to := out
			if to == "" {
				to = filepath.Join(args[0], "remuxed")
			}
			tracks, err := recordings.Remux(ctx, args[0], to)
			printTracks(cmd.OutOrStdout(), to, tracks)
			return err
		},
	}
	remux.Flags().StringVar(&out, "out", "", "folder of the files; empty = remuxed in the recording's folder")
	verify := &cobra.Command{
		Use: "verify FOLDER", Short: "Hold every sealed file of a recording against its hash; status 1 when one differs", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := recordings.Verify(ctx, args[0])
			fmt.Fprintf(cmd.OutOrStdout(), "%d files are as they were sealed\n", n)
			return err
		},
	}
	cmd := &cobra.Command{Use: "recording", Short: "Look after recordings; FOLDER is <recordings>/<sitting>/<recording>"}
	cmd.AddCommand(remux, verify)
	return cmd
}

// printTracks writes a line for every file.
func printTracks(w io.Writer, out string, tracks []recordings.Track) {
	for i := range tracks {
		t := &tracks[i]
		fmt.Fprintf(w, "%s: %s of %s, %v to %v, %d frames, %d dropped, %v of silence\n", filepath.Join(out, t.File), t.Kind, t.Who,
			ms(t.First), ms(t.Last), t.Frames, t.Dropped, ms(t.Silence))
	}
	fmt.Fprintf(w, "%d sources\n", len(tracks))
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
