// Makes flows at random, with every field of flow.proto that there is, and prints them as Hubble's exporter and `hubble observe -o jsonpb` do.
//
//	hubble-go COUNT SEED
package main

import (
	"fmt"
	"math/rand"
	"os"
	"strconv"

	"github.com/cilium/cilium/api/v1/observer"
	_ "github.com/cilium/cilium/hubble/cmd"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var texts = []string{"", "default", "k8s:app=cart", "10.0.1.71", "fd00::1", "be:b0:e4:3e:21:98", "é \"quoted\" \\ <&>\u2028", "GET", "http://a/b?c=d"}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	seed, _ := strconv.ParseInt(os.Args[2], 10, 64)
	random := rand.New(rand.NewSource(seed))
	for range count {
		response := &observer.GetFlowsResponse{}
		fill(random, response.ProtoReflect(), 0)
		line, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(response)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(string(line))
	}
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
