package client

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"
)

// shop is a service that is guarded. It has one method for a message each way, one
// for several from the server, and one for several each way. The service of a
// message, or the action of a request, is what the policy is asked about.
type shop struct {
	healthpb.UnimplementedHealthServer
	v1.UnimplementedAuthorizationServiceServer
	served  []string
	careful bool // heeds errors of its streams
}

func (s *shop) Check(_ context.Context, m *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	s.served = append(s.served, m.GetService())
	return &healthpb.HealthCheckResponse{}, nil
}

func (s *shop) List(context.Context, *healthpb.HealthListRequest) (*healthpb.HealthListResponse, error) {
	s.served = append(s.served, "list")
	return &healthpb.HealthListResponse{}, nil
}

func (s *shop) Watch(m *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	s.served = append(s.served, m.GetService())
	return errors.Join(stream.Send(&healthpb.HealthCheckResponse{}), stream.Send(&healthpb.HealthCheckResponse{}))
}

func (s *shop) AuthorizeStream(stream grpc.BidiStreamingServer[v1.AuthorizeStreamRequest, v1.AuthorizeStreamResponse]) error {
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return s.failed(err, stream)
		}
		s.served = append(s.served, m.GetRequest().GetAction())
		if err := stream.Send(&v1.AuthorizeStreamResponse{RequestId: m.GetRequest().GetAction()}); err != nil {
			return err
		}
	}
}

// failed gives the error on, or goes on as if nothing had been.
func (s *shop) failed(err error, stream grpc.BidiStreamingServer[v1.AuthorizeStreamRequest, v1.AuthorizeStreamResponse]) error {
	if s.careful {
		return err
	}
	_, _ = stream.Recv()
	_ = stream.Send(&v1.AuthorizeStreamResponse{RequestId: "secret"})
	return nil
}

