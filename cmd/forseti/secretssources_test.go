package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/forseti-pdp/forseti/internal/secrettest"
	attributev1 "github.com/forseti-pdp/forseti/proto/forseti/attribute/v1"
)

// leaky is what sources ask that answer in each wrong way, and with each answer give
// away whatever they were told, and more.
type leaky struct {
	attributev1.UnimplementedAttributeServiceServer
	t      testing.TB
	folder string
	plants *secrettest.Plants
}

// gossip is what they say.
const gossip = "person " + secrettest.Person + " (" + secrettest.Note + ", " + secrettest.PersonUUID + ") of user " + secrettest.User

// ServeHTTP answers as the first part of the path says.
func (l *leaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	told := gossip + " asked " + r.URL.String() + " with " + r.Header.Get("Authorization")
	w.Header().Set("X-Told", told)
	switch kind := strings.Split(r.URL.Path, "/")[1]; kind {
	case "error":
		w.WriteHeader(http.StatusInternalServerError)
		l.write(w, told)
	case "forbidden":
		w.Header().Set("WWW-Authenticate", told)
		w.WriteHeader(http.StatusForbidden)
	case "html":
		w.Header().Set("Content-Type", "text/html")
		l.write(w, "<html>"+told)
	case "text":
		w.Header().Set("Content-Type", told)
		l.write(w, told)
	case "half":
		w.Header().Set("Content-Type", "application/json")
		l.write(w, `{"value": "`+secrettest.Note+`", "`+secrettest.Person+`": `)
	case "shape":
		w.Header().Set("Content-Type", "application/json")
		l.write(w, `{"value": {"`+secrettest.Note+`": "`+secrettest.Person+`"}}`)
	case "twice":
		w.Header().Set("Content-Type", "application/json")
		l.write(w, `{"`+secrettest.Note+`": 1, "`+secrettest.Note+`": 2, "value": "x"}`)
	case "match":
		w.Header().Set("Content-Type", "application/json")
		l.write(w, `{"value": "`+secrettest.Note+`"}`)
	case "echo":
		w.Header().Set("Content-Type", "application/json")
		l.write(w, `{"value": "x", "id": "`+secrettest.PersonUUID+`"}`)
	case "redirect":
		http.Redirect(w, r, "http://127.0.0.1:1/"+secrettest.Person+"?token="+secrettest.Bearer, http.StatusFound)
	case "hang":
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	case "line":
		l.hijack(w, "HTTP/9.9 "+told+"\r\n\r\n")
	case "header":
		l.hijack(w, "HTTP/1.1 200 OK\r\n"+told+"\r\n\r\n")
	case "reset":
		l.hijack(w, "")
	}
}

func (l *leaky) write(w io.Writer, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		l.t.Log(err)
	}
}

// hijack answers with what is no answer.
func (l *leaky) hijack(w http.ResponseWriter, text string) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		l.t.Error(err)
		return
	}
	l.write(connection, text)
	_ = connection.Close()
}

// GetAttributes fails.
func (l *leaky) GetAttributes(ctx context.Context, m *attributev1.GetAttributesRequest) (*attributev1.GetAttributesResponse, error) {
	header, _ := metadata.FromIncomingContext(ctx)
	return nil, status.Errorf(codes.PermissionDenied, "%s asked %v with %v", gossip, m, header)
}

// file writes a file and gives its name.
func (l *leaky) file(name, text string) string {
	path := filepath.Join(l.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// listen serves connections until the test ends.
func (l *leaky) listen(serve func(net.Listener) (stop func())) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(serve(listener))
	return listener.Addr().String()
}

// garbage tells every connection something that is of no protocol.
func garbage(listener net.Listener) (stop func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(connection, gossip) // nobody may be there
			_ = connection.Close()
		}
	}()
	return func() { _ = listener.Close(); <-done }
}

