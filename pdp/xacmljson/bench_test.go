package xacmljson

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func BenchmarkReadRequest(b *testing.B) {
	for _, values := range []int{1, 1000} {
		input := []byte(inAttribute(`"Value": [` + strings.Repeat(`"user", `, values-1) + `"user"]`))
		b.Run(fmt.Sprintf("values=%d", values), func(b *testing.B) {
			b.SetBytes(int64(len(input)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ReadRequest(input, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWriteResponse(b *testing.B) {
	response := fullResponse()
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteResponse(&bytes.Buffer{}, response); err != nil {
			b.Fatal(err)
		}
	}
}
