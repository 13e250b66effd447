/** The status line of a running process. */
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { afterEach, beforeEach, mock, test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import { addNanos, EPOCH } from "../../../model/index.ts";
import { createStatusLine, formatStatus } from "./status-line.ts";

beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));
afterEach(() => mock.timers.reset());

/** A stream that keeps what is written; with `stuck` it never takes it. */
function keep({ columns = 200, stuck = false } = {}) {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      written.push(text);
      if (!stuck) done();
    },
  });
  return { written, stream: Object.assign(stream, { columns }) as unknown as NodeJS.WriteStream };
}

const exchange = buildExchange({
  status: 503,
  exchange: { times: { requestStart: EPOCH, responseEnd: addNanos(EPOCH, 2e6) } },
});

test("on a terminal it is written over each second, as wide as that is, and stays at the end", async () => {
  const { stream, written } = keep({ columns: 30 });
  const line = createStatusLine({ stream, inPlace: true });
  mock.timers.tick(1000);
  assert.deepEqual(written, ["\r\u001b[Kno request yet"]);
  assert.equal(line.submit(exchange), "taken");
  mock.timers.tick(2000);
  assert.equal(written.length, 3);
  assert.match(written[2]!, /^\r\u001b\[K[\d.]+ requests\/s {3}100\.0 % erro?r?s?$/);
  assert.equal(written[2]!.length, 4 + 29);
  await line.close(0);
  await line.close(0);
  assert.match(written[3]!, /\n$/);
  const { length } = written;
  mock.timers.tick(5000);
  assert.equal(written.length, length);
});

test("elsewhere it is a line every ten seconds in which something came", async () => {
  const { stream, written } = keep();
  const line = createStatusLine({ stream, inPlace: false });
  mock.timers.tick(60_000);
  assert.deepEqual(written, []);
  line.submit(exchange);
  mock.timers.tick(30_000);
  assert.equal(written.length, 1);
  assert.match(written[0]!, /^[^\r\u001b]* p50 2\.0 ms {3}p99 2\.0 ms .*1 since the start\)\n$/);
  await line.close(0);
  assert.equal(written.length, 1);
});

test("it does not wait for a terminal that takes nothing, nor pile up", () => {
  const { stream, written } = keep({ stuck: true });
  const line = createStatusLine({ stream, inPlace: true });
  for (let second = 0; second < 100; second++) {
    line.submit(exchange);
    mock.timers.tick(1000);
  }
  assert.equal(written.length, 1);
});

test("it tells the rate, errors and how long requests took", () => {
  const numbers = { total: 215, requests: 200, perSecond: 12.44, errors: 3, p50: 1.2e6, p99: 703e6 };
  assert.equal(
    formatStatus(numbers),
    "12 requests/s   1.5 % errors   p50 1.2 ms   p99 703 ms   (the last minute; 215 since the start)",
  );
  assert.match(formatStatus({ ...numbers, perSecond: 0.444, errors: 0 }), /^0\.4 requests\/s {3}no errors {3}p50/);
});
