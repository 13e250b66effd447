// A gRPC server and client of google.golang.org/grpc, without generated code: messages are bytes.
//
//	grpc-go serve            prints the port it listens on, and serves until its stdin ends
//	grpc-go call HOST:PORT   calls it in every way, and prints one line of JSON a call
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// raw hands messages over as they are.
type raw struct{}

func (raw) Marshal(value any) ([]byte, error)         { return *value.(*[]byte), nil }
func (raw) Unmarshal(bytes []byte, value any) error { *value.(*[]byte) = append([]byte{}, bytes...); return nil }
func (raw) Name() string                              { return "raw" }

const large = 24 << 20

func main() {
	encoding.RegisterCodec(raw{})
	if os.Args[1] == "serve" {
		serve()
	} else {
		call(os.Args[2])
	}
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.MaxRecvMsgSize(large), grpc.MaxSendMsgSize(large),
		grpc.UnknownServiceHandler(handle))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() { check(server.Serve(listener)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
	server.Stop()
}

func handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	given, _ := metadata.FromIncomingContext(stream.Context())
	if method == "/tapline.Test/Refused" {
		// Nothing was sent before: the status stands in the headers.
		return status.Error(codes.PermissionDenied, "not for you: 100% sure, ümlaut")
	}
	head := metadata.Pairs("x-head", "one", "x-head", "two", "x-head-bin", "\x00\x01\xff")
	head.Append("x-given", given.Get("x-given")...)
	check(stream.SetHeader(head))
	stream.SetTrailer(metadata.Pairs("x-tail", "end", "x-tail-bin", "\xff\x00"))
	switch method {
	case "/tapline.Test/Unary", "/tapline.Test/Large":
		message := receive(stream)
		return stream.SendMsg(&message)
	case "/tapline.Test/Upload":
		total := 0
		for {
			var message []byte
			if err := stream.RecvMsg(&message); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
			total += len(message)
		}
		sum := fmt.Appendf(nil, "%d", total)
		return stream.SendMsg(&sum)
	case "/tapline.Test/Download":
		receive(stream)
		for index := range 200 {
			message := bytes.Repeat([]byte{byte(index)}, index*37)
			if err := stream.SendMsg(&message); err != nil {
				return err
			}
		}
		return nil
	case "/tapline.Test/Talk":
		for {
			var message []byte
			if err := stream.RecvMsg(&message); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
			if err := stream.SendMsg(&message); err != nil {
				return err
			}
			if string(message) == "fail" {
				return status.Error(codes.DataLoss, "as asked")
			}
		}
	case "/tapline.Test/Slow":
		<-stream.Context().Done()
		// What the client's deadline or leave is to the server.
		fmt.Fprintln(os.Stderr, "slow: "+stream.Context().Err().Error())
		return stream.Context().Err()
	}
	return status.Error(codes.Unimplemented, method)
}

func receive(stream grpc.ServerStream) []byte {
	var message []byte
	if err := stream.RecvMsg(&message); err != nil {
		return nil
	}
	return message
}

func call(target string) {
	connection, err := grpc.NewClient("passthrough:///"+target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{}), grpc.MaxCallRecvMsgSize(large), grpc.MaxCallSendMsgSize(large)))
	check(err)
	defer connection.Close()
	unary := func(name, method string, size int, wait time.Duration, options ...grpc.CallOption) {
		ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), "x-given", "g"), wait)
		defer cancel()
		var head, tail metadata.MD
		message, answer := bytes.Repeat([]byte("m"), size), []byte{}
		err := connection.Invoke(ctx, "/tapline.Test/"+method, &message, &answer, append(options, grpc.Header(&head), grpc.Trailer(&tail))...)
		tell(name, err, head, tail, len(answer), bytes.Equal(answer, message))
	}
	const long = 90 * time.Second
	unary("unary", "Unary", 100, long)
	unary("empty", "Unary", 0, long)
	unary("compressed", "Unary", 50_000, long, grpc.UseCompressor(gzip.Name))
	unary("large", "Large", 20<<20, long)
	unary("trailers only", "Refused", 10, long)
	unary("unimplemented", "Nothing", 10, long)
	unary("deadline", "Slow", 10, time.Second)
	stream := func(name, method string, up, down bool, talk func(grpc.ClientStream) (int, bool, error)) {
		ctx, cancel := context.WithTimeout(context.Background(), long)
		defer cancel()
		opened, err := connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: up, ServerStreams: down}, "/tapline.Test/"+method)
		check(err)
		size, right, err := talk(opened)
		head, _ := opened.Header()
		tell(name, err, head, opened.Trailer(), size, right)
	}
	stream("client stream", "Upload", true, false, func(s grpc.ClientStream) (int, bool, error) {
		for range 300 {
			message := make([]byte, 10_000)
			check(s.SendMsg(&message))
		}
		check(s.CloseSend())
		var sum []byte
		err := s.RecvMsg(&sum)
		return len(sum), string(sum) == "3000000", err
	})
	stream("server stream", "Download", false, true, func(s grpc.ClientStream) (int, bool, error) {
		ask := []byte("go")
		check(s.SendMsg(&ask))
		check(s.CloseSend())
		for index := 0; ; index++ {
			var message []byte
			if err := s.RecvMsg(&message); err == io.EOF {
				return index, index == 200, nil
			} else if err != nil {
				return index, false, err
			}
			if !bytes.Equal(message, bytes.Repeat([]byte{byte(index)}, index*37)) {
				return index, false, nil
			}
		}
	})
	talk := func(last string) func(grpc.ClientStream) (int, bool, error) {
		return func(s grpc.ClientStream) (int, bool, error) {
			// Each is answered before the next is sent.
			for index := range 50 {
				message, answer := []byte(strings.Repeat("x", index)), []byte{}
				check(s.SendMsg(&message))
				if err := s.RecvMsg(&answer); err != nil || !bytes.Equal(message, answer) {
					return index, false, err
				}
			}
			message, answer := []byte(last), []byte{}
			check(s.SendMsg(&message))
			check(s.RecvMsg(&answer))
			check(s.CloseSend())
			err := s.RecvMsg(&answer)
			if err == io.EOF {
				err = nil
			}
			return 51, string(answer) == last, err
		}
	}
	stream("both stream", "Talk", true, true, talk("done"))
	stream("fails after messages", "Talk", true, true, talk("fail"))
	ctx, cancel := context.WithCancel(context.Background())
	opened, err := connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/tapline.Test/Slow")
	check(err)
	time.AfterFunc(200*time.Millisecond, cancel)
	var message []byte
	tell("cancelled", opened.RecvMsg(&message), nil, nil, 0, true)
}

func tell(name string, err error, head, tail metadata.MD, size int, right bool) {
	told := status.Convert(err)
	// What proxies add is not compared.
	kept := func(all metadata.MD) map[string][]string {
		list := map[string][]string{}
		for key, values := range all {
			if strings.HasPrefix(key, "x-") && !strings.HasPrefix(key, "x-envoy") || key == "content-type" {
				list[key] = values
			}
		}
		return list
	}
	line, err := json.Marshal(map[string]any{"call": name, "code": told.Code().String(), "message": told.Message(),
		"head": kept(head), "tail": kept(tail), "size": size, "right": right})
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
