// Draws monitor messages of every type and prints, for each, its bytes and what Cilium's formatter makes of them.
//
// Arguments: mode, count, seed. A line a message: JSON of its CPU, its bytes, the text, and whether the formatter panicked.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/monitor/api"
	"github.com/cilium/cilium/pkg/monitor/format"
)

var random *rand.Rand

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	seed, _ := strconv.ParseInt(os.Args[3], 10, 64)
	random = rand.New(rand.NewSource(seed))
	text := &bytes.Buffer{}
	verbosity := map[string]api.Verbosity{"info": api.INFO, "debug": api.DEBUG, "verbose": api.VERBOSE, "hex": api.VERBOSE, "json": api.JSON, "info-numeric": api.INFO, "verbose-numeric": api.VERBOSE}[os.Args[1]]
	formatter := format.NewMonitorFormatter(verbosity, links{}, text)
	formatter.Hex = os.Args[1] == "hex"
	formatter.Numeric = strings.HasSuffix(os.Args[1], "-numeric")
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for range count {
		message, cpu := slices.Clip(draw()), random.Intn(130)
		text.Reset()
		stopped := print(formatter, message, cpu)
		line, _ := json.Marshal(map[string]any{"cpu": cpu, "hex": hex.EncodeToString(message), "text": text.Bytes(), "stopped": stopped})
		fmt.Fprintf(out, "%s\n", line)
	}
}

func print(formatter *format.MonitorFormatter, message []byte, cpu int) (stopped bool) {
	defer func() { stopped = recover() != nil }()
	formatter.FormatSample(message, cpu)
	return
}

type links struct{}

func (links) GetIfNameCached(int) (string, bool) { return "", false }
func (links) Name(index uint32) string           { return strconv.Itoa(int(index)) }

func draw() []byte {
	switch random.Intn(9) {
	case 0, 1:
		return drop()
	case 2, 3:
		return trace()
	case 4:
		return verdict()
	case 5:
		return debug()
	case 6:
		return capture()
	case 7:
		if random.Intn(3) == 0 {
			return agent()
		}
		return record()
	default:
		switch random.Intn(12) {
		case 0:
			return append([]byte{byte(random.Intn(256))}, some(random.Intn(40))...)
		case 1:
			message := draw()
			return message[:1+random.Intn(len(message))]
		case 2, 3, 4:
			return record()
		default:
			return socket()
		}
	}
}

func some(length int) []byte {
	bytes := make([]byte, length)
	random.Read(bytes)
	return bytes
}

func pick[T any](values ...T) T { return values[random.Intn(len(values))] }
