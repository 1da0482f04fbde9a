package validate

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
)

// deployment is Forseti in one of the kustomizations: its pods, and what surrounds them.
type deployment struct {
	folder     string
	deployment *appsv1.Deployment
	container  corev1.Container
	files      map[string]map[string]string // of each volume that is a ConfigMap: contents by name

	services     []*corev1.Service
	autoscalers  []*autoscalingv2.HorizontalPodAutoscaler
	budgets      []*policyv1.PodDisruptionBudget
	firewalls    []*networkingv1.NetworkPolicy
	monitors     []*monitoringv1.ServiceMonitor
	configMounts map[string]string // mount path of each volume
}

func readDeployment(t *testing.T, folder string) *deployment {
	t.Helper()
	server := newAPIServer(t)
	d := &deployment{folder: folder, files: make(map[string]map[string]string), configMounts: make(map[string]string)}
	maps := make(map[string]map[string]string)
	for _, object := range render(t, folder) {
		decoded, err := server.decode(object)
		if err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
		switch o := decoded.(type) {
		case *appsv1.Deployment:
			d.deployment = o
		case *corev1.ConfigMap:
			maps[o.Name] = o.Data
		default:
			d.add(decoded)
		}
	}
	if d.deployment == nil {
		t.Fatalf("%s: there is no deployment", folder)
	}
	pod := d.deployment.Spec.Template.Spec
	for _, c := range append(pod.InitContainers, pod.Containers...) {
		if c.Name == "forseti" {
			d.container = c
		}
	}
	for _, volume := range pod.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		if d.files[volume.Name] = maps[volume.ConfigMap.Name]; d.files[volume.Name] == nil {
			t.Errorf("%s: there is no ConfigMap %s", folder, volume.ConfigMap.Name)
		}
	}
	for _, mount := range d.container.VolumeMounts {
		d.configMounts[mount.Name] = mount.MountPath
	}
	return d
}

func (d *deployment) add(object runtime.Object) {
	switch o := object.(type) {
	case *corev1.Service:
		d.services = append(d.services, o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		d.autoscalers = append(d.autoscalers, o)
	case *policyv1.PodDisruptionBudget:
		d.budgets = append(d.budgets, o)
	case *networkingv1.NetworkPolicy:
		d.firewalls = append(d.firewalls, o)
	case *monitoringv1.ServiceMonitor:
		d.monitors = append(d.monitors, o)
	}
}

// port is the number of a port of the container.
func (d *deployment) port(name string) int32 {
	for _, p := range d.container.Ports {
		if p.Name == name {
			return p.ContainerPort
		}
	}
	return 0
}

// probes are the probes of the container, by kind.
func (d *deployment) probes() map[string]*corev1.Probe {
	all := map[string]*corev1.Probe{"startup": d.container.StartupProbe, "liveness": d.container.LivenessProbe, "readiness": d.container.ReadinessProbe}
	for kind, probe := range all {
		if probe == nil {
			delete(all, kind)
		}
	}
	return all
}

// lay writes the files that the pod has in a folder, each volume as the kubelet does:
// links to a folder behind a link, so that all of it can be changed at once.
func (d *deployment) lay(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for volume, mount := range d.configMounts {
		at := filepath.Join(folder, mount)
		if err := os.MkdirAll(filepath.Join(at, "..2026"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range d.files[volume] {
			if err := os.WriteFile(filepath.Join(at, "..2026", name), []byte(text), 0o444); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join("..data", name), filepath.Join(at, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("..2026", filepath.Join(at, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// configFile is what the service is told to read, as it is in the pod.
func (d *deployment) configFile(t *testing.T) string {
	t.Helper()
	for i, arg := range d.container.Args {
		if arg == "--config" && i+1 < len(d.container.Args) {
			return d.container.Args[i+1]
		}
	}
	t.Fatalf("%s: the service is told of no configuration: %q", d.folder, d.container.Args)
	return ""
}

// moved lays the files of the pod in a folder and gives the configuration there, with
// every file name in it as if that folder were the root.
func (d *deployment) moved(t *testing.T) (folder, config string) {
	t.Helper()
	folder = d.lay(t)
	text, err := os.ReadFile(filepath.Join(folder, d.configFile(t)))
	if err != nil {
		t.Fatalf("%s: %v", d.folder, err)
	}
	here := string(text)
	for _, mount := range d.configMounts {
		here = strings.ReplaceAll(here, " "+mount, " "+filepath.Join(folder, mount))
	}
	config = filepath.Join(folder, "moved.yaml")
	if err := os.WriteFile(config, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, config
}

// mounted tells whether a file of the configuration is in a volume of the pod.
func (d *deployment) mounted(file string) bool {
	for _, mount := range d.configMounts {
		if file == mount || strings.HasPrefix(path.Clean(file), mount+"/") {
			return true
		}
	}
	return false
}