// guard makes a PEP, runs the shop behind it, and connects to the shop.
func guard(t *testing.T, adjust func(*PEPConfig)) (*shop, *grpc.ClientConn) {
	t.Helper()
	config := PEPConfig{
		Client: connect(t, start(t).address, func(c *Config) { c.Timeout = 5 * time.Second }),
		Ask: func(_ context.Context, method string, message any) (Request, error) {
			switch m := message.(type) {
			case *healthpb.HealthCheckRequest:
				return askAbout(m.GetService())
			case nil:
				return question("read"), nil
			default:
				return Request{}, errors.New("secret: no idea what to ask about " + method)
			}
		},
		Obligations: Obligations{
			Levels: []LevelRule{{Category: levelCategory}}, Level: func(context.Context) (int, bool) { return 2, true },
		},
	}
	if adjust != nil {
		adjust(&config)
	}
	pep, err := NewPEP(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{careful: true}
	address := serve(t, func(g *grpc.Server) {
		healthpb.RegisterHealthServer(g, s)
		v1.RegisterAuthorizationServiceServer(g, s)
	}, grpc.ChainUnaryInterceptor(pep.UnaryServerInterceptor()), grpc.ChainStreamInterceptor(pep.StreamServerInterceptor()))
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return s, conn
}

// askAbout is what to ask about an action; some actions are something else.
func askAbout(action string) (Request, error) {
	r := question(action)
	switch action {
	case "anonymous":
		return Request{}, status.Error(codes.Unauthenticated, "log in")
	case "lost":
		return Request{}, errors.New("secret")
	case "fine":
		return Request{}, okError{}
	case "wrong":
		r.Environment = map[string]string{"urn:oasis:names:tc:xacml:1.0:environment:current-time": "12:00:00Z"}
	case "token":
		r.Subject, r.SubjectToken = nil, "token"
	}
	return r, nil
}

// okError is an error whose status claims that all is well.
type okError struct{}

func (okError) Error() string              { return "secret" }
func (okError) GRPCStatus() *status.Status { return status.New(codes.OK, "") }

// gates is what callers get for each action.
var gates = []struct {
	action string
	want   codes.Code
	level  int
}{
	{"read", codes.OK, 0},
	{"write", codes.PermissionDenied, 0},
	{"other", codes.PermissionDenied, 0},
	{"lack", codes.PermissionDenied, 0},
	{"log", codes.PermissionDenied, 0}, // nobody understands its obligation
	{"sign", codes.PermissionDenied, 3},
	{"anonymous", codes.Unauthenticated, 0},
	{"token", codes.Unauthenticated, 0},
	{"lost", codes.PermissionDenied, 0},
	{"fine", codes.PermissionDenied, 0},
	{"wrong", codes.Internal, 0},
}

// check compares the error of a call, and looks for what it must not tell.
func check(t *testing.T, action string, err error, code codes.Code, level int) {
	t.Helper()
	s := status.Convert(err)
	if s.Code() != code {
		t.Errorf("%s: got %v, want %s", action, err, code)
	}
	for _, secret := range []string{"secret", "urn:", "Deny", "Indeterminate", "NotApplicable", "1337", "missing"} {
		if strings.Contains(s.String(), secret) {
			t.Errorf("%s: the caller is told %q", action, s)
		}
	}
	if got, _ := RequiredLevel(err); got != level {
		t.Errorf("%s: got level %d, want %d", action, got, level)
	}
}

func TestPEP_Unary(t *testing.T) {
	var refused []string
	s, conn := guard(t, func(c *PEPConfig) {
		c.Public = []string{healthpb.Health_List_FullMethodName}
		c.Refused = func(_ context.Context, method string, err error) {
			refused = append(refused, method+": "+err.Error())
		}
	})
	client := healthpb.NewHealthClient(conn)
	for _, tt := range gates {
		_, err := client.Check(within(t), &healthpb.HealthCheckRequest{Service: tt.action})
		check(t, tt.action, err, tt.want, tt.level)
	}
	if strings.Join(s.served, " ") != "read" {
		t.Errorf("served %v", s.served)
	}
	if len(refused) != len(gates)-1 || refused[0] != healthpb.Health_Check_FullMethodName+": access is denied: Deny" {
		t.Errorf("got %d refusals: %q", len(refused), refused)
	}
	if _, err := client.List(within(t), &healthpb.HealthListRequest{}); err != nil {
		t.Errorf("a public method: got %v", err)
	}
	_, err := v1.NewAuthorizationServiceClient(conn).Authorize(within(t), &v1.AuthorizeRequest{})
	check(t, "nobody knows what to ask", err, codes.PermissionDenied, 0)
}

// Where the client sends one message, it is asked about before the handler has it.
func TestPEP_ServerStream(t *testing.T) {
	s, conn := guard(t, nil)
	client := healthpb.NewHealthClient(conn)
	for _, tt := range gates {
		stream, err := client.Watch(within(t), &healthpb.HealthCheckRequest{Service: tt.action})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			_, err = stream.Recv()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		check(t, tt.action, err, tt.want, tt.level)
		if (n == 3) != (tt.want == codes.OK) || n != 3 && n != 1 {
			t.Errorf("%s: got %d messages", tt.action, n-1)
		}
	}
	if strings.Join(s.served, " ") != "read" {
		t.Errorf("served %v", s.served)
	}
}

// bidi sends the actions and gives those that were answered, with the end.
func bidi(t *testing.T, conn *grpc.ClientConn, actions ...string) (answered []string, err error) {
	t.Helper()
	stream, err := v1.NewAuthorizationServiceClient(conn).AuthorizeStream(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range actions {
		_ = stream.Send(&v1.AuthorizeStreamRequest{Request: &v1.AuthorizeRequest{Action: action}})
	}
	_ = stream.CloseSend()
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return answered, nil
		}
		if err != nil {
			return answered, err
		}
		answered = append(answered, m.GetRequestId())
	}
}

