/**
 * Drawn predicates of HTTP taps, each one's decision on each of drawn requests: a real Envoy's and Tapline's are the same. The same ones in each run;
 * TAPLINE_PREDICATES says how many others and TAPLINE_PREDICATES_SEED which.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { Random } from "../support/random.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

type Json = { readonly [key: string]: unknown };
type Headers = readonly (readonly [name: string, value: string])[];

const TYPE = "type.googleapis.com/envoy.extensions.filters";
const COUNT = Number(process.env["TAPLINE_PREDICATES"] ?? 80);
const SEED = Number(
  process.env["TAPLINE_PREDICATES_SEED"] ??
    (process.env["TAPLINE_PREDICATES"] === undefined ? 697_619 : Date.now() % 1_000_000),
);
/** Envoy keeps one of the third and of the fourth. */
const NAMES = ["x-a", "x-b", "content-type", "cache-control", "x-none", "user-agent"];
const VALUES = ["one", "two", "One", "", "12", "-7", "9007199254740993", "a,b", "text/plain", "onetwo"];

const envoy = findEnvoy();

describe(`predicates beside a real Envoy, seed ${SEED}`, { skip: envoy.skip }, () => {
  const folder = makeTemporaryFolder();
  const random = new Random(SEED);
  const predicates = Array.from({ length: COUNT }, () => drawPredicate(random, 2));
  const requests = Array.from({ length: COUNT }, (_, index) => drawRequest(random, index));
  const programs: StartedProgram[] = [];
  let service: Server;

  before(async () => {
    console.log(`TAPLINE_PREDICATES_SEED=${SEED} TAPLINE_PREDICATES=${COUNT}`);
    service = createServer((asked, response) => {
      asked.resume().on("end", () => {
        const headers = JSON.parse(String(asked.headers["x-answer"])) as Headers;
        response.sendDate = false;
        response.writeHead(Number(asked.headers["x-status"]), headers.flat() as never);
        response.end("the answer's body");
      });
    });
    await once(service.listen(0, "127.0.0.1"), "listening");
  });
  after(async () => {
    for (const program of programs) await program.stop();
    service.close();
    folder.remove();
  });

  test(`${COUNT} × ${COUNT} decisions`, async () => {
    const free = await findFreePorts(2);
    const decisions: Record<string, readonly string[]> = {};
    for (const [index, name] of (["envoy", "tapline"] as const).entries()) {
      mkdirSync(join(folder.path, name));
      const file = join(folder.path, `${name}.json`);
      writeFileSync(file, JSON.stringify(bootstrap(free[index]!, join(folder.path, name))));
      const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
      programs.push(
        name === "envoy" ? startProgram(envoy.path, ["-c", file, ...quiet]) : startTapline(["proxy", "-c", file], true),
      );
      await waitForPort(free[index]!, 180);
      for (const one of requests) await send(free[index]!, one);
      decisions[name] = await readDecisions(join(folder.path, name));
    }
    const wrong = [...new Set([...decisions["envoy"]!, ...decisions["tapline"]!])].filter(
      (one) => decisions["envoy"]!.includes(one) !== decisions["tapline"]!.includes(one),
    );
    const told = wrong.slice(0, 5).map((one) => {
      const [predicate, asked] = one.split(" ").map(Number) as [number, number];
      const by = decisions["envoy"]!.includes(one) ? "Envoy alone" : "Tapline alone";
      return `${by}: ${JSON.stringify(predicates[predicate])}\n${JSON.stringify(requests[asked])}`;
    });
    assert.equal(wrong.length, 0, `${wrong.length} differ\n${told.join("\n")}`);
    // Neither all nor nothing is decided the same way.
    assert.ok(decisions["envoy"]!.length > (COUNT * COUNT) / 10);
    assert.ok(decisions["envoy"]!.length < COUNT * COUNT * 0.9);
  });

  /** `predicate request` of each that matched, in order. */
  async function readDecisions(at: string): Promise<readonly string[]> {
    // The first filter's and the last one's files are written first or last.
    const isWhole = (name: string) => readdirSync(at).filter((file) => file.startsWith(name)).length === COUNT;
    await until(() => isWhole("first_") && isWhole("last_"), "all is written", 30_000);
    const decisions = readdirSync(at)
      .filter((file) => file.startsWith("p"))
      .map((file) => {
        const trace = JSON.parse(readFileSync(join(at, file), "utf8")) as {
          http_buffered_trace: { request: { headers: { key: string; value: string }[] } };
        };
        const number = trace.http_buffered_trace.request.headers.find(({ key }) => key === "x-number")!.value;
        return `${file.slice(1).split("_")[0]} ${number}`;
      });
    return decisions.sort();
  }

  function bootstrap(port: number, into: string): Json {
    const address = (at: number) => ({ socket_address: { address: "127.0.0.1", port_value: at } });
    const tap = (name: string, match: Json) => ({
      name: `tap-${name}`,
      typed_config: {
        "@type": `${TYPE}.http.tap.v3.Tap`,
        common_config: {
          static_config: {
            match,
            output_config: {
              sinks: [{ format: "JSON_BODY_AS_STRING", file_per_tap: { path_prefix: join(into, name) } }],
            },
          },
        },
      },
    });
    const taps = predicates.map((match, index) => tap(`p${index}`, match));
    const all = { any_match: true };
    return {
      static_resources: {
        listeners: [
          {
            name: "front",
            address: address(port),
            filter_chains: [
              {
                filters: [
                  {
                    name: "http",
                    typed_config: {
                      "@type": `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
                      stat_prefix: "front",
                      route_config: {
                        virtual_hosts: [
                          {
                            name: "all",
                            domains: ["*"],
                            routes: [{ match: { prefix: "/" }, route: { cluster: "back" } }],
                          },
                        ],
                      },
                      http_filters: [
                        tap("first", all),
                        ...taps,
                        tap("last", all),
                        { name: "router", typed_config: { "@type": `${TYPE}.http.router.v3.Router` } },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        ],
        clusters: [
          {
            name: "back",
            load_assignment: {
              cluster_name: "back",
              endpoints: [
                { lb_endpoints: [{ endpoint: { address: address((service.address() as AddressInfo).port) } }] },
              ],
            },
          },
        ],
      },
    };
  }
});

interface DrawnRequest {
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly status: number;
  readonly answer: Headers;
}

function drawHeaders(random: Random): Headers {
  return random.list(4, () => [random.pick(NAMES.slice(0, 4)), random.pick(VALUES)] as const);
}

function drawRequest(random: Random, number: number): DrawnRequest {
  const method = random.pick(["GET", "POST", "PUT", "DELETE"]);
  return {
    number,
    method,
    path: random.pick(["/", "/one", "/one/two?x=1", "/two"]),
    headers: drawHeaders(random),
    body: method === "GET" || method === "DELETE" ? "" : random.pick(["", "one", "some text with one in it", "two"]),
    status: random.pick([200, 201, 404, 503]),
    answer: drawHeaders(random),
  };
}

async function send(
  port: number,
  { number, method, path, headers, body, status, answer }: DrawnRequest,
): Promise<void> {
  const all = [
    ["host", "a.example"],
    ["x-number", String(number)],
    ["x-status", String(status)],
    ["x-answer", JSON.stringify(answer)],
    ...headers,
    ...(body === "" ? [] : [["content-length", String(body.length)]]),
  ];
  const sent = request({ port, host: "127.0.0.1", method, path, headers: all.flat(), agent: false });
  sent.end(body);
  const [response] = await once(sent, "response");
  await once(response.resume(), "end");
}

function drawPredicate(random: Random, depth: number): Json {
  const rules = () => ({ rules: Array.from({ length: 2 + random.below(2) }, () => drawPredicate(random, depth - 1)) });
  const kind = random.below(depth === 0 ? 4 : 7);
  if (kind === 4) return { or_match: rules() };
  if (kind === 5) return { and_match: rules() };
  if (kind === 6) return { not_match: drawPredicate(random, depth - 1) };
  if (kind === 3) return random.chance(3) ? { any_match: true } : drawBodyMatch(random);
  const headers = Array.from({ length: random.chance(3) ? 2 : 1 }, () => drawMatcher(random, kind === 2));
  return { [kind === 2 ? "http_response_headers_match" : "http_request_headers_match"]: { headers } };
}

function drawBodyMatch(random: Random): Json {
  const patterns = [{ string_match: random.pick(["one", "two", "text", "body"]) }];
  const bytes = random.chance(2) ? {} : { bytes_limit: random.pick([3, 10, 100]) };
  return {
    [random.chance(2) ? "http_request_generic_body_match" : "http_response_generic_body_match"]: { patterns, ...bytes },
  };
}

function drawMatcher(random: Random, ofResponse: boolean): Json {
  const name = random.pick(ofResponse ? [...NAMES, ":status"] : [...NAMES, ":method", ":path", ":authority", "host"]);
  const invert = random.chance(3) ? { invert_match: true } : {};
  const missing = random.chance(4) ? { treat_missing_header_as_empty: true } : {};
  return { name, ...drawValue(random), ...invert, ...missing };
}

function drawValue(random: Random): Json {
  const value = random.pick([...VALUES.filter((text) => text !== ""), "GET", "/one", "200", "404", "a.example"]);
  const ignores = random.chance(3) ? { ignore_case: true } : {};
  switch (random.below(7)) {
    case 0:
      return { string_match: { exact: value, ...ignores } };
    case 1:
      return { string_match: { prefix: value.slice(0, 2), ...ignores } };
    case 2:
      return { string_match: { suffix: value.slice(-2), ...ignores } };
    case 3:
      return { string_match: { contains: value.slice(0, 3), ...ignores } };
    case 4:
      return { string_match: { safe_regex: { regex: random.pick(["o.*", ".*", "[0-9]+", "one|two", "-?\\d{1,3}"]) } } };
    case 5:
      return { range_match: { start: random.pick([-10, 0, 200]), end: random.pick([13, 300, 1000]) } };
    default:
      return { present_match: random.chance(2) };
  }
}
