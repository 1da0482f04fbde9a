package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func functionsCommand() *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:   "functions [function]",
		Short: "List the functions that policies may use",
		Long: `List the functions that policies may use, with their signatures and the sections
of the standard that define them, or show one in full. A function is given by its
id, by the last part of the id, or as in the list; 1.0:string-equal stands for
urn:oasis:names:tc:xacml:1.0:function:string-equal.

In a signature an asterisk marks what may come any number of times, brackets what
may be left out, "or" alternatives, and dots what depends on another argument.`,
		Example: `  forseti functions
  forseti functions string-equal
  forseti functions --json urn:oasis:names:tc:xacml:3.0:function:any-of`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out, entries := cmd.OutOrStdout(), catalogue()
			if len(args) == 1 {
				if asMarkdown {
					return errors.New("--markdown prints all functions; leave out which one")
				}
				var err error
				if entries, err = lookup(entries, args[0]); err != nil {
					return err
				}
			}
			switch {
			case asJSON:
				return printIndented(out, entries)
			case asMarkdown:
				return printFunctionsPage(out, entries)
			case len(args) == 1:
				return printFunctionsInFull(out, entries)
			default:
				return printFunctionsTable(out, entries)
			}
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of functions as JSON")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print docs/functions.md, with combining algorithms and data types")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// lookup gives the functions that are meant by a text, of which there may be one
// in each version of the standard. The error names similar ones.
func lookup(entries []entry, text string) ([]entry, error) {
	found, similar := find(entries, text)
	switch {
	case len(found) > 0:
		return found, nil
	case len(similar) == 0 || text == "":
		return nil, fmt.Errorf("there is no function %q", text)
	}
	const most = 10
	more := ""
	if len(similar) > most {
		more = fmt.Sprintf(" and %d more", len(similar)-most)
		similar = similar[:most]
	}
	return nil, fmt.Errorf("there is no function %q; similar are %s%s", text, strings.Join(similar, ", "), more)
}

// printFunctionsTable prints a line for each function. Signatures come last:
// some are longer than a line.
func printFunctionsTable(out io.Writer, entries []entry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SECTION\tFUNCTION\tSIGNATURE") //nolint:errcheck // Flush tells
	for _, e := range entries {
		section := e.Section
		if e.Family == "" {
			section = "profile"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", section, e.short(), e.Signature) //nolint:errcheck // Flush tells
	}
	return w.Flush()
}

// printFunctionsInFull prints everything about each function.
func printFunctionsInFull(out io.Writer, entries []entry) error {
	var b strings.Builder
	for i, e := range entries {
		if i > 0 {
			b.WriteByte('\n')
		}
		line := func(label, text string) { fmt.Fprintf(&b, "  %-12s%s\n", label, text) }
		b.WriteString(e.ID + "\n")
		line("signature", e.Signature)
		line("meaning", e.Doc)
		line("arguments", e.arguments())
		line("section", strings.TrimSpace(e.Section+" "+e.Family))
		switch {
		case e.Replacement != "":
			line("deprecated", "the standard plans to drop this id; use "+e.Replacement)
		case e.Deprecated:
			line("deprecated", "the standard plans to drop this function")
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// arguments says how the arguments are evaluated, which the signature does not.
func (e entry) arguments() string {
	switch {
	case e.Lazy:
		return "evaluated until the result is fixed; what decides wins over what is Indeterminate"
	case e.HigherOrder:
		return "a Function, then what it is applied to; one that is Indeterminate makes the result Indeterminate"
	default:
		return "all are evaluated; one that is Indeterminate makes the result Indeterminate"
	}
}

// printIndented prints v as JSON.
func printIndented(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false) // signatures have arrows
	e.SetIndent("", "  ")
	return e.Encode(v)
}
