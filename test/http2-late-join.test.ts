import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { HttpExchange } from "../src/model/index.ts";
import { type RecordedChunk, recordHttp2Session, sendRequest } from "./support/http2-session.ts";
import { analyzeWhole, checkCut, cutBytes, resplit } from "./support/late-join.ts";
import { skipUnless } from "./support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "./support/processes.ts";
import { Random } from "./support/random.ts";
import { RecordingRelay } from "./support/record-relay.ts";
import { runProgram } from "./support/run-program.ts";
import { shareOf } from "./support/share-of.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

/** Every byte with LATE_JOIN_STEP=1; else all of the first, where connections differ most, and then one of so many. */
const STEP = Number(process.env["LATE_JOIN_STEP"] ?? 7);
const JOINS = Array.from({ length: 5000 }, (_, at) => at).filter((at) => at < shareOf(300) || at % STEP === 0);

describe("a session of node:http2, joined at any byte", () => {
  let chunks: RecordedChunk[];
  let whole: Map<number, HttpExchange>;
  before(async () => {
    chunks = await recordVariedSession();
    whole = analyzeWhole(chunks);
  });

  test("no header is wrong, and every exchange that begins after the join is found", () => {
    const total = chunks.reduce((sum, { data }) => sum + data.length, 0);
    for (const bytes of JOINS) {
      if (bytes >= total) break;
      const { exchanges } = checkCut(cutBytes(chunks, bytes), whole, `without ${bytes} bytes`);
      if (bytes > total / 2) continue;
      const last = exchanges.find(({ request }) => request?.target === "/item/14");
      assert.equal(last?.response?.status, 200, `without ${bytes} bytes the last exchange is whole where it matters`);
    }
  });

  test("the same in other pieces", () => {
    const random = new Random();
    for (let round = 0; round < shareOf(300); round++) {
      const bytes = random.below(3000);
      checkCut(
        resplit(cutBytes(chunks, bytes), random, 1 + random.below(100)),
        whole,
        `seed ${random.seed}, round ${round}`,
      );
    }
  });

  test("with bytes missing in the middle", () => {
    const random = new Random();
    for (let round = 0; round < shareOf(300); round++) {
      const first = random.below(chunks.length);
      const length = 1 + random.below(5);
      // Only later bytes show that some are missing: as if the connection had been joined again.
      const left = [...chunks.slice(0, first), ...chunks.slice(first + length)];
      const gapped = left.flatMap((chunk, index) =>
        index === first
          ? [{ direction: "read", gap: undefined }, { direction: "write", gap: undefined }, chunk]
          : [chunk],
      );
      checkCut(gapped as never, whole, `seed ${random.seed}, round ${round}`);
    }
  });
});

describe("sessions with nghttpd, joined at any byte", {
  skip: skipUnless("nghttpd", "nghttp", "h2load", "curl"),
}, () => {
  let folder: ReturnType<typeof makeTemporaryFolder>;
  let server: StartedProgram;
  let relay: RecordingRelay;

  before(async () => {
    folder = makeTemporaryFolder();
    for (const name of ["index.html", "a.css", "b.js"])
      writeFileSync(join(folder.path, name), `the content of ${name}\n`.repeat(9));
    const [port = 0] = await findFreePorts(1);
    const push = "-p/index.html=/a.css,/b.js";
    server = startProgram("nghttpd", ["--no-tls", "-a", "127.0.0.1", "-d", folder.path, push, `${port}`]);
    await waitForPort(port);
    relay = await RecordingRelay.start(port);
  });
  after(async () => {
    await relay?.[Symbol.asyncDispose]();
    await server?.stop();
    folder.remove();
  });

  for (const [name, program, args] of [
    ["nghttp with pushes", "nghttp", ["-n", "-m", "6", "-H", "x-tag: one", "/index.html", "/a.css"]],
    [
      "nghttp with trailers, uploads and CONTINUATION",
      "nghttp",
      ["-n", "-d", "SELF", "--trailer", "x-sum: 5", "--continuation", "/b.js"],
    ],
    [
      "nghttp with padding and a small table",
      "nghttp",
      ["-n", "-b", "20", "-c", "100", "-m", "5", "/b.js", "/missing"],
    ],
    ["h2load", "h2load", ["-n", "30", "-c", "1", "-m", "4", "/index.html", "/a.css", "/missing"]],
    ["curl", "curl", ["-s", "--http2-prior-knowledge", "-A", "x", "/index.html"]],
    ["curl uploading", "curl", ["-s", "--http2-prior-knowledge", "--data-binary", "@SELF", "/a.css"]],
  ] as [string, string, string[]][])
    test(name, async () => {
      relay.take();
      const origin = `http://127.0.0.1:${relay.port}`;
      const self = join(folder.path, "a.css");
      await runProgram(
        program,
        args.map((arg) => (arg.startsWith("/") ? origin + arg : arg.replace("SELF", self))),
      );
      const chunks = relay.take();
      const whole = analyzeWhole(chunks);
      assert.ok(whole.size >= 1);
      const total = chunks.reduce((sum, { data }) => sum + data.length, 0);
      for (let chunk = 0; chunk < chunks.length; chunk++)
        checkCut(chunks.slice(chunk), whole, `without ${chunk} chunks`);
      for (const bytes of JOINS) if (bytes < total) checkCut(cutBytes(chunks, bytes), whole, `without ${bytes} bytes`);
    });
});

/** Requests that repeat headers, bring new ones, upload and get early hints. */
function recordVariedSession(): Promise<RecordedChunk[]> {
  return recordHttp2Session(
    (request, response) => {
      request.resume().on("end", () => {
        response.setHeader("x-path", request.url);
        if (request.url.endsWith("3")) response.writeEarlyHints({ link: "</a>; rel=preload" });
        response.writeHead(200, { "content-type": "text/plain", "set-cookie": [`a=${request.url}`, "b=2"] });
        response.end(`hello ${request.url.repeat(20)}`);
      });
    },
    async (client) => {
      for (let round = 0; round < 15; round++) {
        const get = {
          ":path": `/item/${round}`,
          "user-agent": "node",
          "x-repeated": `v${round % 4}`,
          cookie: `s=${round}`,
        };
        const post = { ":path": `/up/${round}`, ":method": "POST", "content-type": "application/octet-stream" };
        const numbers = Uint8Array.from({ length: 200 + round * 40 }, (_, index) => index & 15);
        await Promise.all([sendRequest(client, get), ...(round % 3 === 0 ? [sendRequest(client, post, numbers)] : [])]);
      }
    },
  );
}
