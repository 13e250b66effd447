import assert from "node:assert/strict";
import { test } from "node:test";
import { buildBody, buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import type { Exchange } from "../../model/index.ts";
import { displayWidth } from "../../wire/text/display-width.ts";
import { ExchangePrinter } from "./exchange-printer.ts";
import { createStyle, wantsColour } from "./style.ts";
import { formatDuration, formatSize } from "./units.ts";

process.env["TZ"] = "UTC";

function print(
  exchanges: readonly Exchange[],
  options: { columns?: number; verbosity?: number; coloured?: boolean } = {},
): string {
  const { coloured = false, ...rest } = options;
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const printer = new ExchangePrinter({ style: createStyle(coloured), ...rest, write });
  printer.printHeader();
  for (const exchange of exchanges) printer.print(exchange);
  return text;
}

const JSON_POST: ExchangeParts = {
  method: "POST",
  target: "/users?id=7",
  status: 201,
  responseHeaders: { "Content-Type": "application/problem+json; charset=utf-8" },
  requestBody: "a=1",
  responseBody: '{"a":[1,{"b":"x"}]}',
};

test("one line an exchange, aligned, widening when something longer comes", () => {
  const long = "/a-path-that-is-longer-than-the-column-was";
  const text = print([
    buildExchange(JSON_POST),
    buildExchange({ target: long, without: "response", exchange: { quality: "unpaired", problems: ["reset:CANCEL"] } }),
    buildExchange({}),
  ]);
  assert.deepEqual(text.split("\n"), [
    "22:13:20.000  10.0.0.1:1234 → 10.0.0.2:80      POST    example.com       /users?id=7               201     json           3 B / 19 B     30 ms  complete",
    `22:13:20.000  10.0.0.1:1234 → 10.0.0.2:80      GET     example.com       ${long}  -       -               0 B / 0 B     30 ms  unpaired (reset:CANCEL)`,
    "22:13:20.000  10.0.0.1:1234 → 10.0.0.2:80      GET     example.com       /                                           200     -               0 B / 0 B     30 ms  complete",
    "",
  ]);
});

test("columns fit the first lines, which wait for that; one that comes later widens its own", () => {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const printer = new ExchangePrinter({ style: createStyle(false), header: true, write });
  const short = buildExchange({ target: "/a", authority: "h" });
  for (let count = 0; count < 3; count++) printer.printFitted(short);
  printer.printFitted(buildExchange({ target: "/longer", status: 404, authority: "h" }));
  assert.equal(text, "");
  printer.printFirst();
  const line =
    "22:13:20.000  10.0.0.1:1234 → 10.0.0.2:80  GET     h     /a       200     -     0 B / 0 B     30 ms  complete";
  assert.deepEqual(text.split("\n"), [
    "TIME          CLIENT → SERVER              METHOD  HOST  PATH     STATUS  TYPE      SIZES  DURATION  QUALITY",
    ...[line, line, line],
    line.replace("/a       200", "/longer  404"),
    "",
  ]);
  text = "";
  printer.printFirst();
  for (const target of ["/b", "/longer-than-all", "/c"]) printer.printFitted(buildExchange({ target, authority: "h" }));
  assert.deepEqual(
    text.split("\n").map((one) => one.indexOf("200")),
    [66, 75, 75, -1],
    "those behind it stand below it",
  );
});

test("lines wait until they are enough, and no more than so many characters", () => {
  for (const [verbosity, responseBody, most] of [
    [0, "", 256],
    [2, "x".repeat(20_000), 20],
  ] as const) {
    let text = "";
    const printer = new ExchangePrinter({
      ...{ style: createStyle(false), verbosity },
      write: (more) => {
        text += more;
      },
    });
    let waiting = 0;
    for (; text === "" && waiting < 1000; waiting++) printer.printFitted(buildExchange({ responseBody }));
    assert.ok(waiting > 1 && waiting <= most, String(waiting));
  }
});

test("on a terminal every line fits, whatever is in it", () => {
  const exchanges = [
    buildExchange({ target: `/${"漢字".repeat(100)}`, authority: "host.example.com".repeat(9) }),
    buildExchange({ method: "X".repeat(300), responseHeaders: { "content-type": `a/${"y".repeat(300)}` } }),
    buildExchange({}),
  ];
  for (const columns of [80, 120, 200])
    for (const line of print(exchanges, { columns }).split("\n"))
      assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
});

test("on a narrow terminal the client goes before the host and the path do, and columns stay where they are", () => {
  const exchanges = [JSON_POST, { target: "/a" }, { target: "/b", exchange: { quality: "truncated" as const } }, {}];
  const cases = {
    80: "TIME METHOD HOST PATH STATUS DURATION QUALITY",
    110: "TIME CLIENT → SERVER METHOD HOST PATH STATUS",
  };
  for (const [columns, titles] of Object.entries(cases)) {
    const [header, ...lines] = print(exchanges.map(buildExchange), { columns: Number(columns) })
      .trimEnd()
      .split("\n");
    assert.ok(header!.replaceAll(/ +/g, " ").startsWith(titles), header);
    for (const line of lines) assert.match(line.slice(header!.indexOf("STATUS")), /^20[01] /, line);
  }
});

test("nothing that was captured reaches the terminal as a control sequence", () => {
  const evil = "\u001b]0;owned\u0007\u009b31m\r\n\u202e";
  const exchange = buildExchange({
    method: evil,
    target: evil,
    authority: evil,
    requestHeaders: { [evil]: evil, "content-type": evil },
    responseHeaders: { "content-type": evil, "content-encoding": evil },
    requestBody: evil,
    responseBody: `{"a":"${evil}"}`,
    exchange: { problems: [evil], application: [{ name: "grpc", message: evil }] },
  });
  for (const verbosity of [0, 1, 2]) {
    const text = print([exchange], { verbosity, columns: 200 });
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

test("-v shows both heads, -vv bodies: JSON indented, the rest in hexadecimal", () => {
  const lines = print([buildExchange(JSON_POST)], { verbosity: 2 }).split("\n");
  assert.deepEqual(lines.slice(1, -3), [
    "> POST /users?id=7 HTTP/1.1",
    "> Host: example.com",
    ">",
    "  a=1",
    "< HTTP/1.1 201 OK",
    "< Content-Type: application/problem+json; charset=utf-8",
    "<",
    "  {",
    '    "a": [',
    "      1,",
    "      {",
    '        "b": "x"',
    "      }",
    "    ]",
    "  }",
  ]);
  assert.match(
    lines.at(-3)!,
    /^\* exchange 1, connection 7, began 2023-11-14T22:13:20Z, request 10 ms, first byte 20 ms/,
  );
  const binary = buildExchange({ responseBody: new Uint8Array([0, 1, 2, 0xff]) });
  assert.match(print([binary], { verbosity: 2 }), /\n {2}00000000 {2}00 01 02 ff .*\|\.\.\.\.\|\n/);
});

test("what is unknown, cut or not kept is said", () => {
  const exchange = buildExchange({ responseBody: "abc" });
  const text = print(
    [
      {
        ...exchange,
        request: { ...exchange.request!, headers: [{ name: undefined, value: undefined }] },
        response: { ...exchange.response!, body: { ...buildBody("abc"), size: 9, truncated: true, complete: false } },
      },
    ],
    { verbosity: 2 },
  );
  assert.match(text, /> ‹unknown›: ‹unknown›/);
  assert.match(text, /\(3 of 9 bytes were kept; its end was not seen\)/);
});

test("colour where it is wanted only", () => {
  assert.match(print([buildExchange({ status: 500 })], { coloured: true }), /\u001b\[31m500\u001b\[0m/);
  const terminal = { isTTY: true };
  for (const [stream, environment, choice, wanted] of [
    [terminal, {}, "auto", true],
    [{}, {}, "auto", false],
    [terminal, { NO_COLOR: "1" }, "auto", false],
    [terminal, { NO_COLOR: "" }, "auto", true],
    [terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }, "auto", false],
    [{}, { FORCE_COLOR: "1" }, "auto", true],
    [terminal, { FORCE_COLOR: "0" }, "auto", false],
    [{}, { CLICOLOR_FORCE: "1" }, "auto", true],
    [terminal, { CLICOLOR: "0" }, "auto", false],
    [terminal, { TERM: "dumb" }, "auto", false],
    [{}, { NO_COLOR: "1" }, "always", true],
    [terminal, {}, "never", false],
  ] as const)
    assert.equal(wantsColour(stream, environment, choice), wanted, JSON.stringify([stream, environment, choice]));
});

test("sizes and durations have three digits at most", () => {
  assert.deepEqual([0, 999, 1000, 1549, 9949, 9951, 999_499, 999_500, 5e9, 5e12].map(formatSize), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.5 kB",
    "9.9 kB",
    "10 kB",
    "999 kB",
    "1.0 MB",
    "5.0 GB",
    "5.0 TB",
  ]);
  assert.deepEqual([undefined, 0, 1500, 999_400, 12e6, 1.5e9, 61e9, 200e9, -1e6].map(formatDuration), [
    "-",
    "0.0 µs",
    "1.5 µs",
    "999 µs",
    "12 ms",
    "1.5 s",
    "61 s",
    "3m 20s",
    "-1.0 ms",
  ]);
});
