package validate

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// each runs a test for every kustomization.
func each(t *testing.T, test func(*testing.T, *deployment)) {
	for _, folder := range kustomizations() {
		t.Run(strings.ReplaceAll(folder, "/", "_"), func(t *testing.T) { test(t, readDeployment(t, folder)) })
	}
}

// TestPods_Configuration: the configuration is in order, and the ports, files and
// flags of the pod are those that it names.
func TestPods_Configuration(t *testing.T) {
	each(t, func(t *testing.T, d *deployment) {
		checkCommandLine(t, d.folder, d.container.Args)
		file := filepath.Join(d.lay(t), d.configFile(t))
		must(t, program, "config", "--check", "--config", file)
		c := effective(t, file)
		if got, want := fmt.Sprint(d.port("decisions")), port(t, c.Server.Listen); got != want && !strings.HasPrefix(c.Server.Listen, "127.0.0.1:") {
			t.Errorf("the port decisions is %s, and the service listens on %s", got, want)
		}
		admin := d.port("admin") + d.port("forseti-admin")
		if got, want := fmt.Sprint(admin), port(t, c.Server.Admin); got != want {
			t.Errorf("the port admin is %s, and the service listens on %s", got, want)
		}
		if strings.HasPrefix(c.Server.Admin, "127.") {
			t.Errorf("probes cannot reach %s", c.Server.Admin)
		}
		if !d.mounted(c.Policies.Folder) {
			t.Errorf("the policies are in %s, which is no volume", c.Policies.Folder)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, named := range regexp.MustCompile(`(?m)(?:_file|folder): *(/\S+)`).FindAllStringSubmatch(string(text), -1) {
			if !d.mounted(named[1]) {
				t.Errorf("%s is in no volume", named[1])
			}
		}
	})
}

// TestPods_End: a pod has longer to end than the service takes, and callers have time
// to notice.
func TestPods_End(t *testing.T) {
	each(t, func(t *testing.T, d *deployment) {
		c := effective(t, filepath.Join(d.lay(t), d.configFile(t)))
		grace := time.Duration(*d.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
		if least := time.Duration(c.Server.ShutdownTimeout) + margin; grace < least {
			t.Errorf("the pod has %v to end, want %v", grace, least)
		}
		if len(d.services) > 0 && c.Server.ShutdownWait < duration(5*time.Second) {
			t.Errorf("shutdown_wait is %v: callers do not notice in time", time.Duration(c.Server.ShutdownWait))
		}
	})
}

// TestPods_Selectors: what surrounds the pods selects them, by ports that they have.
func TestPods_Selectors(t *testing.T) {
	each(t, func(t *testing.T, d *deployment) {
		pod := labels.Set(d.deployment.Spec.Template.Labels)
		selects := func(what string, selector *metav1.LabelSelector, of labels.Set) {
			t.Helper()
			s, err := metav1.LabelSelectorAsSelector(selector)
			if err != nil || s.Empty() || !s.Matches(of) {
				t.Errorf("%s selects %v, want %v (%v)", what, s, of, err)
			}
		}
		selects("the deployment", d.deployment.Spec.Selector, pod)
		for _, spread := range d.deployment.Spec.Template.Spec.TopologySpreadConstraints {
			selects("the spread over "+spread.TopologyKey, spread.LabelSelector, pod)
		}
		for _, service := range d.services {
			selects("service "+service.Name, &metav1.LabelSelector{MatchLabels: service.Spec.Selector}, pod)
			for _, p := range service.Spec.Ports {
				if got := d.port(p.TargetPort.StrVal); got != p.Port {
					t.Errorf("service %s has the port %d, and the pod's port %s is %d", service.Name, p.Port, p.TargetPort.StrVal, got)
				}
			}
			if service.Spec.ClusterIP != corev1.ClusterIPNone {
				t.Errorf("service %s has one address: all calls of a connection go to one instance", service.Name)
			}
		}
		for _, budget := range d.budgets {
			selects("the budget", budget.Spec.Selector, pod)
		}
		for _, firewall := range d.firewalls {
			selects("the network policy", &firewall.Spec.PodSelector, pod)
			for _, rule := range firewall.Spec.Ingress {
				for _, p := range rule.Ports {
					if d.port(p.Port.StrVal) == 0 {
						t.Errorf("the network policy has the port %s, and the pod has not", p.Port.StrVal)
					}
				}
				for _, from := range rule.From {
					if s, err := metav1.LabelSelectorAsSelector(from.PodSelector); err != nil || from.PodSelector != nil && s.Matches(pod) {
						t.Errorf("the network policy lets in Forseti itself: %v", from.PodSelector)
					}
				}
			}
		}
		for _, scaler := range d.autoscalers {
			target := scaler.Spec.ScaleTargetRef
			if target.Kind != "Deployment" || target.Name != d.deployment.Name {
				t.Errorf("the autoscaler scales %s %s", target.Kind, target.Name)
			}
			if *scaler.Spec.MinReplicas < 2 {
				t.Error("one instance is not enough to take one away")
			}
		}
		for _, monitor := range d.monitors {
			found := slices.ContainsFunc(d.services, func(service *corev1.Service) bool {
				s, err := metav1.LabelSelectorAsSelector(&monitor.Spec.Selector)
				return err == nil && s.Matches(labels.Set(service.Labels)) &&
					slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == monitor.Spec.Endpoints[0].Port })
			})
			if !found {
				t.Error("the service monitor finds no service with its port")
			}
		}
	})
}

