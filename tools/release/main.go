// Command release builds what is handed out of Forseti: for each platform an
// archive with the static binary, and a list of what is in that binary (SBOM,
// CycloneDX 1.6); and the checksums of all of it.
//
// The same sources, version and Go make the same bytes, wherever they are, whoever
// builds them and when. So anybody can check a release by building it again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

// release is what is to be made.
type release struct {
	source, out string // folders
	version     string
	at          time.Time // what the files in archives are dated
	platforms   []platform
}

// platform is what a binary is for.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "-" + p.arch }

func allPlatforms() []platform { return []platform{{"linux", "amd64"}, {"linux", "arm64"}} }

func main() {
	r := release{platforms: allPlatforms()}
	flag.StringVar(&r.source, "source", "../..", "`folder` of the sources")
	flag.StringVar(&r.out, "out", "", "`folder` for the release; files of the same names are replaced")
	flag.StringVar(&r.version, "version", "", "`version` of the release")
	epoch := flag.Int64("date", 0, "when the sources were made, in `seconds` of Unix time")
	flag.Parse()
	r.at = time.Unix(*epoch, 0).UTC()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := r.make(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// make makes the release.
func (r *release) make(ctx context.Context) error {
	if r.out == "" || !regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]*$`).MatchString(r.version) {
		return errors.New("-out and -version are required; a version is letters, digits and . + _ -")
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	modules, err := loadModules(ctx, r.source)
	if err != nil {
		return err
	}
	var made []string
	for _, p := range r.platforms {
		files, err := r.makeFor(ctx, p, modules)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		made = append(made, files...)
	}
	return writeSums(r.out, made)
}

// makeFor makes the archive of a platform and the list of what is in its binary,
// and gives their names.
func (r *release) makeFor(ctx context.Context, p platform, modules *modules) ([]string, error) {
	name := "forseti-" + r.version + "-" + p.String()
	work, err := os.MkdirTemp("", "forseti-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work) //nolint:errcheck // what is left is in the folder for such things
	binary := filepath.Join(work, "forseti")
	if err := build(ctx, r.source, binary, r.version, p); err != nil {
		return nil, err
	}
	bom, err := describe(binary, r.version, r.at, modules)
	if err != nil {
		return nil, err
	}
	notices, err := modules.notices(bom)
	if err != nil {
		return nil, err
	}
	entries := []entry{{name: "forseti", from: binary, executable: true}, {name: "THIRD_PARTY_LICENSES", data: notices}}
	for _, file := range alongside() {
		entries = append(entries, entry{name: filepath.Base(file), from: filepath.Join(r.source, filepath.FromSlash(file))})
	}
	archive, list := name+".tar.gz", name+".cdx.json"
	if err := writeArchive(filepath.Join(r.out, archive), name, r.at, entries); err != nil {
		return nil, err
	}
	return []string{archive, list}, writeBOM(filepath.Join(r.out, list), bom)
}

// alongside are the files that a binary is handed out with.
func alongside() []string {
	return []string{
		"LICENSE", "README.md", "CHANGELOG.md", "cmd/forseti/internal/config/forseti.yaml",
		"deploy/systemd/forseti.service", "deploy/systemd/forseti.sysusers",
	}
}
