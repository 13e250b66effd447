// Draws access log records with every field that this version of Cilium has, and prints one line of JSON for each: the message as the
// agent sends it, the record's own JSON, and what this version's monitor prints of it. The types are taken as they are found, so that
// the same source is built with every version.
//
// `plain` leaves out what no record has in practice: types that are none, control characters, bytes that are no UTF-8.
//
//	cilium-records COUNT SEED [plain]
package main

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strconv"

	"github.com/cilium/cilium/pkg/monitor"
	"github.com/cilium/cilium/pkg/proxy/accesslog"
)

var random *rand.Rand

// So many of a hundred fields that have usual values hold another one.
var unusual = 5

// What a field holds most often; all others are drawn by their type.
var choices = map[string][]string{
	"Type":              {"Request", "Response", "Response", "Sample", ""},
	"ObservationPoint":  {"Ingress", "Egress", ""},
	"Verdict":           {"Forwarded", "Denied", "Error", "Redirected"},
	"ObservationSource": {"proxy", "standalone-proxy", ""},
	"FlowEvent":         {"", "FlowAdded", "FlowRemoved"},
	"Source":            {"k8s", "reserved", "cidr", ""},
}
var words = []string{"", "a", "io.cilium.k8s.policy.cluster", "x y", "<&>", "é\u2028", "\xff\xfe", "tab\t\"q\"\\", "\b\f\x7f", "0"}
var urls = []string{"http://h.example/a?q=<x>", "https://u:p@h:8443/%7Ea/b%2Fc?x#f", "/only/path", "//host/x", "mailto:a@b", "http://[fd00::1]:80/", "*", "?q", "http://h?", "http://h#"}
var addresses = []string{"10.0.0.9", "::ffff:10.0.0.9", "fd00::1", "2001:db8:0:0:1::"}

type printed struct {
	Hex, Record, Text, JSON string
}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	seed, _ := strconv.ParseInt(os.Args[2], 10, 64)
	random = rand.New(rand.NewSource(seed))
	if len(os.Args) > 3 {
		choices["Type"] = []string{"Request", "Response"}
		choices["ObservationSource"] = []string{"proxy", "standalone-proxy"}
		words = []string{"", "a", "io.cilium.k8s.policy.cluster", "x y", "<&>", "é", "\"q\"\\", "0"}
		unusual = 0
	}
	lines := json.NewEncoder(os.Stdout)
	for range count {
		var sent accesslog.LogRecord
		fill(reflect.ValueOf(&sent).Elem(), "")
		message := bytes.NewBuffer([]byte{129})
		check(gob.NewEncoder(message).Encode(sent))
		// As the monitor has it then: gob does not tell a pointer to 0 from none.
		var notify monitor.LogRecordNotify
		check(gob.NewDecoder(bytes.NewReader(message.Bytes()[1:])).Decode(&notify))
		record, err := json.Marshal(notify.LogRecord)
		check(err)
		check(lines.Encode(printed{
			hex.EncodeToString(message.Bytes()), string(record), hex.EncodeToString(dump(&notify, "DumpInfo")), hex.EncodeToString(dump(&notify, "DumpJSON")),
		}))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fill(value reflect.Value, name string) {
	switch value.Interface().(type) {
	case accesslog.LogRecord:
		layers := []string{"HTTP", "Kafka", "DNS", "L7", "none"}
		layer := layers[random.Intn(len(layers))]
		for index := range value.NumField() {
			field := value.Type().Field(index).Name
			isLayer := field == "HTTP" || field == "Kafka" || field == "DNS" || field == "L7"
			if !isLayer || field == layer || random.Intn(12) == 0 {
				fill(value.Field(index), field)
			}
		}
		return
	case *url.URL:
		if parsed, err := url.Parse(urls[random.Intn(len(urls))]); err == nil && random.Intn(6) > 0 {
			value.Set(reflect.ValueOf(parsed))
		}
		return
	case net.IP:
		value.Set(reflect.ValueOf(net.ParseIP(addresses[random.Intn(len(addresses))])))
		return
	case netip.Addr:
		value.Set(reflect.ValueOf(netip.MustParseAddr(addresses[random.Intn(len(addresses))])))
		return
	}
	switch value.Kind() {
	case reflect.Struct:
		for index := range value.NumField() {
			if value.Field(index).CanSet() {
				fill(value.Field(index), value.Type().Field(index).Name)
			}
		}
	case reflect.Pointer:
		// Of what stands in a record itself, layers are chosen before.
		if name != "ServiceInfo" && name != "DropReason" || random.Intn(3) == 0 {
			value.Set(reflect.New(value.Type().Elem()))
			fill(value.Elem(), "")
		}
	case reflect.Slice:
		for range random.Intn(4) {
			element := reflect.New(value.Type().Elem()).Elem()
			fill(element, "")
			value.Set(reflect.Append(value, element))
		}
	case reflect.Map:
		// One entry: a second one would be printed in any order.
		if random.Intn(4) > 0 {
			key, element := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
			fill(key, "")
			fill(element, "")
			if name == "Fields" && random.Intn(2) == 0 {
				key.SetString("status")
			}
			value.Set(reflect.MakeMap(value.Type()))
			value.SetMapIndex(key, element)
		}
	case reflect.String:
		own, known := choices[name]
		if !known || random.Intn(100) < unusual {
			own = words
		}
		value.SetString(own[random.Intn(len(own))])
	case reflect.Int, reflect.Int16, reflect.Int32:
		value.SetInt(int64(int32(random.Uint32())) >> random.Intn(32))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		// The types of DNS have names up to some hundred.
		value.SetUint(random.Uint64() >> (33 + random.Intn(31)))
	default:
		panic("no field of " + value.Type().String() + " was known when this was written")
	}
}

// Up to v1.18 they print, and write into a buffer since.
func dump(notify *monitor.LogRecordNotify, name string) []byte {
	method := reflect.ValueOf(notify).MethodByName(name)
	if method.Type().NumIn() == 1 {
		var buffer bytes.Buffer
		writer := bufio.NewWriter(&buffer)
		method.Call([]reflect.Value{reflect.ValueOf(writer)})
		writer.Flush()
		return buffer.Bytes()
	}
	stdout := os.Stdout
	reader, writer, err := os.Pipe()
	check(err)
	os.Stdout = writer
	text := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(reader)
		text <- all
	}()
	method.Call(nil)
	writer.Close()
	os.Stdout = stdout
	return <-text
}
