package main

import (
	"net/http"
	"net/http/pprof"
)

// profile serves profiles, if the configuration says so. They are for whoever may look
// into the memory of the service: on a server of their own, which only operators reach.
func (s *service) profile(mux *http.ServeMux) {
	if !s.config.Server.Profiling {
		return
	}
	s.logger.Warn("profiles are served, which may show what is in memory; switch server.profiling off again", "path", "/debug/pprof/")
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
}
