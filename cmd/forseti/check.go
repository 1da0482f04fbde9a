package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp"
	"github.com/forseti-pdp/forseti/pdp/policy"
	"github.com/forseti-pdp/forseti/pdp/xacmlxml"
)

func checkCommand() *cobra.Command {
	var file string
	var strict, asJSON bool
	cmd := &cobra.Command{
		Use:   "check [folder]",
		Short: "Check a policy folder as the service would",
		Long: `Check a policy folder, or that of the configuration, as the service would when it
loads it, and report everything that is wrong with file, line, column, reason and
the place in the policy. Nothing is decided and no service is needed.

Exit codes:
  0  the folder is valid; there may be warnings
  1  the folder cannot be read, the command line is wrong, or another error
  2  the folder would be refused, or has warnings and --strict is given`,
		Example: `  forseti check
  forseti check --strict policies`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := config.Load(file, os.LookupEnv)
			if err != nil {
				return fmt.Errorf("the configuration is refused:\n%w", err)
			}
			if len(args) == 1 {
				c.Policies.Folder = args[0]
			}
			v, err := checkFolder(cmd.Context(), c.Policies)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				err = v.printJSON(out)
			} else {
				err = v.print(out, colored(out))
			}
			if err != nil {
				return err
			}
			if code := v.code(strict); code != exitOK {
				return &exit{code: code}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `file`")
	cmd.Flags().BoolVar(&strict, "strict", false, "let warnings fail")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// verdict is what there is to say of a policy folder.
type verdict struct {
	folder string
	// snapshot identifies what would be in force; empty if nothing would.
	snapshot        string
	files, policies int
	problems        policy.Problems
}

// checkFolder loads the policies once, as the service does when it starts.
func checkFolder(ctx context.Context, p config.Policies) (*verdict, error) {
	store, err := pap.Open(ctx, pap.Config{
		Dir: p.Folder,
		Compile: pap.CompileXACML(pdp.Config{
			RootAlgorithm:      p.RootAlgorithm,
			RefuseHiddenErrors: p.RefusePermitUnlessDeny,
		}, xacmlxml.DefaultLimits(), p.Library),
		RootAlgorithm: p.RootAlgorithm,
		AllowEmpty:    p.AllowEmpty,
	})
	if err != nil {
		return nil, err
	}
	v := &verdict{folder: p.Folder, problems: store.Status().Problems}
	if s := store.Current(); s != nil {
		v.snapshot, v.files, v.policies = s.ID, s.Files, s.Policies
	}
	return v, nil
}
