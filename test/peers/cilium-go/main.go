// Reads a gob session as Cilium's monitor does, and prints one line a payload: CPU, type, lost events, and its message in hexadecimal.
package main

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cilium/cilium/pkg/monitor/payload"
)

func main() {
	decoder := gob.NewDecoder(os.Stdin)
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
		fmt.Printf("%d %d %d %x\n", event.CPU, event.Type, event.Lost, event.Data)
	}
}
