package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
	"github.com/forseti-pdp/forseti/pap"
	"github.com/forseti-pdp/forseti/pdp/policy"
)

func checkCommand() *cobra.Command {
	var file string
	var strict, asJSON bool
	cmd := &cobra.Command{
		Use:   "check [folder]",
		Short: "Check a policy folder as the service would",
		Long: `Check a policy folder, or that of the configuration, as the service would when it
loads it, and report everything that is wrong with file, line, column, reason and
the place in the policy. Nothing is decided and no service is needed. With --config
it also names, on standard error, what sources provide and nobody asks for, and what
they need and nobody is known to state: a name may be wrong. That refuses nothing.

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
			if err := v.printUnasked(cmd.ErrOrStderr(), c); err != nil {
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

// exitInvalid is the exit code for a folder that would be refused.
const exitInvalid = 2

// verdict is what there is to say of a policy folder.
type verdict struct {
	folder string
	// snapshot is what would be in force; nil if the folder would be refused.
	snapshot *pap.Snapshot
	problems policy.Problems
}

// checkFolder loads the policies once, as the service does when it starts.
func checkFolder(ctx context.Context, p config.Policies) (*verdict, error) {
	store, err := pap.Open(ctx, policyFolder(p, nil))
	if err != nil {
		return nil, err
	}
	return &verdict{p.Folder, store.Current(), store.Status().Problems}, nil
}

// code is the exit code. What cannot be read is neither valid nor invalid.
func (v *verdict) code(strict bool) int {
	unread := func(p policy.Problem) bool { return !p.Warning && p.Reason == policy.ReasonIO }
	switch {
	case slices.ContainsFunc(v.problems, unread):
		return exitError
	case v.snapshot == nil, strict && len(v.problems) > 0:
		return exitInvalid
	default:
		return exitOK
	}
}

// count gives the numbers of errors and of warnings.
func (v *verdict) count() (errors, warnings int) {
	errors = len(v.problems.Errors())
	return errors, len(v.problems) - errors
}

// print prints a line for each problem, and then the result.
func (v *verdict) print(out io.Writer, color bool) error {
	paint := func(code, text string) string {
		if !color {
			return text
		}
		return "\x1b[1;" + code + "m" + text + "\x1b[0m"
	}
	var b strings.Builder
	for _, p := range v.problems {
		b.WriteString(filepath.Join(v.folder, filepath.FromSlash(p.File)) + ":")
		if p.Line > 0 {
			b.WriteString(p.Place().String() + ":")
		}
		if p.Warning {
			b.WriteString(" " + paint("33", "warning: "+string(p.Reason)) + ":") // yellow
		} else {
			b.WriteString(" " + paint("31", string(p.Reason)) + ":") // red
		}
		if p.Path != "" {
			b.WriteString(" " + plain(p.Path) + ":")
		}
		b.WriteString(" " + plain(p.Message) + "\n")
	}
	errors, warnings := v.count()
	if s := v.snapshot; s != nil {
		fmt.Fprintf(&b, "%s %s: %s in %s, %s; snapshot %s\n", paint("32", "valid"), v.folder, // green
			plural(s.Policies, "policy", "policies"), plural(s.Files, "file", "files"), plural(warnings, "warning", "warnings"), s.ID)
	} else {
		fmt.Fprintf(&b, "%s %s: %s, %s\n", paint("31", "refused"), v.folder,
			plural(errors, "error", "errors"), plural(warnings, "warning", "warnings"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// checkReport is the verdict for tools.
type checkReport struct {
	Folder   string `json:"folder"`
	Valid    bool   `json:"valid"`
	Snapshot string `json:"snapshot,omitempty"`
	Files    int    `json:"files"`
	Policies int    `json:"policies"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	// Problems name files below the folder.
	Problems []problemStatus `json:"problems"`
}

func (v *verdict) printJSON(out io.Writer) error {
	r := checkReport{Folder: v.folder, Valid: v.snapshot != nil, Problems: make([]problemStatus, 0, len(v.problems))}
	r.Errors, r.Warnings = v.count()
	if s := v.snapshot; s != nil {
		r.Snapshot, r.Files, r.Policies = s.ID, s.Files, s.Policies
	}
	for _, p := range v.problems {
		r.Problems = append(r.Problems, problemStatusOf(p))
	}
	return printIndented(out, r)
}
