package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forseti-pdp/forseti/contexthandler/audit"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check the records of decisions",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(auditVerifyCommand())
	return cmd
}

// exitTampered is the exit code for records that are not what was written.
const exitTampered = 2

func auditVerifyCommand() *cobra.Command {
	var asJSON bool
	var expected []string
	cmd := &cobra.Command{
		Use:   "verify folder",
		Short: "Find records that are missing, altered, reordered or doubled",
		Long: `Read all files of an audit folder and check the chain of hashes: that each record
is what the service wrote, in its place, and that none is missing but those that
were removed because they are old. No service is needed; one that runs may be in the
middle of its last line, which is then torn.

The service notes beside the files how far they are on disk, and says so in its own
log. Whoever changes all files of the folder is only found out by a record that was
noted elsewhere, from that log say: --expect.

Exit codes:
  0  all is in order
  1  the folder cannot be read, or the command line is wrong
  2  something is not in order`,
		Example: `  forseti audit verify /var/log/forseti
  forseti audit verify --expect 1042:9f86d081…0a08 /var/log/forseti`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var anchors []audit.Anchor
			for _, text := range expected {
				a, err := anchor(text)
				if err != nil {
					return err
				}
				anchors = append(anchors, a)
			}
			report, err := audit.Verify(args[0], anchors...)
			if err != nil {
				return err
			}
			if asJSON {
				err = printIndented(cmd.OutOrStdout(), report)
			} else {
				err = printAudit(cmd.OutOrStdout(), args[0], &report)
			}
			if err != nil {
				return err
			}
			if len(report.Findings) > 0 {
				return &exit{code: exitTampered}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	cmd.Flags().StringArrayVar(&expected, "expect", nil, "a record that must be there, as `number:hash`; may be repeated")
	return cmd
}

// anchor reads number:hash.
func anchor(text string) (audit.Anchor, error) {
	var a audit.Anchor
	number, hash, _ := strings.Cut(text, ":")
	seq, err := strconv.ParseUint(number, 10, 64)
	octets, notHex := hex.DecodeString(hash)
	if err != nil || notHex != nil || len(octets) != len(a.Hash) || seq == 0 {
		return a, fmt.Errorf("--expect: %q is not the number and the hash of a record", text)
	}
	a.Seq = seq
	copy(a.Hash[:], octets)
	return a, nil
}

// printAudit prints a line for each finding, and then the result.
func printAudit(out io.Writer, folder string, r *audit.Report) error {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.File != "" {
			fmt.Fprintf(&b, "%s:%d: ", filepath.Join(folder, f.File), f.Offset)
		}
		fmt.Fprintf(&b, "%s: ", f.Problem)
		switch f.From {
		case 0:
		case f.To:
			fmt.Fprintf(&b, "record %d: ", f.From)
		default:
			fmt.Fprintf(&b, "records %d to %d: ", f.From, f.To)
		}
		b.WriteString(f.Message + "\n")
	}
	for _, v := range r.Void {
		fmt.Fprintf(&b, "%s:%d: what follows does not count, by the records after it: a fault left it\n", filepath.Join(folder, v.File), v.From)
	}
	if r.Omitted > 0 {
		fmt.Fprintf(&b, "and %d more\n", r.Omitted)
	}
	verdict := "in order"
	if len(r.Findings) > 0 {
		verdict = "not in order"
	}
	fmt.Fprintf(&b, "%s %s: %d records in %s, %d to %d; the last hash is %s\n",
		verdict, folder, r.Records, plural(r.Files, "file", "files"), r.First, r.Last, r.LastHash)
	_, err := io.WriteString(out, b.String())
	return err
}
