/** HAR of drawn exchanges, as Python's own readers of JSON, URLs, times, queries, cookies and base64 take it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { harEntry } from "../src/analysis/http/har/har-entry.ts";
import type { HttpExchange } from "../src/model/index.ts";
import { buildExchange, TEST_TIME } from "./support/build-exchange.ts";
import { checkHar } from "./support/check-har.ts";
import { skipUnless } from "./support/needs.ts";
import { Random } from "./support/random.ts";

/** Refuses what JSON has not, and gives of each entry what it makes of it. */
const READER = `
import base64, datetime, json, re, sys, urllib.parse
def refuse(word): raise ValueError(word)
def content(of):
    text = of.get("text", "")
    return base64.b64decode(text, validate=True).hex() if of.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass").hex()
def look(entry):
    request, response = entry["request"], entry["response"]
    url = urllib.parse.urlsplit(request["url"])
    began = datetime.datetime.fromisoformat(re.sub(r"Z$|(?<=[.][0-9]{6})[0-9]*Z$", "+00:00", entry["startedDateTime"]))
    return {
        "method": request["method"], "scheme": url.scheme, "host": url.hostname, "port": url.port, "path": urllib.parse.unquote(url.path),
        "query": [list(pair) for pair in urllib.parse.parse_qsl(url.query, keep_blank_values=True)],
        "told": [[pair["name"], pair["value"]] for pair in request["queryString"]],
        "fields": [[field["name"], field["value"]] for field in request["headers"]],
        "cookies": [[cookie["name"], cookie["value"]] for cookie in request["cookies"]],
        "status": response["status"], "content": content(response["content"]), "size": response["content"]["size"],
        "began": round(began.timestamp() * 1000),
        "sum": round(sum(time for name, time in entry["timings"].items() if name != "ssl" and time > 0), 6), "time": round(entry["time"], 6),
    }
json.dump([look(entry) for entry in json.load(sys.stdin, parse_constant=refuse)["log"]["entries"]], sys.stdout)`;

const random = new Random(process.env["SEED"] === undefined ? 3 : Number(process.env["SEED"]));

const WORDS = [
  "a",
  "Zz9",
  "x-y",
  "ü",
  "名前",
  "😀",
  "a b",
  "50%",
  "a+b",
  "a&b",
  "a=b",
  "'\"",
  "<&>",
  "\\",
  "[1]",
  "",
  "~",
  "a/b",
  "#",
];
const word = (): string => random.pick(WORDS);
const octets = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** A body of text, of any bytes, or none. */
function drawBody(): Uint8Array {
  if (random.chance(4)) return random.bytes(random.below(60));
  return Buffer.from(
    Array.from({ length: random.below(6) }, () => random.pick([...WORDS, "\n", "\r\n", "\0", "\u2028", "\ufeff"])).join(
      "",
    ),
  );
}

interface Drawn {
  readonly exchange: HttpExchange;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly cookies: readonly (readonly [string, string])[];
  readonly content: Uint8Array;
  readonly millis: number;
}

function draw(): Drawn {
  const path = `/${Array.from({ length: random.below(3) }, word).join("/")}`.replaceAll("//", "/-/");
  const query = Array.from({ length: random.below(4) }, () => [`k${word()}`, word()] as const);
  const cookies = Array.from(
    { length: random.below(3) },
    (_, i) => [`c${i}`, random.pick(["v", "a=b", "x.y", "1"])] as const,
  );
  const written = query.map((pair) => pair.map(encodeURIComponent).join("="));
  const target =
    path.split("/").map(encodeURIComponent).join("/") + (query.length === 0 ? "" : `?${written.join("&")}`);
  const requestHeaders: Record<string, string> = { "X-Word": octets(random.pick(["a", "é", "a  b", "名"])) };
  if (cookies.length > 0) requestHeaders["Cookie"] = cookies.map((pair) => pair.join("=")).join("; ");
  const millis = random.below(1e6);
  const content = drawBody();
  const at = (more: number) => ({
    seconds: TEST_TIME.seconds + Math.floor((millis + more) / 1000),
    nanos: ((millis + more) % 1000) * 1e6,
  });
  const exchange = buildExchange({
    method: random.pick(["GET", "POST", "FROB-X"]),
    target,
    authority: random.pick(["h", "example.com:8080", "[::1]:80", "10.0.0.1"]),
    status: random.pick([200, 404, 599]),
    requestHeaders,
    responseHeaders: {
      "Content-Type": random.pick(["text/plain", "application/json", "image/png", "text/html; charset=utf-8"]),
    },
    responseBody: content,
    exchange: { times: { requestStart: at(0), requestEnd: at(3), responseStart: at(17), responseEnd: at(40) } },
  });
  return { exchange, path, query, cookies, content, millis };
}

test(`what is written is read as what it was (SEED=${random.seed})`, { skip: skipUnless("python3") }, () => {
  const drawn = Array.from({ length: 800 }, draw);
  const har = {
    log: {
      version: "1.2",
      creator: { name: "x", version: "1" },
      entries: drawn.map(({ exchange }) => harEntry(exchange)),
    },
  };
  const json = JSON.stringify(har);
  assert.deepEqual(checkHar(JSON.parse(json)), []);
  const { status, stdout, stderr } = spawnSync("python3", ["-c", READER], {
    input: json,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  const read = JSON.parse(stdout) as Record<string, unknown>[];
  assert.equal(read.length, drawn.length);
  for (const [i, { exchange, path, query, cookies, content, millis }] of drawn.entries()) {
    const { request, response } = exchange;
    const [host, port] = /^(.*?)(?::(\d+))?$/.exec(request!.authority!)!.slice(1);
    const headers = request!.headers.map(({ name, value }) => [name!, Buffer.from(value!, "latin1").toString("utf8")]);
    assert.deepEqual(
      read[i],
      {
        method: request!.method,
        scheme: "http",
        host: host!.replace(/^\[|\]$/g, ""),
        port: port === undefined ? null : Number(port),
        path,
        query,
        told: query,
        fields: headers,
        cookies,
        status: response!.status,
        content: Buffer.from(content).toString("hex"),
        size: content.length,
        began: TEST_TIME.seconds * 1000 + millis,
        sum: 40,
        time: 40,
      },
      request!.target,
    );
  }
});
