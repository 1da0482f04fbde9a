package validate

import (
	"fmt"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsinternal "k8s.io/kubernetes/pkg/apis/apps/v1"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalinginternal "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	coreinternal "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkinginternal "k8s.io/kubernetes/pkg/apis/networking/v1"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyinternal "k8s.io/kubernetes/pkg/apis/policy/v1"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/pod-security-admission/api"
	podsecurity "k8s.io/pod-security-admission/policy"
)

// apiServer reads and checks objects as the API server of Kubernetes 1.36 does, and
// the objects of the Prometheus operator by their types.
type apiServer struct {
	scheme  *runtime.Scheme
	decoder runtime.Decoder // strict: an unknown field is an error
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		apps.AddToScheme, appsinternal.AddToScheme, autoscaling.AddToScheme, autoscalinginternal.AddToScheme,
		core.AddToScheme, coreinternal.AddToScheme, networking.AddToScheme, networkinginternal.AddToScheme,
		policy.AddToScheme, policyinternal.AddToScheme, monitoringv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return &apiServer{s, serializer.NewCodecFactory(s, serializer.EnableStrict).UniversalDeserializer()}
}

// decode reads an object strictly, with the defaults of the API server.
func (a *apiServer) decode(object *unstructured.Unstructured) (runtime.Object, error) {
	text, err := object.MarshalJSON()
	if err != nil {
		return nil, err
	}
	decoded, _, err := a.decoder.Decode(text, nil, nil)
	if err != nil {
		return nil, err
	}
	a.scheme.Default(decoded)
	return decoded, nil
}

// check reads an object and gives everything that is wrong with it.
func (a *apiServer) check(object *unstructured.Unstructured) error {
	decoded, err := a.decode(object)
	if err != nil {
		return err
	}
	group := object.GroupVersionKind().Group
	if group == monitoringv1.SchemeGroupVersion.Group {
		return nil // there is no more than the types, which were kept to
	}
	internal, err := a.scheme.ConvertToVersion(decoded, schema.GroupVersion{Group: group, Version: runtime.APIVersionInternal})
	if err != nil {
		return err
	}
	var wrong field.ErrorList
	switch o := internal.(type) {
	case *apps.Deployment:
		wrong = appsvalidation.ValidateDeployment(o, corevalidation.PodValidationOptions{})
	case *autoscaling.HorizontalPodAutoscaler:
		wrong = autoscalingvalidation.ValidateHorizontalPodAutoscaler(o, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{})
	case *policy.PodDisruptionBudget:
		wrong = policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{})
	case *networking.NetworkPolicy:
		wrong = networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{})
	case *core.Service:
		o.Spec.ClusterIPs = []string{o.Spec.ClusterIP} // as the API server fills it in before it checks
		wrong = corevalidation.ValidateServiceCreate(o)
	case *core.ConfigMap:
		wrong = corevalidation.ValidateConfigMap(o)
	case *core.ServiceAccount:
		wrong = corevalidation.ValidateServiceAccount(o)
	case *core.Namespace:
		wrong = corevalidation.ValidateNamespace(o)
	default:
		return fmt.Errorf("nobody checks a %T", o)
	}
	if err := wrong.ToAggregate(); err != nil {
		return err
	}
	if d, ok := decoded.(*appsv1.Deployment); ok {
		return restricted(d)
	}
	return nil
}

// restricted holds the pods of a deployment to the Pod Security Standard of that name.
func restricted(d *appsv1.Deployment) error {
	evaluator, err := podsecurity.NewEvaluator(podsecurity.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	results := evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &d.Spec.Template.ObjectMeta, &d.Spec.Template.Spec)
	if result := podsecurity.AggregateCheckResults(results); !result.Allowed {
		return fmt.Errorf("not restricted: %s", result.ForbiddenDetail())
	}
	return nil
}

// TestManifests_AreValid: the API server takes every object.
func TestManifests_AreValid(t *testing.T) {
	server := newAPIServer(t)
	for _, folder := range kustomizations() {
		seen := make(map[string]bool)
		for _, object := range render(t, folder) {
			if object.GetNamespace() == "" && object.GetKind() != "Namespace" {
				t.Errorf("%s: %s %s has no namespace", folder, object.GetKind(), object.GetName())
			}
			if err := server.check(object); err != nil {
				t.Errorf("%s: %s %s: %v", folder, object.GetKind(), object.GetName(), err)
			}
			seen[object.GetKind()] = true
		}
		if folder != "kubernetes/overlays/production" {
			continue
		}
		for _, kind := range []string{
			"Namespace", "ServiceAccount", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler",
			"NetworkPolicy", "ServiceMonitor", "PrometheusRule",
		} {
			if !seen[kind] {
				t.Errorf("%s has no %s", folder, kind)
			}
		}
	}
}

// TestManifests_FlawsAreFound: what the API server would refuse is found here.
func TestManifests_FlawsAreFound(t *testing.T) {
	server := newAPIServer(t)
	for _, flaw := range []struct {
		name, kind, old, new, want string
	}{
		{"unknown field", "Deployment", `"minReadySeconds"`, `"minReadySecond"`, "unknown field"},
		{"unknown field below", "Deployment", `"periodSeconds"`, `"periodSecond"`, "unknown field"},
		{"wrong type", "Deployment", `"minReadySeconds":10`, `"minReadySeconds":"10"`, "cannot unmarshal"},
		{"port that does not exist", "Service", `"port":7341`, `"port":73410`, "between 1 and 65535"},
		{"selector of others", "Deployment", `"selector":{"matchLabels":{"app.kubernetes.io/component":"pdp"`, `"selector":{"matchLabels":{"app.kubernetes.io/component":"pep"`, "selector"},
		{"mount of nothing", "Deployment", `"name":"policies","readOnly"`, `"name":"polices","readOnly"`, "Not found"},
		{"minimum above maximum", "HorizontalPodAutoscaler", `"minReplicas":3`, `"minReplicas":30`, "maxReplicas"},
		{"unknown kind of metric", "ServiceMonitor", `"scrapeTimeout"`, `"scrapeTimeouts"`, "unknown field"},
		{"privileges", "Deployment", `"allowPrivilegeEscalation":false`, `"allowPrivilegeEscalation":true`, "not restricted"},
		{"root", "Deployment", `"runAsNonRoot":true`, `"runAsNonRoot":false`, "not restricted"},
		{"no seccomp", "Deployment", `"seccompProfile":{"type":"RuntimeDefault"}`, `"seccompProfile":{"type":"Unconfined"}`, "not restricted"},
		{"port without a name", "NetworkPolicy", `"port":"decisions"`, `"port":"-"`, "Invalid value"},
	} {
		found := false
		for _, object := range render(t, "kubernetes/overlays/production") {
			text, err := object.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if object.GetKind() != flaw.kind || !strings.Contains(string(text), flaw.old) {
				continue
			}
			found = true
			flawed := new(unstructured.Unstructured)
			if err := flawed.UnmarshalJSON([]byte(strings.ReplaceAll(string(text), flaw.old, flaw.new))); err != nil {
				t.Fatal(err)
			}
			if err := server.check(flawed); err == nil || !strings.Contains(err.Error(), flaw.want) {
				t.Errorf("%s: got %v, want an error with %q", flaw.name, err, flaw.want)
			}
		}
		if !found {
			t.Errorf("%s: no %s has %s", flaw.name, flaw.kind, flaw.old)
		}
	}
}
