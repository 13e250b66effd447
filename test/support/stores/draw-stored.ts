import type { Exchange } from "../../../src/model/index.ts";
import { buildExchange } from "../build-exchange.ts";
import type { Random } from "../random.ts";

/** Exchanges of which much is missing, long, equal or odd, and filters over these. */
export interface StoredDraws {
  readonly exchange: (index: number) => Exchange;
  readonly filter: () => string;
}

export function drawStored(random: Random): StoredDraws {
  const pick = <T>(items: readonly T[]): T => random.pick(items);
  return { exchange: (index) => anyExchange(random, pick, index), filter: () => anyFilter(random, pick) };
}

type Pick = <T>(items: readonly T[]) => T;

function anyExchange(random: Random, pick: Pick, index: number): Exchange {
  const target = pick([
    "/",
    "/cart",
    "/users/17?x=1",
    "/users/23",
    "/p%C3%A9",
    `/${"long/".repeat(200)}`,
    "/nul\0here",
    "/ä\u{1f600}z",
  ]);
  const millis = index * 7;
  const at = (ms: number) => ({ seconds: 1_700_000_000 + index, nanos: (ms % 1000) * 1e6 + (index % 1000) });
  return buildExchange({
    method: pick(["GET", "POST", "get", "DELETE"]),
    target,
    authority: pick(["example.com", "shop:8080", "a", ""]),
    status: pick([200, 204, 302, 404, 500, 503, 599]),
    responseHeaders: pick<Record<string, string>>([{}, { "content-type": "text/html" }, { "x-user": "bob" }]),
    requestHeaders: pick<Record<string, string>>([{}, { "x-request-id": `r${index % 3}` }]),
    responseBody: "x".repeat(index % 50),
    ...(random.chance(7) ? { without: pick(["request", "response"] as const) } : {}),
    connection: {
      local: pick([
        { kind: "ip", address: "10.0.0.2", port: 80 } as const,
        { kind: "ip", address: "::ffff:10.0.0.2", port: 443 } as const,
        { kind: "pipe", path: "/run/x.sock" } as const,
      ]),
      ...(random.chance(3) ? { source: "front" } : {}),
    },
    exchange: {
      id: index,
      quality: pick(["complete", "truncated"] as const),
      problems: pick([[], ["invalid:x"], ["reset:CANCEL", "gap"]]),
      application: pick([[], [{ name: "sse" }], [{ name: "grpc", status: 5, statusName: "NOT_FOUND" }]] as const),
      times: pick([
        {},
        { requestStart: at(millis) },
        { requestStart: at(0), responseStart: at(3), responseEnd: at(millis % 900) },
      ]),
    },
  });
}

const TEXTS = [
  "request.method",
  "request.path",
  "request.url_path",
  "route",
  "request.host",
  "operation",
  "outcome.reason",
  "peer.name",
  "trace.id",
];
const NUMBERS = ["response.code", "response.size", "destination.port", "source.port", "response.grpc_status"];

function anyFilter(random: Random, pick: Pick, depth = 0): string {
  const text = () =>
    pick([
      "'GET'",
      "'/cart'",
      "''",
      "'/users/'",
      "'e'",
      "'\u{1f600}z'",
      "'shop:8080'",
      "'503'",
      "'GET /cart'",
      "'10.0.0.1'",
      "'r1'",
    ]);
  const leaf = (): string =>
    pick([
      () => `${pick(TEXTS)} ${pick(["==", "!=", "<", ">="])} ${text()}`,
      () => `${pick(NUMBERS)} ${pick(["==", "!=", "<", "<=", ">", ">="])} ${pick([0, 80, 200, 404, 503])}`,
      () => `${pick(TEXTS)}.${pick(["contains", "startsWith", "endsWith"])}(${text()})`,
      () => `${pick(["response.code", "source.port"])} in [${pick(["80, 200", "503", "404, 500, 503"])}]`,
      () => `request.method in ['GET', ${text()}]`,
      () => `'${pick(["sse", "grpc", "websocket"])}' in applications`,
      () => `'${pick(["invalid:x", "gap", "nothing"])}' in problems`,
      () => `has(${pick([...TEXTS, ...NUMBERS, "applications", "duration", "request.id"])})`,
      () =>
        `destination.address == '${pick(["10.0.0.2", "10.0.0.9", "10.0.0.2:80", "::ffff:10.0.0.2", "/run/x.sock"])}'`,
      () => `duration ${pick([">", "<=", "=="])} duration('${pick(["0s", "3ms", "100ms"])}')`,
      () => `time ${pick([">", "<", ">="])} timestamp('2023-11-14T22:13:${pick(["30", "40.000000005", "59"])}Z')`,
      () => `response.code ${pick(["/", "%"])} ${pick([100, 7])} == ${pick([2, 3, 5])}`,
      () =>
        pick([
          "5xx",
          "404",
          "GET",
          "error",
          "grpc",
          "http",
          "GET /users*",
          "/cart",
          "port 443",
          "host 10.0.0.2",
          "host shop",
        ]),
      () =>
        pick([
          "request.headers['x-request-id'] == 'r1'",
          "response.headers['x-user'] == 'bob'",
          "request.headers['x-request-id'].startsWith('r1')",
          "response.headers['content-type'].contains('html')",
          "request.headers['host'].endsWith(':8080')",
          "request.headers['x-request-id'].endsWith('1')",
          "response.headers[':status'] == '503'",
          "'GET' == request.headers[':method']",
          "request.headers[':path'].startsWith('/cart')",
          "request.id == 'r2'",
        ]),
      () => `quality == '${pick(["complete", "truncated"])}'`,
    ])();
  if (depth >= 3 || random.chance(2)) return leaf();
  return pick([
    () => `(${anyFilter(random, pick, depth + 1)} && ${anyFilter(random, pick, depth + 1)})`,
    () => `(${anyFilter(random, pick, depth + 1)} || ${anyFilter(random, pick, depth + 1)})`,
    () => `!(${anyFilter(random, pick, depth + 1)})`,
    () =>
      `(${anyFilter(random, pick, depth + 1)} ? ${anyFilter(random, pick, depth + 1)} : ${anyFilter(random, pick, depth + 1)})`,
  ])();
}
