/** Requests of HTTP/2 that are malformed (RFC 9113 §8.1.1), or that a proxy must not make HTTP/1 of as they are; some as they should be stand between them. */
export const HTTP2_REQUESTS: Readonly<Record<string, Http2Request>> = {
  "as it should be": asked([]),
  "a name in capitals": asked([["X-A", "1"]]),
  "a name with a space": asked([["x a", "1"]]),
  "a name with a colon": asked([["x:a", "1"]]),
  "a name that is empty": asked([["", "1"]]),
  "a name with brackets": asked([["x(a)", "1"]]),
  "a name with bytes above 127": asked([["x\xe9", "1"]]),
  "a name with an underscore": asked([["x_a", "1"]]),
  "a line break in a value": asked([["x-a", "1\r\nx-b: 2"]]),
  "a bare line feed in a value": asked([["x-a", "1\nx-b: 2"]]),
  "a bare return in a value": asked([["x-a", "1\r2"]]),
  "NUL in a value": asked([["x-a", "1\x002"]]),
  "a control character in a value": asked([["x-a", "1\x012"]]),
  "DEL in a value": asked([["x-a", "1\x7f2"]]),
  "a tab in a value": asked([["x-a", "1\t2"]]),
  "bytes above 127 in a value": asked([["x-a", "\xe9"]]),
  "spaces around a value": asked([["x-a", " 1 "]]),
  "a value that is empty": asked([["x-a", ""]]),
  connection: asked([["connection", "close"]]),
  "keep-alive": asked([["keep-alive", "5"]]),
  "proxy-connection": asked([["proxy-connection", "close"]]),
  "transfer-encoding": asked([["transfer-encoding", "chunked"]]),
  upgrade: asked([["upgrade", "websocket"]]),
  "te: trailers": asked([["te", "trailers"]]),
  "te: gzip": asked([["te", "gzip"]]),
  "te: trailers, gzip": asked([["te", "trailers, gzip"]]),
  "http2-settings": asked([["http2-settings", "AAA"]]),
  "no method": {
    headers: [
      [":scheme", "http"],
      [":path", "/p"],
      [":authority", "a"],
    ],
  },
  "no scheme": {
    headers: [
      [":method", "GET"],
      [":path", "/p"],
      [":authority", "a"],
    ],
  },
  "no path": {
    headers: [
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", "a"],
    ],
  },
  "no authority": {
    headers: [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/p"],
    ],
  },
  "a host and no authority": asked([["host", "b"]], { ":authority": undefined }),
  "two hosts and no authority": asked(
    [
      ["host", "b"],
      ["host", "c"],
    ],
    { ":authority": undefined },
  ),
  "a host that is the authority": asked([["host", "a.example"]]),
  "a host that is not the authority": asked([["host", "b"]]),
  "a host that is empty": asked([["host", ""]]),
  "two methods": asked([], {}, [[":method", "GET"]]),
  "two paths": asked([], {}, [[":path", "/q"]]),
  "two authorities": asked([], {}, [[":authority", "b"]]),
  "a pseudo-header behind headers": {
    headers: [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/p"],
      ["x-a", "1"],
      [":authority", "a"],
    ],
  },
  "a pseudo-header that is unknown": asked([], {}, [[":unknown", "1"]]),
  "a response's pseudo-header": asked([], {}, [[":status", "200"]]),
  "a path that is empty": asked([], { ":path": "" }),
  "a path without a slash": asked([], { ":path": "p" }),
  "a path that is a star": asked([], { ":path": "*" }),
  "OPTIONS of a star": asked([], { ":path": "*", ":method": "OPTIONS" }),
  "a path with a space": asked([], { ":path": "/p q" }),
  "a path with a line break": asked([], { ":path": "/p HTTP/1.1\r\nx-a: 1" }),
  "a path with a control character": asked([], { ":path": "/p\x01" }),
  "a path with NUL": asked([], { ":path": "/p\0" }),
  "a path with DEL": asked([], { ":path": "/p\x7f" }),
  "a path with bytes above 127": asked([], { ":path": "/p\xe9" }),
  "a path with a fragment": asked([], { ":path": "/p#f" }),
  "a path with brackets": asked([], { ":path": '/p<q>[r]{s}|t^u`v\\w"' }),
  "a path that is absolute": asked([], { ":path": "http://b/p" }),
  "a path with a query": asked([], { ":path": "/p?a=b" }),
  "a path with two slashes": asked([], { ":path": "//p" }),
  "a path of a question mark": asked([], { ":path": "?q" }),
  "a method that is empty": asked([], { ":method": "" }),
  "a method with a space": asked([], { ":method": "GET /q" }),
  "a method with a line break": asked([], { ":method": "GET\r\nx-a: 1" }),
  "a method in small letters": asked([], { ":method": "get" }),
  "a method that is unknown": asked([], { ":method": "FROB" }),
  "a method with signs": asked([], { ":method": "G@T" }),
  TRACE: asked([], { ":method": "TRACE" }),
  CONNECT: {
    headers: [
      [":method", "CONNECT"],
      [":authority", "a:1"],
    ],
  },
  "CONNECT with a path": asked([], { ":method": "CONNECT" }),
  "CONNECT without an authority": { headers: [[":method", "CONNECT"]] },
  "a scheme that is unknown": asked([], { ":scheme": "ftp" }),
  "a scheme that is empty": asked([], { ":scheme": "" }),
  "a scheme with signs": asked([], { ":scheme": "ht tp" }),
  "a scheme of TLS": asked([], { ":scheme": "https" }),
  "an authority that is empty": asked([], { ":authority": "" }),
  "an authority with a user": asked([], { ":authority": "user@a" }),
  "an authority with a space": asked([], { ":authority": "a b" }),
  "an authority with a slash": asked([], { ":authority": "a/b" }),
  "an authority with a comma": asked([], { ":authority": "a,b" }),
  "an authority with a line break": asked([], { ":authority": "a\r\nx-a: 1" }),
  "an authority with bytes above 127": asked([], { ":authority": "\xe9" }),
  "an authority with a port": asked([], { ":authority": "a:80" }),
  "an authority with a port that is none": asked([], { ":authority": "a:b" }),
  "a body": posted([], "hello"),
  "a length": posted([["content-length", "5"]], "hello"),
  "a length that is too small": posted([["content-length", "4"]], "hello"),
  "a length that is too large": posted([["content-length", "6"]], "hello"),
  "a length and no body": { ...asked([["content-length", "5"]], { ":method": "POST" }) },
  "a length of a GET": asked([["content-length", "5"]]),
  "a length of nothing": asked([["content-length", "0"]], { ":method": "POST" }),
  "two lengths, alike": posted(
    [
      ["content-length", "5"],
      ["content-length", "5"],
    ],
    "hello",
  ),
  "two lengths, unlike": posted(
    [
      ["content-length", "5"],
      ["content-length", "6"],
    ],
    "hello",
  ),
  "a length with a sign": posted([["content-length", "+5"]], "hello"),
  "a length in a list": posted([["content-length", "5, 5"]], "hello"),
  "a length that is empty": posted([["content-length", ""]], "hello"),
  "a length that is no number": posted([["content-length", "x"]], "hello"),
  trailers: { ...posted([], "hello"), trailers: [["x-tail", "1"]] },
  "trailers with a pseudo-header": { ...posted([], "hello"), trailers: [[":path", "/q"]] },
  "trailers in capitals": { ...posted([], "hello"), trailers: [["X-Tail", "1"]] },
  "trailers of a connection": { ...posted([], "hello"), trailers: [["connection", "close"]] },
  "trailers that say a length": { ...posted([], "hello"), trailers: [["content-length", "5"]] },
  "trailers that say a host": { ...posted([], "hello"), trailers: [["host", "b"]] },
  "trailers that say a coding": { ...posted([], "hello"), trailers: [["transfer-encoding", "chunked"]] },
  "trailers with a line break": { ...posted([], "hello"), trailers: [["x-tail", "1\r\n"]] },
  "cookies in pieces": asked([
    ["cookie", "a=1"],
    ["cookie", "b=2"],
  ]),
  "headers that are too many": asked(Array.from({ length: 101 }, (_, index) => [`x-${index}`, "1"])),
  "a header that is too large": asked([["x-large", "x".repeat(70_000)]]),
  "an expectation": posted([["expect", "100-continue"]], "hello"),
  "an expectation that is unknown": posted([["expect", "nothing"]], "hello"),
  "gRPC without a path": asked([["content-type", "application/grpc"]], { ":path": "p", ":method": "POST" }),
  "gRPC of a fragment": asked([["content-type", "application/grpc"]], { ":path": "/p#f", ":method": "POST" }),
  "a protocol that is unknown": asked([], { ":method": "CONNECT" }, [[":protocol", "nothing"]]),
  "a protocol of a GET": asked([], {}, [[":protocol", "websocket"]]),
};

type Headers = readonly (readonly [name: string, value: string])[];

/** A request on a stream of its own. */
export interface Http2Request {
  readonly headers: Headers;
  readonly body?: string;
  readonly trailers?: Headers;
}

function asked(
  headers: Headers,
  pseudo: Readonly<Record<string, string | undefined>> = {},
  more: Headers = [],
): Http2Request {
  const usual = { ":method": "GET", ":scheme": "http", ":path": "/p", ":authority": "a.example", ...pseudo };
  const given = Object.entries(usual).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { headers: [...given, ...more, ...headers] };
}

function posted(headers: Headers, body: string): Http2Request {
  return { ...asked(headers, { ":method": "POST" }), body };
}
