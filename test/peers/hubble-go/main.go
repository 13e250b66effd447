// Makes flows at random, with every field of flow.proto that there is, and prints them as Hubble's exporter and `hubble observe -o jsonpb` do.
// With a third argument it is `node`, `agent` or `debug` events, which its command line reads from no file: each as a line of JSON with
// the document and the line that its printer makes of it.
//
//	hubble-go COUNT SEED [KIND]
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"

	"github.com/cilium/cilium/api/v1/observer"
	_ "github.com/cilium/cilium/hubble/cmd"
	"github.com/cilium/cilium/hubble/pkg/printer"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var texts = []string{"", "default", "k8s:app=cart", "10.0.1.71", "fd00::1", "be:b0:e4:3e:21:98", "é \"quoted\" \\ <&>\u2028", "GET", "http://a/b?c=d"}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	seed, _ := strconv.ParseInt(os.Args[2], 10, 64)
	random := rand.New(rand.NewSource(seed))
	for range count {
		if len(os.Args) > 3 {
			printTold(random, os.Args[3])
			continue
		}
		response := &observer.GetFlowsResponse{}
		fill(random, response.ProtoReflect(), 0)
		fmt.Println(documentOf(response))
	}
}

func documentOf(message proto.Message) string {
	line, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	check(err)
	return string(line)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func printTold(random *rand.Rand, kind string) {
	var buffer bytes.Buffer
	// What it says of nodes goes to standard error.
	reader, writer, err := os.Pipe()
	check(err)
	stderr := os.Stderr
	os.Stderr = writer
	lines := printer.New(printer.Compact(), printer.WithColor("never"), printer.Writer(&buffer), printer.WithDebug())
	os.Stderr = stderr
	var message proto.Message
	switch kind {
	case "node":
		response := &observer.GetFlowsResponse{}
		for response.GetNodeStatus() == nil {
			response.Reset()
			fill(random, response.ProtoReflect(), 0)
		}
		check(lines.WriteProtoNodeStatusEvent(response))
		message = response
	case "agent":
		response := &observer.GetAgentEventsResponse{}
		for response.GetAgentEvent() == nil {
			fill(random, response.ProtoReflect(), 0)
		}
		check(lines.WriteProtoAgentEvent(response))
		message = response
	default:
		response := &observer.GetDebugEventsResponse{}
		for response.GetDebugEvent() == nil {
			fill(random, response.ProtoReflect(), 0)
		}
		check(lines.WriteProtoDebugEvent(response))
		message = response
	}
	writer.Close()
	said, err := io.ReadAll(reader)
	check(err)
	reader.Close()
	line, err := json.Marshal(map[string]string{"document": documentOf(message), "line": buffer.String() + string(said)})
	check(err)
	fmt.Println(string(line))
}

func fill(random *rand.Rand, message protoreflect.Message, depth int) {
	descriptor := message.Descriptor()
	switch descriptor.FullName() {
	case "google.protobuf.Timestamp":
		message.Set(descriptor.Fields().ByName("seconds"), protoreflect.ValueOfInt64(1_600_000_000+random.Int63n(200_000_000)))
		message.Set(descriptor.Fields().ByName("nanos"), protoreflect.ValueOfInt32([]int32{0, 500_000_000, 120_000, random.Int31n(1_000_000_000)}[random.Intn(4)]))
		return
	case "google.protobuf.Any":
		return
	}
	chosen := map[protoreflect.FullName]int{}
	for index := range descriptor.Fields().Len() {
		field := descriptor.Fields().Get(index)
		if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
			at, known := chosen[oneof.FullName()]
			if !known {
				at = random.Intn(oneof.Fields().Len())
				// Most are flows.
				if depth == 0 && random.Intn(5) > 0 {
					at = 0
				}
				chosen[oneof.FullName()] = at
			}
			if oneof.Fields().Get(at) != field {
				continue
			}
		} else if random.Intn(3) == 0 {
			continue
		}
		if field.Message() != nil && (depth > 6 || field.Message().FullName() == "google.protobuf.Any") {
			continue
		}
		switch {
		case field.IsMap():
			entries := message.Mutable(field).Map()
			for range random.Intn(3) {
				entries.Set(protoreflect.MapKey(scalar(random, field.MapKey())), value(random, entries.NewValue(), field.MapValue(), depth))
			}
		case field.IsList():
			list := message.Mutable(field).List()
			for range random.Intn(3) {
				list.Append(value(random, list.NewElement(), field, depth))
			}
		case field.Message() != nil:
			fill(random, message.Mutable(field).Message(), depth+1)
		default:
			message.Set(field, scalar(random, field))
		}
	}
}

func value(random *rand.Rand, empty protoreflect.Value, field protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	if field.Message() == nil {
		return scalar(random, field)
	}
	fill(random, empty.Message(), depth+1)
	return empty
}

func scalar(random *rand.Rand, field protoreflect.FieldDescriptor) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(random.Intn(2) == 0)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(texts[random.Intn(len(texts))])
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(texts[random.Intn(len(texts))]))
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		// A later version's.
		if random.Intn(40) == 0 {
			return protoreflect.ValueOfEnum(999)
		}
		return protoreflect.ValueOfEnum(values.Get(random.Intn(values.Len())).Number())
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(random.Uint32() >> random.Intn(32)))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(random.Uint32() >> random.Intn(32))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(random.Uint64() >> random.Intn(64)))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(random.Uint64() >> random.Intn(64))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(random.Float32())
	default:
		return protoreflect.ValueOfFloat64(random.Float64())
	}
}
