package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/forseti-pdp/forseti/cmd/forseti/internal/config"
)

func configCommand() *cobra.Command {
	var file string
	var check, defaults bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print or check the configuration in effect",
		Long: `Print the configuration in effect as YAML: the defaults, with the file and then
the environment laid over them. A single value outside of lists is overridden by
a variable that is named after it: FORSETI_SERVER_LISTEN is server.listen. It
holds no secrets, only the names of files with them.

What is wrong is reported with file, line, column and key, everything at once.`,
		Example: `  forseti config --defaults > forseti.yaml   # the commented reference
  forseti config --config forseti.yaml       # what is in effect
  forseti config --config forseti.yaml --check`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if defaults {
				_, err := fmt.Fprint(cmd.OutOrStdout(), config.Defaults)
				return err
			}
			c, err := config.Load(file, os.LookupEnv)
			if err != nil {
				return fmt.Errorf("the configuration is refused:\n%w", err)
			}
			if check {
				// Problems of the policies themselves are for forseti check to tell.
				if v, err := checkFolder(cmd.Context(), c.Policies); err == nil {
					if err := v.printUnasked(cmd.ErrOrStderr(), c); err != nil {
						return err
					}
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "the configuration is in order")
				return err
			}
			text, err := c.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `file`")
	cmd.Flags().BoolVar(&check, "check", false, "only say whether the configuration is in order; no source is opened")
	cmd.Flags().BoolVar(&defaults, "defaults", false, "print the commented file of the defaults instead")
	cmd.MarkFlagsMutuallyExclusive("check", "defaults")
	return cmd
}