// TestPods_Serve serves the configuration and the policies of the pod. The pages that
// its probes ask for exist, and it decides.
func TestPods_Serve(t *testing.T) {
	each(t, func(t *testing.T, d *deployment) {
		folder, config := d.moved(t)
		authority := newAuthority(t)
		authority.issue(t, filepath.Join(folder, "tls/tls"), "localhost", "")
		authority.issue(t, filepath.Join(folder, "caller"), "", "spiffe://cluster.example/ns/orders/sa/orders")
		authority.write(t, filepath.Join(folder, "tls/ca.crt"))
		writeSecrets(t, filepath.Join(folder, "etc/forseti-secrets"), d)

		cmd := command(folder, append([]string{program}, d.container.Args...))
		for i, arg := range cmd.Args {
			if arg == d.configFile(t) {
				cmd.Args[i] = config
			}
		}
		cmd.Args = append(cmd.Args, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
		cmd.Env = append(os.Environ(), "FORSETI_SERVER_SHUTDOWN_WAIT=100ms")
		r := start(t, cmd)
		for kind, probe := range d.probes() {
			if probe.HTTPGet == nil {
				t.Errorf("the %s probe asks no page", kind)
				continue
			}
			r.becomes(probe.HTTPGet.Path)
		}
		for _, monitor := range d.monitors {
			if code, text := r.get(monitor.Spec.Endpoints[0].Path); code != 200 || !strings.Contains(text, "forseti_policy_snapshot_info") {
				t.Errorf("got %d for the page of metrics", code)
			}
		}
		question := append(sampleQuestion(r), "--json")
		if strings.Contains(d.folder, "production") {
			if code, output := run(t, program, question...); code != 5 {
				t.Errorf("without TLS: got exit code %d, want 5\n%s", code, output)
			}
			question = append(question, "--tls-ca", filepath.Join(folder, "tls/ca.crt"))
			must(t, program, "health", "--address", r.decisions, "--tls-ca", filepath.Join(folder, "tls/ca.crt"))
			if code, output := run(t, program, question...); code != 5 || !strings.Contains(output, "Unauthenticated") {
				t.Errorf("without a certificate: got exit code %d, want 5\n%s", code, output)
			}
			question = append(question, "--cert", filepath.Join(folder, "caller.crt"), "--key", filepath.Join(folder, "caller.key"))
		}
		if code, output := run(t, program, question...); code == 5 || code == 1 || !strings.Contains(output, "decision") {
			t.Errorf("no decision: exit code %d\n%s", code, output)
		}
		if strings.Contains(d.folder, "production") && !strings.Contains(r.output.String(), `"kind":"decision"`) {
			t.Errorf("the decision was not recorded on standard output:\n%s", r.output)
		}
		r.stop()
	})
}

// TestPods_Sizes: resources are those of the table in docs/operations.md.
func TestPods_Sizes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, d *deployment) {
		r := d.container.Resources
		want := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", filepath.Base(d.folder),
			r.Requests.Cpu(), r.Limits.Cpu(), r.Requests.Memory(), r.Limits.Memory())
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the table of sizes has no line that begins with\n%s", want)
		}
	})
}

// TestSamplePolicies: the policies of the overlays are those of the repository.
func TestSamplePolicies(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(deploy, "kubernetes/components/sample-policies/*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no policies: %v", err)
	}
	for _, file := range files {
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(root, "policies", filepath.Base(file)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from that of the folder policies: copy it", file)
		}
	}
}

// TestPods_VolumesAreFilled: each mount has its volume, and volumes with policies keep
// their name, so that a change reaches pods that run.
func TestPods_VolumesAreFilled(t *testing.T) {
	each(t, func(t *testing.T, d *deployment) {
		for _, volume := range d.deployment.Spec.Template.Spec.Volumes {
			switch {
			case volume.Name == "policies" && volume.ConfigMap.Name != "forseti-policies":
				t.Errorf("the policies are in %s: a change would start new pods", volume.ConfigMap.Name)
			case volume.Name == "config" && volume.ConfigMap.Name == "forseti-config":
				t.Error("the configuration keeps its name: a change would not be noticed")
			}
		}
		for _, name := range slices.Sorted(maps.Keys(d.files)) {
			if len(d.files[name]) == 0 {
				t.Errorf("the volume %s is empty", name)
			}
		}
	})
}
