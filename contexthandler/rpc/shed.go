package rpc

import v1 "github.com/forseti-pdp/forseti/proto/forseti/authorization/v1"

// shed is what there is too much of when a call is refused as overloaded.
type shed uint8

const (
	shedNothing shed = iota
	shedCalls        // calls that are worked on
	shedWaiting      // calls that wait for a source
	shedStreams      // streams
	shedReading      // calls whose message has not come
	shedOpen         // calls of other services
	shedUnsent       // octets of answers that their caller does not take
	shedDecoded      // octets of messages
	shedBig          // memory in use, for calls that may take much
	shedMemory       // memory in use, for all
	sheds
)

// String is the value of the label of the metric.
func (s shed) String() string {
	return [sheds]string{
		shedNothing: "nothing", shedCalls: "calls", shedWaiting: "waiting", shedStreams: "streams",
		shedReading: "reading", shedOpen: "other", shedUnsent: "unsent",
		shedDecoded: "decoded", shedBig: "memory_big", shedMemory: "memory",
	}[s]
}

func errOverloaded(s shed) *failure {
	message := [sheds]string{
		shedCalls:   "the service is at its limit",
		shedWaiting: "too many calls wait for sources",
		shedStreams: "too many streams are open",
		shedReading: "too many calls have not sent their message",
		shedOpen:    "too many calls of other services",
		shedUnsent:  "too many answers wait to be sent",
		shedDecoded: "too many large messages are being worked on",
		shedBig:     "the service is short of memory, and takes small calls only",
		shedMemory:  "the service is short of memory",
	}[s]
	return &failure{reason: v1.ErrorReason_ERROR_REASON_OVERLOADED, message: message, shed: s}
}
