// Prints a gob session as `cilium monitor` does, from its standard input; what it prints is buffered.
//
//	monitor info|verbose|json
package main

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/cilium/cilium/pkg/monitor/api"
	"github.com/cilium/cilium/pkg/monitor/format"
	"github.com/cilium/cilium/pkg/monitor/payload"
)

func main() {
	out := bufio.NewWriterSize(os.Stdout, 1<<17)
	defer out.Flush()
	verbosity := map[string]api.Verbosity{"info": api.INFO, "verbose": api.VERBOSE, "json": api.JSON}[os.Args[1]]
	formatter := format.NewMonitorFormatter(verbosity, links{}, out)
	decoder := gob.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<17))
	for {
		var event payload.Payload
		err := event.DecodeBinary(decoder)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		formatter.FormatEvent(&event)
	}
}

type links struct{}

func (links) GetIfNameCached(int) (string, bool) { return "", false }
func (links) Name(index uint32) string           { return strconv.Itoa(int(index)) }