// sources declares a source of each kind for each way in which it can fail. Each
// provides an attribute with its name, of the person.
func (l *leaky) sources() (yaml string, names []string) {
	httpServer := httptest.NewServer(l)
	l.t.Cleanup(httpServer.Close)
	attributes := grpc.NewServer()
	attributev1.RegisterAttributeServiceServer(attributes, l)
	grpcAddress := l.listen(func(listener net.Listener) func() {
		done := make(chan struct{})
		go func() { defer close(done); _ = attributes.Serve(listener) }() // it is stopped
		return func() { attributes.Stop(); <-done }
	})
	garbageAddress := l.listen(garbage)
	bearer, password := l.file("bearer", secrettest.Bearer), l.file("password", secrettest.Password)
	var b strings.Builder
	add := func(name, kind, block, from string) {
		names = append(names, name)
		fmt.Fprintf(&b, `
  - name: %[1]s
    kind: %[2]s
    needs: [{name: person, attribute: urn:altinn:person:identifier-no, category: subject}]
    %[2]s: %[3]s
    provides: [{attribute: urn:planted:%[1]s, category: subject, from: ['%[4]s'], match: '[a-z]+'}]
`, name, kind, block, from)
		if kind != "static" {
			b.WriteString("    timeout: 500ms\n")
		}
	}
	for _, way := range []string{"error", "forbidden", "html", "text", "half", "shape", "twice", "match", "echo", "redirect", "hang", "line", "header", "reset"} {
		echo := ""
		if way == "echo" {
			echo = ", echo: {person: $.id}"
		}
		add("http-"+way, "http", fmt.Sprintf("{url: '%s/%s/{person}?again={person}', auth: {bearer_file: %s}%s}", httpServer.URL, way, bearer, echo), "$.value")
	}
	add("http-down", "http", "{url: 'http://127.0.0.1:1/{person}'}", "$.value")
	add("http-garbage", "http", "{url: 'http://"+garbageAddress+"/{person}'}", "$.value")
	for way, query := range map[string]string{
		"cast": "SELECT (:person::text || 'x')::int AS value", "raise": "SELECT tell(:person) AS value", "large": "SELECT repeat(:person, 1000000) AS value", "rows": "SELECT :person || n::text AS value FROM generate_series(1, 100000) AS s (n)",
	} {
		add("sql-"+way, "sql", fmt.Sprintf("{postgres: {%s}, query: \"%s\"}", l.database(), query), "value")
	}
	add("sql-down", "sql", "{postgres: {url: 'postgres://forseti@127.0.0.1:1/d?sslmode=disable', password_file: "+password+"}, query: 'SELECT value FROM a WHERE b = :person'}", "value")
	add("sql-garbage", "sql", "{postgres: {url: 'postgres://forseti@"+garbageAddress+"/d?sslmode=disable', password_file: "+password+"}, query: 'SELECT value FROM a WHERE b = :person'}", "value")
	add("grpc-error", "grpc", "{address: '"+grpcAddress+"', plaintext: true}", "value")
	add("grpc-garbage", "grpc", "{address: '"+garbageAddress+"', plaintext: true}", "value")
	add("ldap-garbage", "ldap", "{urls: ['ldap://"+garbageAddress+"'], allow_cleartext: true, bind: {dn: 'cn=forseti', password_file: "+password+"}, base: 'dc=a', filter: '(uid={person})'}", "value")
	add("ldap-down", "ldap", "{urls: ['ldap://127.0.0.1:1'], allow_cleartext: true, bind: {dn: 'cn=forseti', password_file: "+password+"}, base: 'dc=a', filter: '(uid={person})'}", "value")
	add("static-table", "static", "{file: "+l.table("good")+", match: {person: person}}", "value")
	return "sources:" + b.String(), names
}

// database is how to reach a database with a function that quotes what it is asked.
func (l *leaky) database() string {
	url := database.Database(l.t, `
		create function tell(person text) returns text language plpgsql as $$
		begin
			if person is null then return null; end if; -- nobody, when the query is tried
			raise exception 'about %', person using detail = 'of ' || person, hint = person;
		end $$;`)
	password := regexp.MustCompile(`//postgres:([^@]*)@`).FindStringSubmatch(url)[1]
	l.plants.Add("the password of the database", password)
	return "url: '" + strings.Replace(url, ":"+password+"@", "@", 1) + "', password_file: " + l.file("database", password)
}

// table writes the file of the static source, which is in order or not.
func (l *leaky) table(state string) string {
	if state == "good" {
		return l.file("table.csv", "person,value\n"+secrettest.Person+","+secrettest.Note+"\n")
	}
	return l.file("table.csv", "person,value\n"+secrettest.Person+",\""+secrettest.Note+"\n"+secrettest.Person+"\",x,y\n")
}
