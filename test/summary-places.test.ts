/** `tapline summary` of an input of several places: what adds up, and what counts once. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { SyntheticConnection } from "../src/wire/packet/index.ts";
import { PcapWriter } from "../src/wire/pcap/index.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

process.env["TZ"] = "UTC";
const { path: folder, remove } = makeTemporaryFolder();
after(remove);
const START = 1_769_860_800;
const encoder = new TextEncoder();

interface Hop {
  readonly client: string;
  readonly server: string;
  /** Milliseconds that the hop adds in front of the request, and behind the answer. */
  readonly delay: number;
}

const FRONT: Hop = { client: "10.0.0.1", server: "10.0.0.2", delay: 0 };
const BACK: Hop = { client: "10.0.0.2", server: "10.0.0.3", delay: 2 };

/** A capture at one place: requests `from` to `to`, one a second, each on a connection of its own; every fifth fails. */
function capture(name: string, hops: readonly Hop[], from: number, to: number, into = folder): string {
  const writer = new PcapWriter({ resolution: "nanoseconds" });
  for (let number = from; number < to; number++)
    for (const { client, server, delay } of hops) {
      const at = (millis: number) => ({ seconds: START + number, nanos: millis * 1e6 });
      const end = (address: string, port: number) => ({ kind: "ip", address, port }) as const;
      const ends = [end(server, 80), end(client, 20_000 + number)] as const;
      const connection = new SyntheticConnection(writer, ...ends, { handshake: true });
      const say = (millis: number, direction: "read" | "write", text: string) =>
        connection.data(at(millis), direction, encoder.encode(text), 0, text.length);
      const status = number % 5 === 0 ? "503 Service Unavailable" : "200 OK";
      connection.open(at(delay));
      say(delay + 1, "read", `GET /users/${number} HTTP/1.1\r\nHost: shop\r\nX-Request-Id: r-${number}-abcdef\r\n\r\n`);
      say(20 - delay, "write", `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
      connection.close(at(30), "fin");
    }
  const path = join(into, name);
  writeFileSync(path, writer.take());
  return path;
}

async function summarize(...args: string[]) {
  const { stdout, stderr, code } = await runProgram(process.execPath, [MAIN, "summary", ...args, "-o", "json", "-q"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { requests: number; errors: number; furtherViews: number };
}

const sums = async (...files: string[]) => {
  const { requests, errors, furtherViews = 0 } = await summarize(...files);
  return [requests, errors, furtherViews];
};

const front = capture("front.pcap", [FRONT], 0, 20);
const back = capture("back.pcap", [BACK], 0, 20);
const later = capture("later.pcap", [FRONT], 20, 50);
const elsewhere = makeTemporaryFolder();
after(elsewhere.remove);
const both = capture("both.pcap", [FRONT, BACK], 0, 20, elsewhere.path);

test("captures before and behind a proxy, in either order: a request counts once, as it was seen first", async () => {
  assert.deepEqual(await sums(front, back), [20, 4, 20]);
  assert.deepEqual(await sums(back, front), [20, 4, 20]);
  assert.deepEqual(await sums(both), [40, 8, 0]);
});

test("captures one after the other add up, named or by their folder, and a file that is named twice counts once", async () => {
  assert.deepEqual(await sums(later, front), [50, 10, 0]);
  assert.deepEqual(await sums(front, front), [20, 4, 0]);
  assert.deepEqual(await sums(folder), [50, 10, 20]);
});

test("a HAR and documents of one side beside a capture of the other", async () => {
  for (const name of ["other.har", "other.ndjson"]) {
    const other = join(elsewhere.path, name);
    const { code, stderr } = await runProgram(process.execPath, [MAIN, "convert", back, other]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await sums(front, other), [20, 4, 20], name);
  }
});
