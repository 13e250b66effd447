import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http2";
import { before, describe, test } from "node:test";
import { playHttp2, type Step } from "./support/http2-script.ts";
import { type RecordedChunk, recordHttp2Session, sendRequest } from "./support/http2-session.ts";
import { resplit } from "./support/late-join.ts";
import { Random } from "./support/random.ts";

/** One request, as its server saw it and its client got it. */
interface Truth {
  readonly method: string;
  readonly path: string;
  readonly requestBody: Buffer;
  readonly status: number;
  readonly responseBody: Buffer;
}

describe("random sessions of node:http2", () => {
  const random = new Random();
  const sessions: { chunks: RecordedChunk[]; truth: Map<string, Truth> }[] = [];
  before(async () => {
    for (let count = 0; count < 12; count++) sessions.push(await recordRandomSession(random));
  });

  test("give the exchanges that their ends saw, whatever the pieces", () => {
    for (const { chunks, truth } of sessions) {
      for (const pieces of [chunks, resplit(chunks, random, 7), resplit(chunks, random, 3000)]) {
        const { exchanges } = playHttp2(pieces as Step[], { limits: { bodyBytes: 1 << 20 } });
        assert.equal(exchanges.length, truth.size, `seed ${random.seed}`);
        for (const { request, response, quality, problems } of exchanges) {
          const expected = truth.get(request!.target!)!;
          assert.deepEqual([quality, problems], ["complete", []], `seed ${random.seed}`);
          assert.deepEqual(
            [request!.method, response!.status, request!.body.size, response!.body.size],
            [expected.method, expected.status, expected.requestBody.length, expected.responseBody.length],
          );
          assert.ok(expected.requestBody.equals(request!.body.bytes), `seed ${random.seed}`);
          assert.ok(expected.responseBody.equals(response!.body.bytes), `seed ${random.seed}`);
        }
      }
    }
  });

  // playHttp2 asserts what must hold for any bytes: nothing is thrown, the ledger balances, all memory is given back.
  test("damaged in any way they are borne, within the bounds", () => {
    const limits = { connectionBytes: 256 * 1024, streams: 20, bodyBytes: 4096, headBytes: 4096 };
    const deadline = performance.now() + 3000;
    let rounds = 0;
    for (; rounds < 3000 && performance.now() < deadline; rounds++) {
      const { chunks } = random.pick(sessions);
      const steps = damage(chunks, random);
      try {
        const { analyzer, exchanges } = playHttp2(steps, { limits, midStream: random.chance(3) });
        assert.ok(analyzer.budget.peak <= limits.connectionBytes);
        for (const { request, response } of exchanges)
          for (const message of [request, response]) assert.ok((message?.body.bytes.length ?? 0) <= limits.bodyBytes);
      } catch (error) {
        throw new Error(`seed ${random.seed}, round ${rounds}`, { cause: error });
      }
    }
    assert.ok(rounds > 0);
  });
});

async function recordRandomSession(random: Random): Promise<{ chunks: RecordedChunk[]; truth: Map<string, Truth> }> {
  const truth = new Map<string, Truth>();
  const requestBodies = new Map<string, Buffer>();
  const responses = new Map<string, { status: number; headers: OutgoingHttpHeaders; body: Buffer; trailer: boolean }>();
  const chunks = await recordHttp2Session(
    (request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        requestBodies.set(request.url, Buffer.concat(parts));
        const { status, headers, body, trailer } = responses.get(request.url)!;
        if (trailer) response.addTrailers({ "x-trailer": "yes" });
        response.writeHead(status, headers as never);
        response.end(body);
      });
    },
    async (client) => {
      const count = 1 + random.below(12);
      const running: Promise<void>[] = [];
      for (let index = 0; index < count; index++) {
        const path = `/${index}/${"p".repeat(random.below(60))}`;
        const body = Buffer.from(random.bytes(random.chance(4) ? 40_000 : 300));
        const hasBody = random.chance(2);
        const method = hasBody ? random.pick(["POST", "PUT"]) : random.pick(["GET", "DELETE"]);
        const status = random.pick([200, 201, 404, 500]);
        const responseBody = Buffer.from(random.bytes(random.chance(4) ? 40_000 : 300));
        responses.set(path, { status, headers: randomHeaders(random), body: responseBody, trailer: random.chance(3) });
        const send = async (): Promise<void> => {
          const fields = { ":method": method, ":path": path, ...randomHeaders(random) };
          const answer = await sendRequest(client, fields, hasBody ? body : undefined);
          truth.set(path, {
            method,
            path,
            requestBody: requestBodies.get(path)!,
            status: answer.status,
            responseBody: answer.body,
          });
        };
        running.push(send());
        if (random.chance(2)) await running.at(-1);
      }
      await Promise.all(running);
    },
    {
      server: {
        settings: { headerTableSize: random.pick([0, 100, 4096, 65536]), maxFrameSize: random.pick([16384, 30000]) },
      },
      client: {
        settings: { headerTableSize: random.pick([0, 100, 4096, 65536]) },
        paddingStrategy: random.pick([0, 1, 2]),
      },
    },
  );
  return { chunks, truth };
}

function randomHeaders(random: Random): OutgoingHttpHeaders {
  return Object.fromEntries(
    random.list(10, () => [
      `x-${random.below(15)}`,
      random.chance(3) ? "v".repeat(random.below(400)) : String(random.below(9)),
    ]),
  );
}

/** Flips, drops, doubles and reorders chunks and bytes, and puts gaps in. */
function damage(chunks: readonly RecordedChunk[], random: Random): Step[] {
  const steps: Step[] = chunks.map(({ direction, data }) => ({ direction, data: data.slice() }));
  for (let edits = 1 + random.below(6); edits > 0 && steps.length > 1; edits--) {
    const at = random.below(steps.length);
    const step = steps[at]!;
    const other = random.below(steps.length);
    switch (random.below(6)) {
      case 0:
        if ("data" in step && step.data.length > 0) step.data[random.below(step.data.length)]! ^= 1 << random.below(8);
        break;
      case 1:
        steps.splice(at, 1);
        break;
      case 2:
        steps.splice(at, 0, step);
        break;
      case 3:
        [steps[at], steps[other]] = [steps[other]!, step];
        break;
      case 4:
        steps.splice(at, 0, { direction: step.direction, gap: random.chance(2) ? undefined : 1 + random.below(5000) });
        break;
      case 5:
        if ("data" in step)
          steps[at] = { direction: step.direction, data: step.data.subarray(random.below(step.data.length + 1)) };
        break;
    }
  }
  return steps;
}
