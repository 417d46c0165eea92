package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"nghitruong/store"
)

func ledgerCommand(configured configurer) *cobra.Command {
	verify := &cobra.Command{
		Use: "verify", Short: "Walk the hash chain of every log; status 1 at a break, saying where", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configured(cmd)
			if err != nil {
				return err
			}
			return verifyLedger(cmd, c)
		},
	}
	addSettings(verify)
	cmd := &cobra.Command{Use: "ledger", Short: "Look after the ledger"}
	cmd.AddCommand(verify)
	return cmd
}

// verifyLedger prints a line for every whole log and fails at the first break.
func verifyLedger(cmd *cobra.Command, c *Config) error {
	db, err := store.Open(cmd.Context(), c.Data, store.Options{})
	if err != nil {
		return fmt.Errorf("open the data folder %s: %w", c.Data, err)
	}
	defer db.Close()
	logs := 0
	err = db.VerifyAll(cmd.Context(), func(v store.Verified) {
		logs++
		fmt.Fprintf(cmd.OutOrStdout(), "%s/%s: %d records, head %x\n", v.Council, v.Log, v.Seq, v.Hash)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d logs, every chain is whole\n", logs)
	return nil
}
