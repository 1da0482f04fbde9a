// Command forseti is a XACML 3.0 policy decision point.
//
//	forseti serve       serve decisions over gRPC, and metrics and health over HTTP
//	forseti authorize   ask a running service for a decision
//	forseti health      ask a running service whether it is ready
//	forseti config      print or check the configuration in effect
//	forseti check       check a policy folder as the service would
//	forseti explain     tell how a decision comes about
//	forseti audit       check the records of decisions
//	forseti functions   list the functions that policies may use
//	forseti version     print the version
//
// The package wires the others together and holds what belongs to a program:
// flags, signals, output for people. See `forseti help` for the rest.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	// net/http quotes there what a backend sent out of turn, which may be values of
	// attributes. Forseti has a log of its own.
	log.SetOutput(io.Discard)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// The exit codes. Those of decisions belong to authorize.
const (
	exitOK            = 0 // and Permit
	exitError         = 1
	exitDeny          = 2
	exitNotApplicable = 3
	exitIndeterminate = 4
	exitRPC           = 5
)

// exit is the end of a command with a code of its own. err may be nil, if
// everything has been said.
type exit struct {
	code int
	err  error
}

// Error is what there is to say.
func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// run runs the program and gives its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "forseti",
		Short:         "A XACML 3.0 policy decision point",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(serveCommand(), authorizeCommand(), healthCommand(), configCommand(), checkCommand(), explainCommand(), auditCommand(), functionsCommand(), versionCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return exitOK
	}
	code := exitError
	if e, ok := errors.AsType[*exit](err); ok {
		code = e.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "forseti: %s\n", text) //nolint:errcheck // there is nowhere else to say it
	}
	return code
}
