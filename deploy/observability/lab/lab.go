// Package lab runs two instances of Forseti and a Prometheus that scrapes them, on
// this machine, with callers of all kinds and troubles that can be made: what the
// board and the alerts are tested with, and what the pictures of docs/board.md show.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheus "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// ErrNoPrometheus is that there is no program of that name.
var ErrNoPrometheus = errors.New("prometheus is not on the PATH (Debian package prometheus)")

// Config says what is run.
type Config struct {
	Root  string // folder of the repository
	Rules []byte // rules for Prometheus
	// Scrape is how often the instances are asked.
	Scrape time.Duration
}

// Lab is what runs.
type Lab struct {
	Prometheus prometheus.API

	config    Config
	folder    string
	client    *http.Client
	secrets   *secrets
	source    *source
	instances []*instance
	processes []*process
}

// instance is one Forseti.
type instance struct {
	listen, admin string
	policies      string // its folder
	arguments     []string
	process       *process
}

// Start builds and starts everything. What it started ends with Close, or with the
// program.
func Start(ctx context.Context, c Config) (*Lab, error) {
	program, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, ErrNoPrometheus
	}
	folder, err := os.MkdirTemp("", "lab-*")
	if err != nil {
		return nil, err
	}
	l := &Lab{config: c, folder: folder, client: &http.Client{Transport: &http.Transport{}}}
	if err := l.start(ctx, program); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Lab) start(ctx context.Context, program string) (err error) {
	if l.secrets, err = newSecrets(filepath.Join(l.folder, "secrets")); err != nil {
		return err
	}
	if l.source, err = newSource(); err != nil {
		return err
	}
	binary := filepath.Join(l.folder, "forseti")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/forseti")
	build.Dir = l.config.Root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("forseti does not build: %w\n%s", err, out)
	}
	for _, name := range []string{"a", "b"} {
		if err := l.addInstance(ctx, binary, name); err != nil {
			return err
		}
	}
	return l.startPrometheus(ctx, program)
}

// addInstance starts one Forseti in a folder of its own.
func (l *Lab) addInstance(ctx context.Context, binary, name string) error {
	folder := filepath.Join(l.folder, name)
	i := &instance{policies: filepath.Join(folder, "policies")}
	if err := os.CopyFS(i.policies, os.DirFS(filepath.Join(l.config.Root, "policies"))); err != nil {
		return err
	}
	defaults, err := exec.CommandContext(ctx, binary, "config", "--defaults").Output()
	if err != nil {
		return fmt.Errorf("forseti config --defaults: %w", err)
	}
	text, err := l.configuration(defaults)
	if err != nil {
		return err
	}
	file := filepath.Join(folder, "forseti.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	i.listen, i.admin = ports[0], ports[1]
	i.arguments = []string{folder, binary, "serve", "--config", file, "--listen", i.listen, "--admin", i.admin}
	l.instances = append(l.instances, i)
	return l.startInstance(ctx, i)
}

func (l *Lab) startInstance(ctx context.Context, i *instance) (err error) {
	if i.process, err = start(i.arguments[0], i.arguments[1], i.arguments[2:]...); err != nil {
		return err
	}
	return i.process.await(ctx, l.client, "http://"+i.admin+"/readyz")
}

// startPrometheus starts a Prometheus that scrapes the instances as the job forseti.
func (l *Lab) startPrometheus(ctx context.Context, program string) error {
	folder := filepath.Join(l.folder, "prometheus")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	config := fmt.Sprintf("global: {scrape_interval: %s, evaluation_interval: %[1]s}\nrule_files: [rules.yaml]\n"+
		"scrape_configs: [{job_name: forseti, scrape_timeout: %[1]s, static_configs: "+
		"[{targets: [%q], labels: {instance: forseti-a}}, {targets: [%q], labels: {instance: forseti-b}}]}]\n",
		l.config.Scrape, l.instances[0].admin, l.instances[1].admin)
	err := errors.Join(
		os.WriteFile(filepath.Join(folder, "rules.yaml"), l.config.Rules, 0o600),
		os.WriteFile(filepath.Join(folder, "prometheus.yaml"), []byte(config), 0o600),
	)
	if err != nil {
		return err
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	p, err := start(folder, program, "--config.file=prometheus.yaml", "--storage.tsdb.path=data", "--web.listen-address="+ports[0],
		"--enable-feature=exemplar-storage", "--log.level=warn")
	if err != nil {
		return err
	}
	l.processes = append(l.processes, p)
	client, err := api.NewClient(api.Config{Address: "http://" + ports[0], Client: l.client})
	if err != nil {
		return err
	}
	l.Prometheus = prometheus.NewAPI(client)
	if err := p.await(ctx, l.client, "http://"+ports[0]+"/-/ready"); err != nil {
		return err
	}
	return l.awaitScrapes(ctx)
}

// awaitScrapes waits until every instance was scraped twice: then there is something
// that what comes can be compared with.
func (l *Lab) awaitScrapes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		found, _, _, err := l.Prometheus.Query(ctx, `count(sum_over_time(up[1m]) > 1) == `+strconv.Itoa(len(l.instances)), time.Now())
		if vector, ok := found.(model.Vector); ok && len(vector) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the instances are not scraped: %w", errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Restart ends the second instance and starts it again.
func (l *Lab) Restart(ctx context.Context) error {
	i := l.instances[1]
	i.process.stop()
	return l.startInstance(ctx, i)
}

// BreakPolicies puts a document that is no policy into the folders of the instances;
// MendPolicies takes it away, and changes a policy, so that what is in force changes.
func (l *Lab) BreakPolicies() error {
	var errs []error
	for _, i := range l.instances {
		errs = append(errs, os.WriteFile(filepath.Join(i.policies, "broken.xml"), []byte("<Policy"), 0o600))
	}
	return errors.Join(errs...)
}

// MendPolicies puts the folder of one instance in order again, by a change; n makes
// each change another.
func (l *Lab) MendPolicies(instance, n int) error {
	folder := l.instances[instance].policies
	file := filepath.Join(folder, "auditors.xml")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	err = os.WriteFile(file, fmt.Appendf(text, "<!-- %d -->\n", n), 0o600)
	return errors.Join(err, os.RemoveAll(filepath.Join(folder, "broken.xml")))
}

// Targets are the addresses for decisions.
func (l *Lab) Targets() []string {
	var all []string
	for _, i := range l.instances {
		all = append(all, i.listen)
	}
	return all
}

// Log is what the instances wrote.
func (l *Lab) Log() string {
	var text strings.Builder
	for _, i := range l.instances {
		text.WriteString(i.process.log.String())
	}
	return text.String()
}

// Close ends everything and removes what it made.
func (l *Lab) Close() {
	for _, p := range l.processes {
		p.stop()
	}
	for _, i := range l.instances {
		if i.process != nil {
			i.process.stop()
		}
	}
	if l.source != nil {
		l.source.close()
	}
	l.client.CloseIdleConnections()
	_ = os.RemoveAll(l.folder)
}

// freePorts are addresses of the loopback on which nobody listens now.
func freePorts(n int) ([]string, error) {
	var all []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
		if err != nil {
			return nil, err
		}
		defer listener.Close() //nolint:errcheck // nothing was written
		all = append(all, listener.Addr().String())
	}
	return all, nil
}
