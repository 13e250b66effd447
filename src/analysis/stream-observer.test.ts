import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection, Direction, HttpExchange } from "../model/index.ts";
import { Analyzer } from "./analyzer.ts";

const TIME = { seconds: 1, nanos: 0 };

const CASES: { name: string; events: [Direction, string][]; expected: string[] }[] = [
  {
    name: "HTTP/1 with a body that comes in pieces, and trailers",
    events: [
      [
        "read",
        "POST /a?b=1 HTTP/1.1\r\nX-One: 1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      ],
      ["read", "2\r\nde\r\n0\r\nX-Sum: 9\r\n\r\n"],
      ["write", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ],
    expected: [
      "1 request :authority=example.com :path=/a?b=1 :method=POST :scheme=http x-one=1 transfer-encoding=chunked",
      "1 request abc",
      "1 request de",
      "1 request trailers x-sum=9",
      "1 response :status=200 content-length=2",
      "1 response ok",
      "1 end POST 200 5>2",
    ],
  },
  {
    name: "pipelined requests, an absolute target, and a response without a body",
    events: [
      ["read", "GET http://host.example:81/x HTTP/1.1\r\nHost: other\r\n\r\nHEAD /y HTTP/1.1\r\nHost: h\r\n\r\n"],
      ["write", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"],
    ],
    expected: [
      "1 request :authority=host.example:81 :path=/x :method=GET :scheme=http",
      "2 request :authority=h :path=/y :method=HEAD :scheme=http",
      "1 response :status=204",
      "1 end GET 204 0>0",
      "2 response :status=200 content-length=10",
      "2 end HEAD 200 0>0",
    ],
  },
  {
    name: "a connection that ends within a message ends its exchange",
    events: [["read", "PUT /z HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"]],
    expected: [
      "1 request :authority=h :path=/z :method=PUT :scheme=http content-length=9",
      "1 request abc",
      "1 end PUT undefined 3>undefined",
    ],
  },
  {
    name: "a WebSocket's frames as bodies",
    events: [
      ["read", "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
      ["write", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x01\x01w"],
      ["read", "\x01\x02hi"],
      ["write", "\x00\x01s"],
    ],
    expected: [
      "1 request :authority=h :path=/ws :method=GET :scheme=http upgrade=websocket connection=Upgrade",
      "1 response :status=101 upgrade=websocket",
      "1 response \x01\x01w",
      "1 request \x01\x02hi",
      "1 response \x00\x01s",
      "1 end GET 101 4>6",
    ],
  },
  {
    name: "a tunnel as bodies, and the exchanges in it",
    events: [
      ["read", "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\nGET /in HTTP/1.0\r\n\r\n"],
      ["write", "HTTP/1.1 200 OK\r\n\r\n"],
      ["write", "HTTP/1.0 404 No\r\n\r\nabc"],
    ],
    expected: [
      "1 request :authority=h:1 :method=CONNECT",
      "1 response :status=200",
      "1 request GET /in HTTP/1.0\r\n\r\n",
      "2 request :path=/in :method=GET :scheme=http",
      "1 response HTTP/1.0 404 No\r\n\r\nabc",
      "2 response :status=404",
      "2 response abc",
      "2 end GET 404 0>3",
      "1 end CONNECT 200 20>22",
    ],
  },
];

for (const { name, events, expected } of CASES) {
  test(`an observer sees ${name}`, () => assert.deepEqual(observe(events), expected));
  test(`an observer sees ${name}, a byte at a time`, () => {
    const bytes = events.flatMap(([direction, text]) =>
      [...text].map((byte): [Direction, string] => [direction, byte]),
    );
    assert.deepEqual(joinBodies(observe(bytes)), joinBodies(expected));
  });
}

/** Plays the events to an analyzer and tells what an observer was told, exchanges numbered in their order. */
function observe(events: readonly [Direction, string][]): string[] {
  const told: string[] = [];
  let opened = 0;
  const analyzer = new Analyzer({
    emit: () => {},
    observeStream: () => {
      const number = ++opened;
      const fields = (headers: readonly { name: string | undefined; value: string | undefined }[]) =>
        headers.map(({ name, value }) => `${name}=${value}`).join(" ");
      return {
        onHeaders: (message, headers) => void told.push(`${number} ${message} ${fields(headers)}`),
        onBody: (message, data) => void told.push(`${number} ${message} ${Buffer.from(data).toString()}`),
        onTrailers: (message, trailers) => void told.push(`${number} ${message} trailers ${fields(trailers)}`),
        onEnd: ({ request, response }: HttpExchange) =>
          void told.push(
            `${number} end ${request?.method} ${response?.status} ${request?.body.size}>${response?.body.size}`,
          ),
      };
    },
  });
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: "server",
    opened: TIME,
  };
  const offsets = { read: 0, write: 0 };
  for (const [direction, text] of events) {
    const data = Buffer.from(text);
    analyzer.observe({ kind: "data", connection, time: TIME, direction, offset: offsets[direction], data });
    offsets[direction] += data.length;
  }
  analyzer.observe({ kind: "close", connection, time: TIME, how: "fin" });
  return told;
}

/** Pieces of one body that follow each other in their exchange, as one; exchange by exchange. */
function joinBodies(told: readonly string[]): string[] {
  const joined: string[] = [];
  for (const line of [...told].sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))) {
    // No field has a body's form here, and no body a field's.
    const [, head, body] = /^(\d+ (?:request|response) )(?!trailers|.*=)(.*)$/s.exec(line) ?? [];
    const last = joined.at(-1);
    if (head !== undefined && last?.startsWith(head) && !last.includes("=")) joined[joined.length - 1] = last + body;
    else joined.push(line);
  }
  return joined;
}
