// Package validate holds the tests of what is in deploy: the manifests of
// Kubernetes, the Dockerfile and the unit of systemd. There is neither a cluster nor
// Docker in it, and it takes nothing from the network: the manifests are put
// together by kustomize, and then read, filled with defaults and checked by the code
// of the API server; the steps of the Dockerfile are carried out here; and the
// configurations that they hold are served by the real program.
package validate