// Where the client sends several messages, the stream is asked about before its
// handler runs.
func TestPEP_Stream(t *testing.T) {
	for _, tt := range gates {
		s, conn := guard(t, func(c *PEPConfig) {
			c.Ask = func(_ context.Context, method string, message any) (Request, error) {
				if message != nil || method != v1.AuthorizationService_AuthorizeStream_FullMethodName {
					t.Errorf("asked about %v of %s", message, method)
				}
				return askAbout(tt.action)
			}
		})
		answered, err := bidi(t, conn, "write", "write")
		check(t, tt.action, err, tt.want, tt.level)
		if granted := tt.want == codes.OK; granted != (len(answered) == 2) || granted != (len(s.served) == 2) {
			t.Errorf("%s: answered %v, served %v", tt.action, answered, s.served)
		}
	}
}

// Each message can be asked about; the stream ends with the first that is refused,
// whatever the handler makes of that.
func TestPEP_Messages(t *testing.T) {
	for _, careful := range []bool{true, false} {
		s, conn := guard(t, func(c *PEPConfig) {
			c.AskMessage = func(_ context.Context, _ string, message any) (Request, error) {
				return askAbout(message.(*v1.AuthorizeStreamRequest).GetRequest().GetAction())
			}
		})
		s.careful = careful
		answered, err := bidi(t, conn, "read", "read", "sign", "read")
		check(t, "messages", err, codes.PermissionDenied, 3)
		if got := strings.Join(answered, " ") + ", " + strings.Join(s.served, " "); got != "read read, read read" {
			t.Errorf("careful %t: got %s", careful, got)
		}
		if answered, err = bidi(t, conn); err != nil || len(answered) != 0 {
			t.Errorf("no messages: got %v, %v", answered, err)
		}
	}
}

// silent is a stream of which nothing is read.
type silent struct{ grpc.ServerStream }

func (silent) Context() context.Context { return context.Background() }
func (silent) SendMsg(any) error        { return nil }

