import { METHODS } from "node:http";

/**
 * Requests of HTTP/1 that parsers could disagree on: where a message ends, what its target and its host are, which headers it has. Those that are as they
 * should be stand between them, so that none is refused for its neighbours' sake.
 */
export const HTTP1_REQUESTS: Readonly<Record<string, string>> = {
  ...lengths(),
  ...chunks(),
  ...lines(),
  ...names(),
  ...hosts(),
  ...targets(),
  ...startLines(),
  ...methods(),
  ...several(),
};

function request(start: string, headers: readonly string[] = [], body = ""): string {
  return `${start}\r\n${["host: a.example", ...headers].map((line) => `${line}\r\n`).join("")}\r\n${body}`;
}

function post(headers: readonly string[], body = ""): string {
  return request("POST /p HTTP/1.1", headers, body);
}

function get(...headers: readonly string[]): string {
  return request("GET /p HTTP/1.1", headers);
}

function bare(text: string): string {
  return `${text}\r\n\r\n`;
}

function lengths() {
  return {
    "a length": post(["content-length: 5"], "hello"),
    "two lengths, alike": post(["content-length: 5", "content-length: 5"], "hello"),
    "two lengths, unlike": post(["content-length: 5", "content-length: 6"], "hello"),
    "lengths in a list, alike": post(["content-length: 5, 5"], "hello"),
    "lengths in a list, unlike": post(["content-length: 5, 6"], "hello"),
    "a length with a sign": post(["content-length: +5"], "hello"),
    "a length below zero": post(["content-length: -5"], "hello"),
    "a length in hexadecimal": post(["content-length: 0x5"], "hello"),
    "a length with zeros before it": post(["content-length: 005"], "hello"),
    "a length with a point": post(["content-length: 5.0"], "hello"),
    "a length with letters behind it": post(["content-length: 5a"], "hello"),
    "a length with a space in it": post(["content-length: 5 5"], "hello"),
    "a length with tabs around it": post(["content-length:\t5\t"], "hello"),
    "a length that is empty": post(["content-length:"], ""),
    "a length beyond 64 bits": post(["content-length: 99999999999999999999"], "hello"),
    "a length and chunks": post(["content-length: 5", "transfer-encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"),
    "chunks and a length": post(["transfer-encoding: chunked", "content-length: 5"], "5\r\nhello\r\n0\r\n\r\n"),
    "GET with a length": request("GET /p HTTP/1.1", ["content-length: 5"], "hello"),
    "GET with chunks": request("GET /p HTTP/1.1", ["transfer-encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"),
    "HEAD with a length": request("HEAD /p HTTP/1.1", ["content-length: 5"], "hello"),
    "POST without a length": post([]),
    "a length behind a name with a space": post(["content-length : 5"], "hello"),
    "a length behind a name with an underscore": post(["content_length: 5", "content-length: 0"]),
  };
}

function chunks() {
  const chunked = (body: string, coding = "chunked") => post([`transfer-encoding: ${coding}`], body);
  return {
    chunks: chunked("5\r\nhello\r\n0\r\n\r\n"),
    "chunks in capitals": chunked("5\r\nhello\r\n0\r\n\r\n", "CHUNKED"),
    "chunks after another coding": chunked("5\r\nhello\r\n0\r\n\r\n", "gzip, chunked"),
    "chunks before another coding": chunked("5\r\nhello\r\n0\r\n\r\n", "chunked, gzip"),
    "chunks twice": chunked("5\r\nhello\r\n0\r\n\r\n", "chunked, chunked"),
    "chunks in two headers": post(["transfer-encoding: chunked", "transfer-encoding: chunked"], "0\r\n\r\n"),
    "chunks and identity in two headers": post(
      ["transfer-encoding: chunked", "transfer-encoding: identity"],
      "0\r\n\r\n",
    ),
    identity: chunked("", "identity"),
    "another coding": chunked("0\r\n\r\n", "xchunked"),
    "chunks with a tab before": post(["transfer-encoding:\tchunked"], "0\r\n\r\n"),
    "chunks with a vertical tab before": post(["transfer-encoding: \vchunked"], "0\r\n\r\n"),
    "chunks in quotes": chunked("0\r\n\r\n", '"chunked"'),
    "chunks with parameters": chunked("0\r\n\r\n", "chunked;q=1"),
    "a coding that is empty": post(["transfer-encoding:"], "0\r\n\r\n"),
    "chunks behind a name with a space": post(["transfer-encoding : chunked"], "0\r\n\r\n"),
    "chunks in HTTP/1.0": request("POST /p HTTP/1.0", ["transfer-encoding: chunked"], "0\r\n\r\n"),
    "a chunk's extension": chunked("5;a=b\r\nhello\r\n0\r\n\r\n"),
    "a chunk's extension in quotes": chunked('5;a="b;c"\r\nhello\r\n0;x\r\n\r\n'),
    "a chunk's extension with a bare line feed": chunked("5;a\nhello\r\n0\r\n\r\n"),
    "a chunk's size with zeros before it": chunked("0005\r\nhello\r\n000\r\n\r\n"),
    "a chunk's size in capitals": chunked("A\r\nhellohello\r\n0\r\n\r\n"),
    "a chunk's size with 0x": chunked("0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size with a sign": chunked("+5\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size with a space behind": chunked("5 \r\nhello\r\n0\r\n\r\n"),
    "a chunk's size with a space before": chunked(" 5\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size that is empty": chunked("\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size beyond 64 bits": chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size that is no number": chunked("xyz\r\nhello\r\n0\r\n\r\n"),
    "a chunk that is longer than its size": chunked("5\r\nhellox\r\n0\r\n\r\n"),
    "a chunk that ends in a bare line feed": chunked("5\r\nhello\n0\r\n\r\n"),
    "chunks' lines that end in bare line feeds": chunked("5\nhello\n0\n\n"),
    "a chunk's size that ends in a bare return": chunked("5\rhello\r\n0\r\n\r\n"),
    trailers: chunked("5\r\nhello\r\n0\r\nx-tail: t\r\n\r\n"),
    "trailers that say a length": chunked("5\r\nhello\r\n0\r\ncontent-length: 3\r\n\r\n"),
    "trailers that say a host": chunked("5\r\nhello\r\n0\r\nhost: b\r\n\r\n"),
    "trailers that say a coding": chunked("5\r\nhello\r\n0\r\ntransfer-encoding: chunked\r\n\r\n"),
    "trailers without a colon": chunked("5\r\nhello\r\n0\r\nx-tail\r\n\r\n"),
    "trailers with a space in a name": chunked("5\r\nhello\r\n0\r\nx tail: t\r\n\r\n"),
    "folded trailers": chunked("5\r\nhello\r\n0\r\nx-tail: a\r\n b\r\n\r\n"),
  };
}

function lines() {
  return {
    "a folded line": get("x-a: one", " two"),
    "a folded line with a tab": get("x-a: one", "\ttwo"),
    "a folded line that is the first": "GET /p HTTP/1.1\r\n x: y\r\nhost: a.example\r\n\r\n",
    "a folded line of spaces": get("x-a: one", "  "),
    "a folded length": post(["content-length:", " 5"], "hello"),
    "bare line feeds": "GET /p HTTP/1.1\nhost: a.example\nx-a: 1\n\n",
    "one bare line feed": "GET /p HTTP/1.1\r\nhost: a.example\nx-a: 1\r\n\r\n",
    "a bare line feed behind the head": "GET /p HTTP/1.1\r\nhost: a.example\r\nx-a: 1\r\n\n",
    "a bare line feed behind the start line": "GET /p HTTP/1.1\nhost: a.example\r\n\r\n",
    "a bare return in a value": get("x-a: one\rtwo"),
    "a bare return at a value's end": get("x-a: one\r"),
    "a bare return in a name": get("x\r-a: one"),
    "a bare return behind the start line": "GET /p HTTP/1.1\rhost: a.example\r\n\r\n",
    "NUL in a value": get("x-a: one\0two"),
    "NUL in a name": get("x\0a: one"),
    "a control character in a value": get("x-a: one\x01two"),
    "a tab in a value": get("x-a: one\ttwo"),
    "DEL in a value": get("x-a: one\x7ftwo"),
    "bytes above 127 in a value": get("x-a: \xe9\xff"),
    "empty lines before the start line": `\r\n\r\n${get()}`,
    "bare line feeds before the start line": `\n\n${get()}`,
    "a space before the start line": ` ${get()}`,
    "a line without a colon": get("nothing"),
    "a line that is a colon": get(":"),
    "a line that begins with a colon": get(": x"),
    "a value that is empty": get("x-a:"),
    "a value of spaces": get("x-a:    "),
    "a value with spaces around": get("x-a:   one   "),
  };
}

function names() {
  return {
    "a space in a name": get("x a: 1"),
    "a space behind a name": get("x-a : 1"),
    "a tab behind a name": get("x-a\t: 1"),
    "a space before a name": `GET /p HTTP/1.1\r\nhost: a.example\r\nx: y\r\n x-a: 1\r\n\r\n`,
    "brackets in a name": get("x(a): 1"),
    "a slash in a name": get("x/a: 1"),
    "an at sign in a name": get("x@a: 1"),
    "quotes in a name": get('x"a": 1'),
    "braces in a name": get("x{a}: 1"),
    "signs of a token in a name": get("!#$%&'*+-.^_`|~0: 1"),
    "bytes above 127 in a name": get("x-\xe9: 1"),
    "a pseudo-header": get(":path: /q"),
    "a name with an underscore": get("x_a: 1"),
    capitals: get("X-A: 1", "ACCEPT: b"),
    "headers of a connection": get("connection: x-a, close", "x-a: 1", "keep-alive: 5"),
    "connection names the host": get("connection: host"),
    "connection names the length": post(["connection: content-length", "content-length: 5"], "hello"),
    "connection names a header twice": get("connection: x-a", "connection: x-b", "x-a: 1", "x-b: 2"),
    "connection names itself": get("connection: connection"),
    "connection names where the client is": get("connection: x-forwarded-for", "x-forwarded-for: 1.2.3.4"),
    "connection names the client's host": get("connection: x-forwarded-host", "x-forwarded-host: b"),
    "connection names the client's scheme": get("connection: X-Forwarded-Proto", "x-forwarded-proto: https"),
    "connection names where the client is not": get("connection: x-forwarded-for"),
    "connection names a pseudo-header": get("connection: :path"),
    "connection names nine headers": get(`connection: ${"a,b,c,d,e,f,g,h,i"}`, "a: 1", "i: 1"),
    "connection names ten headers": get(`connection: ${"a,b,c,d,e,f,g,h,i,j"}`, "a: 1"),
    "connection names te": get("connection: te", "te: trailers, gzip"),
    "connection names te without trailers": get("connection: te", "te: gzip"),
    "connection names an authorization": get("connection: authorization", "authorization: x"),
    "connection names the coding": post(["connection: transfer-encoding", "transfer-encoding: chunked"], "0\r\n\r\n"),
    "connection names keep-alive": get("connection: keep-alive, upgrade, http2-settings", "keep-alive: 1"),
    "connection names what an upgrade is": get("connection: upgrade, x-a", "upgrade: nothing", "x-a: 1"),
    "connection is empty": get("connection:", "x-a: 1"),
    "proxy-connection": get("proxy-connection: keep-alive"),
    te: get("te: trailers, deflate"),
    "an expectation that is unknown": get("expect: nothing"),
    "an upgrade that is unknown": get("connection: upgrade", "upgrade: nothing"),
    "an upgrade without a connection": get("upgrade: websocket"),
    h2c: get("connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__"),
  };
}

function hosts() {
  return {
    "no host": bare("GET /p HTTP/1.1"),
    "no host in HTTP/1.0": bare("GET /p HTTP/1.0"),
    "two hosts, alike": get("host: a.example"),
    "two hosts, unlike": get("host: b.example"),
    "a host that is empty": bare("GET /p HTTP/1.1\r\nhost:"),
    "a host of spaces": bare("GET /p HTTP/1.1\r\nhost:   "),
    "a host with a space": bare("GET /p HTTP/1.1\r\nhost: a b"),
    "a host with a slash": bare("GET /p HTTP/1.1\r\nhost: a/b"),
    "a host with an at sign": bare("GET /p HTTP/1.1\r\nhost: user@a"),
    "a host with a comma": bare("GET /p HTTP/1.1\r\nhost: a,b"),
    "a host with a question mark": bare("GET /p HTTP/1.1\r\nhost: a?b"),
    "a host with a hash": bare("GET /p HTTP/1.1\r\nhost: a#b"),
    "a host with a backslash": bare("GET /p HTTP/1.1\r\nhost: a\\b"),
    "a host with quotes": bare('GET /p HTTP/1.1\r\nhost: "a"'),
    "a host with brackets": bare("GET /p HTTP/1.1\r\nhost: [::1]:80"),
    "a host with a bracket that is open": bare("GET /p HTTP/1.1\r\nhost: [::1"),
    "a host with two ports": bare("GET /p HTTP/1.1\r\nhost: a:1:2"),
    "a host with a port that is none": bare("GET /p HTTP/1.1\r\nhost: a:b"),
    "a host with a port that is empty": bare("GET /p HTTP/1.1\r\nhost: a:"),
    "a host with a port beyond 65535": bare("GET /p HTTP/1.1\r\nhost: a:99999"),
    "a host with a percent sign": bare("GET /p HTTP/1.1\r\nhost: a%20b"),
    "a host with bytes above 127": bare("GET /p HTTP/1.1\r\nhost: \xe9"),
    "a host in capitals": bare("GET /p HTTP/1.1\r\nHOST: A.EXAMPLE"),
    "a host behind a name with a space": bare("GET /p HTTP/1.1\r\nhost : a"),
  };
}

function targets() {
  const to = (target: string, host = "a.example") => bare(`GET ${target} HTTP/1.1\r\nhost: ${host}`);
  return {
    "an absolute target": to("http://a.example/p"),
    "an absolute target of another host": to("http://b.example/p"),
    "an absolute target and no host": bare("GET http://b.example/p HTTP/1.1"),
    "an absolute target without a path": to("http://b.example"),
    "an absolute target with a query alone": to("http://b.example?q"),
    "an absolute target without a host": to("http:///p"),
    "an absolute target with a user": to("http://user:pw@b.example/p"),
    "an absolute target with a port": to("http://b.example:81/p"),
    "an absolute target with a port that is none": to("http://b.example:x/p"),
    "an absolute target with a port beyond 65535": to("http://b.example:65536/p"),
    "an absolute target with a port that is empty": to("http://b.example:/p"),
    "an absolute target with port 0": to("http://b.example:0/p"),
    "an absolute target with a user alone": to("http://user@/p"),
    "an absolute target with an empty user": to("http://@b.example/p"),
    "an absolute target with two users": to("http://a@b@c.example/p"),
    "an absolute target with brackets": to("http://[::1]:80/p"),
    "an absolute target with a bracket that is open": to("http://[::1/p"),
    "an absolute target with an underscore": to("http://b_c/p"),
    "an absolute target with a percent sign": to("http://b%20c/p"),
    "an absolute target with a comma": to("http://b,c/p"),
    "an absolute target with a backslash": to("http://b\\c/p"),
    "an absolute target with a fragment": to("http://b.example#f"),
    "an absolute target of ws": to("ws://b.example/p"),
    "an absolute target by POST": bare("POST http://b.example/p HTTP/1.1\r\nhost: a\r\ncontent-length: 0"),
    "an absolute target by OPTIONS": bare("OPTIONS http://b.example HTTP/1.1\r\nhost: a"),
    "an absolute target of https": to("https://b.example/p"),
    "an absolute target of ftp": to("ftp://b.example/p"),
    "an absolute target in capitals": to("HTTP://B.EXAMPLE/P"),
    "an absolute target with one slash": to("http:/b.example/p"),
    "a target without a slash": to("p"),
    "a target that is a star": to("*"),
    "OPTIONS of a star": bare("OPTIONS * HTTP/1.1\r\nhost: a.example"),
    "a target that is a host": to("b.example:80"),
    "a target with a fragment": to("/p#f"),
    "a target with a space": to("/p q"),
    "a target with a tab": to("/p\tq"),
    "a target with a control character": to("/p\x01q"),
    "a target with NUL": to("/p\0q"),
    "a target with DEL": to("/p\x7fq"),
    "a target with bytes above 127": to("/p\xe9"),
    "a target with quotes": to('/p"q'),
    "a target with brackets": to("/p<q>[r]{s}|t^u`v\\w"),
    "a target with percent signs alone": to("/p%zz%"),
    "a target with %00": to("/p%00"),
    "a target with dots": to("/a/../p/./q"),
    "a target with two slashes": to("//p//q"),
    "a target of a question mark": to("?q"),
    "a target with two question marks": to("/p?a?b"),
  };
}

function startLines() {
  const line = (start: string) => bare(`${start}\r\nhost: a.example`);
  return {
    "two spaces before the target": line("GET  /p HTTP/1.1"),
    "two spaces behind the target": line("GET /p  HTTP/1.1"),
    "tabs in the start line": line("GET\t/p\tHTTP/1.1"),
    "a space behind the version": line("GET /p HTTP/1.1 "),
    "no version": bare("GET /p"),
    "no target": line("GET HTTP/1.1"),
    "a version in small letters": line("GET /p http/1.1"),
    "HTTP/1.2": line("GET /p HTTP/1.2"),
    "HTTP/1.10": line("GET /p HTTP/1.10"),
    "HTTP/0.9": line("GET /p HTTP/0.9"),
    "HTTP/2.0": line("GET /p HTTP/2.0"),
    "HTTP/3.0": line("GET /p HTTP/3.0"),
    "HTTP/1": line("GET /p HTTP/1"),
    "HTTP/1.0": line("GET /p HTTP/1.0"),
    "HTTP/1.0 that is kept": bare("GET /p HTTP/1.0\r\nhost: a.example\r\nconnection: keep-alive"),
    "another protocol": line("GET /p HTTQ/1.1"),
    "a method in small letters": line("get /p HTTP/1.1"),
    "a method that is unknown": line("FROB /p HTTP/1.1"),
    "a method with a hyphen": line("M-SEARCH /p HTTP/1.1"),
    "a method with signs": line("G@T /p HTTP/1.1"),
    "a method of HTTP/2": line("PRI /p HTTP/1.1"),
    "no method": line(" /p HTTP/1.1"),
    garbage: "\x80\x81\x82\x83\r\n\r\n",
    "a ClientHello": "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n",
    "a response": "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "a request for a proxy's answer": "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /p HTTP/1.1\r\nhost: a.example\r\n\r\n",
  };
}

function methods() {
  return Object.fromEntries(
    METHODS.filter((method) => method !== "CONNECT").map((method) => [
      `the method ${method}`,
      bare(`${method} /p HTTP/1.1\r\nhost: a.example`),
    ]),
  );
}

function several() {
  const large = `x-large: ${"x".repeat(70_000)}`;
  const many = Array.from({ length: 101 }, (_, index) => `x-${index}: 1`);
  const slow = "GET /slow HTTP/1.1\r\nhost: a.example\r\n\r\n";
  const old = (...headers: string[]) => bare(["GET /p HTTP/1.0", "host: a.example", ...headers].join("\r\n"));
  return {
    "a header that is too large": get(large),
    "a target that is too large": bare(`GET /${"x".repeat(70_000)} HTTP/1.1\r\nhost: a.example`),
    "headers that are too many": get(...many),
    "headers that are too many in HTTP/1.0": old(...many),
    "garbage behind a slow answer": `${slow}garbage\r\n\r\n`,
    "two hosts behind a slow answer": `${slow}${get("host: b")}`,
    "a coding that is unknown behind a slow answer": `${slow}${post(["transfer-encoding: x"], "0\r\n\r\n")}`,
    "a chunk that is none behind a slow answer": `${slow}${post(["transfer-encoding: chunked"], "x\r\n\r\n")}`,
    "CONNECT behind a slow answer": `${slow}${bare("CONNECT b:1 HTTP/1.1\r\nhost: b:1")}`,
    "an upgrade behind a slow answer": `${slow}${get("connection: upgrade", "upgrade: nothing")}`,
    "a request behind the last": get("connection: close"),
    "a request behind a slow last": bare("GET /slow HTTP/1.1\r\nhost: a.example\r\nconnection: close"),
    "garbage behind the last": `${get("connection: close")}garbage\r\n\r\n`,
    "gRPC without a host": bare("POST /p HTTP/1.1\r\ncontent-type: application/grpc\r\ncontent-length: 0"),
    "gRPC in HTTP/1.0": bare("POST /p HTTP/1.0\r\nhost: a\r\ncontent-type: application/grpc\r\ncontent-length: 0"),
    "gRPC with a chunk that is none": post(["content-type: application/grpc", "transfer-encoding: chunked"], "x\r\n"),
    "gRPC with a coding that is unknown": post(["content-type: application/grpc", "transfer-encoding: x"]),
    "HEAD without a host": bare("HEAD /p HTTP/1.1"),
    "HEAD of a fragment": bare("HEAD /p#f HTTP/1.1\r\nhost: a.example"),
    "a last chunk and no end": post(["transfer-encoding: chunked"], "5\r\nhello\r\n0\r\nx\r\n"),
  };
}
