package validate

import (
	"net"
	"os/exec"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// configuration is what is looked at of a configuration.
type configuration struct {
	Server struct {
		Listen          string   `json:"listen"`
		Admin           string   `json:"admin"`
		ShutdownWait    duration `json:"shutdown_wait"`
		ShutdownTimeout duration `json:"shutdown_timeout"`
	} `json:"server"`
	Policies struct {
		Folder string `json:"folder"`
	} `json:"policies"`
}

// duration is written as Go writes it.
type duration time.Duration

// UnmarshalText reads a duration.
func (d *duration) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	*d = duration(read)
	return err
}

// effective is the configuration in effect with a file, or without one.
func effective(t *testing.T, file string) configuration {
	t.Helper()
	text, err := exec.Command(program, "config", "--config", file).Output()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var c configuration
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
