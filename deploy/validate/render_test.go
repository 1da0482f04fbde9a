package validate

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// kustomizations are the folders that are applied.
func kustomizations() []string {
	return []string{"kubernetes/overlays/development", "kubernetes/overlays/production", "kubernetes/sidecar"}
}

// render puts the manifests of a folder together, as `kubectl kustomize` does.
func render(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(deploy, folder))
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	text, err := resources.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	objects, err := split(text)
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	return objects
}

// split reads the documents of a text.
func split(text []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
		document := make([]byte, len(text)+1)
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		object := new(unstructured.Unstructured)
		if err := yaml.UnmarshalStrict(document[:n], &object.Object); err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// TestManifests_AreUsed: every file below kubernetes is part of what is applied.
func TestManifests_AreUsed(t *testing.T) {
	read := make(map[string]bool)
	for _, folder := range kustomizations() {
		recording := recordingFS{filesys.MakeFsOnDisk(), read}
		if _, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(recording, filepath.Join(deploy, folder)); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(filepath.Join(deploy, "kubernetes"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		absolute, err := filepath.Abs(path)
		if err == nil && !read[absolute] {
			t.Errorf("%s belongs to no kustomization", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// recordingFS notes what is read.
type recordingFS struct {
	filesys.FileSystem
	read map[string]bool
}

func (r recordingFS) ReadFile(name string) ([]byte, error) {
	if absolute, err := filepath.Abs(name); err == nil {
		r.read[absolute] = true
	}
	return r.FileSystem.ReadFile(name)
}
