package token

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/forseti-pdp/forseti/token/tokentest"
)

// series gives the values of the metrics that are not 0, by name and labels.
func series(t *testing.T, reg *prometheus.Registry) (values map[string]float64, count int) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values = make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			count++
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			if v := m.GetCounter().GetValue() + m.GetGauge().GetValue(); v != 0 {
				values[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = v
			}
		}
	}
	return values, count
}

func TestMetrics(t *testing.T) {
	k, twin := tokentest.NewKey("k", "ES256"), tokentest.NewKey("twin", "ES256")
	v := verifierOf(t, tokentest.Set(k, twin, twin), nil)
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(v); err != nil {
		t.Fatal(err)
	}
	_, before := series(t, reg)
	for _, text := range []string{
		k.Sign(goodClaims()), k.Sign(goodClaims()), "x", strings.Repeat("x", MaxBytes+1), k.Sign(goodClaims("exp", 1)),
		k.Sign(goodClaims("iss", "https://made-up-1.test")), k.Sign(goodClaims("iss", "https://made-up-2.test")), twin.Sign(goodClaims()),
	} {
		_, _ = v.Verify(t.Context(), text)
	}
	got, after := series(t, reg)
	const read = "forseti_token_keys_read_timestamp_seconds{issuer=" + testIssuer + "}"
	if got[read] < 1e9 {
		t.Errorf("got %s %v, want a time", read, got[read])
	}
	delete(got, read)
	want := map[string]float64{
		"forseti_tokens_total{result=ok}": 2, "forseti_tokens_total{result=malformed}": 1, "forseti_tokens_total{result=too_large}": 1,
		"forseti_tokens_total{result=expired}": 1, "forseti_tokens_total{result=issuer}": 2, "forseti_tokens_total{result=key}": 1,
		"forseti_token_keys{issuer=" + testIssuer + "}":                          1,
		"forseti_token_keys_refused{issuer=" + testIssuer + ",reason=duplicate}": 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if before != after {
		t.Errorf("got %d series, want the %d that there were before the first token", after, before)
	}
}