// A handler that does not look at what it was sent grants nothing.
func TestPEP_HandlerThatDoesNotLook(t *testing.T) {
	pep, err := NewPEP(PEPConfig{Client: &Client{config: Config{Timeout: time.Second}}, Ask: func(context.Context, string, any) (Request, error) {
		return Request{}, errors.New("nothing is to be asked")
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = pep.StreamServerInterceptor()(nil, silent{}, &grpc.StreamServerInfo{IsServerStream: true}, func(_ any, stream grpc.ServerStream) error {
		if err := stream.SendMsg(nil); status.Code(err) != codes.PermissionDenied {
			t.Errorf("SendMsg: got %v", err)
		}
		return nil
	})
	if status.Code(err) != codes.PermissionDenied {
		t.Errorf("got %v", err)
	}
}

// written is a stream that keeps what a handler sends besides messages, and gives one.
type written struct {
	silent
	told []string
}

func (w *written) SetHeader(metadata.MD) error  { w.told = append(w.told, "header"); return nil }
func (w *written) SendHeader(metadata.MD) error { w.told = append(w.told, "sent"); return nil }
func (w *written) SetTrailer(metadata.MD)       { w.told = append(w.told, "trailer") }
func (w *written) RecvMsg(m any) error {
	m.(*healthpb.HealthCheckRequest).Service = "secret"
	return nil
}

// A handler tells nobody anything before access is granted, nor after it is refused, and
// has no message that it may not have.
func TestPEP_HandlerThatTellsByHeaders(t *testing.T) {
	pep, err := NewPEP(PEPConfig{Client: &Client{config: Config{Timeout: time.Second}}, Ask: func(context.Context, string, any) (Request, error) {
		return Request{}, errors.New("refused")
	}})
	if err != nil {
		t.Fatal(err)
	}
	stream := &written{}
	err = pep.StreamServerInterceptor()(nil, stream, &grpc.StreamServerInfo{IsServerStream: true}, func(_ any, s grpc.ServerStream) error {
		tell := func(when string) {
			s.SetTrailer(metadata.Pairs("a", "b"))
			if set, sent := s.SetHeader(nil), s.SendHeader(nil); status.Code(set) != codes.PermissionDenied || status.Code(sent) != codes.PermissionDenied {
				t.Errorf("%s: got %v, %v", when, set, sent)
			}
		}
		tell("before")
		m := &healthpb.HealthCheckRequest{}
		if err := s.RecvMsg(m); status.Code(err) != codes.PermissionDenied || m.GetService() != "" {
			t.Errorf("got the message %v, %v", m, err)
		}
		tell("after")
		return nil
	})
	if status.Code(err) != codes.PermissionDenied || stream.told != nil {
		t.Errorf("got %v, told %v", err, stream.told)
	}
	granted := newGuarded(pep, stream, "method")
	granted.granted.Store(true)
	granted.SetTrailer(nil)
	if err := errors.Join(granted.SetHeader(nil), granted.SendHeader(nil)); err != nil || strings.Join(stream.told, " ") != "trailer header sent" {
		t.Errorf("got %v, told %v when access is granted", err, stream.told)
	}
}

// teller tells by all ways what it must not, and lets nothing that is refused keep it
// from doing so.
type teller struct{ recv bool }

func (s *teller) tell(stream grpc.ServerStream) error {
	secret := metadata.Pairs("secret", "a")
	_ = grpc.SetHeader(stream.Context(), secret)
	_ = grpc.SetTrailer(stream.Context(), secret)
	if s.recv {
		_ = stream.RecvMsg(&healthpb.HealthCheckRequest{})
		_ = grpc.SetTrailer(stream.Context(), secret)
	}
	_ = grpc.SendHeader(stream.Context(), secret)
	return status.Error(codes.NotFound, "secret")
}

// Nothing is told by the context of a stream either, nor by the error of a handler
// that did not look at the message.
func TestPEP_HandlerThatTellsByTheContext(t *testing.T) {
	pep, err := NewPEP(PEPConfig{Client: &Client{config: Config{Timeout: time.Second}}, Ask: func(context.Context, string, any) (Request, error) {
		return Request{}, errors.New("refused")
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, recv := range []bool{false, true} {
		tell := &teller{recv: recv}
		server := grpc.NewServer(grpc.ChainStreamInterceptor(pep.StreamServerInterceptor()))
		server.RegisterService(&grpc.ServiceDesc{
			ServiceName: "tell", HandlerType: (*any)(nil),
			Streams: []grpc.StreamDesc{{StreamName: "Tell", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error { return tell.tell(stream) }}},
		}, tell)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		stream, err := conn.NewStream(within(t), &grpc.StreamDesc{ServerStreams: true}, "/tell/Tell")
		if err == nil {
			err = errors.Join(stream.SendMsg(&healthpb.HealthCheckRequest{}), stream.CloseSend())
		}
		if err != nil {
			t.Fatal(err)
		}
		err = stream.RecvMsg(&healthpb.HealthCheckResponse{})
		header, _ := stream.Header()
		if status.Code(err) != codes.PermissionDenied || strings.Contains(err.Error(), "secret") {
			t.Errorf("recv %t: got %v", recv, err)
		}
		if trailer := stream.Trailer(); len(header["secret"])+len(trailer["secret"]) != 0 {
			t.Errorf("recv %t: told by header %v, trailer %v", recv, header, trailer)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

// Without a decision nothing is served.
func TestPEP_Unavailable(t *testing.T) {
	i := start(t)
	s, conn := guard(t, func(c *PEPConfig) {
		c.Client = connect(t, i.address, func(c *Config) { c.Timeout = 200 * time.Millisecond })
	})
	i.end(10 * time.Second)
	defer i.begin()
	_, err := healthpb.NewHealthClient(conn).Check(within(t), &healthpb.HealthCheckRequest{Service: "read"})
	check(t, "unary", err, codes.Unavailable, 0)
	_, err = bidi(t, conn, "read")
	check(t, "stream", err, codes.Unavailable, 0)
	if len(s.served) != 0 {
		t.Errorf("served %v", s.served)
	}
}

func TestNewPEP(t *testing.T) {
	_, err := NewPEP(PEPConfig{})
	if err == nil || !strings.Contains(err.Error(), "client") || !strings.Contains(err.Error(), "ask") {
		t.Errorf("got %v", err)
	}
	if _, err := NewPEP(PEPConfig{Client: &Client{}}); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v", err)
	}
}
