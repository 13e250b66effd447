/**
 * How long a store answers, with a million exchanges (`ROWS=10000000`: ten) of a day, each with 12 headers asked with and 8 answered, without
 * bodies. It is filled once, in `STORE` (by default in the folder of caches), which takes minutes.
 */
import type { ListQuery } from "../src/collector/store/exchange-store.ts";
import { LAST_SECOND } from "./support/fill-store.ts";
import { openFilledStore } from "./support/filled-store.ts";

const store = await openFilledStore(Number(process.env["ROWS"] ?? 1_000_000));
const { exchanges, bytes } = await store.facts();
console.log(`${exchanges} exchanges, ${(bytes / exchanges).toFixed(0)} bytes each on disk (asked: < 600)`);

const to = LAST_SECOND * 1e6;
const day = { from: to - 86_400e6, to };
/** Pages until the end, or until there are so many. */
async function listAll(query: Omit<ListQuery, "limit">, most: number): Promise<number> {
  let found = 0;
  let cursor: string | undefined;
  do {
    const answer = await store.list({ ...query, limit: Math.min(1000, most - found), cursor });
    found += answer.items.length;
    cursor = answer.cursor;
  } while (cursor !== undefined && found < most);
  return found;
}

const HEADER = "request.headers['x-request-id'].endsWith('77')";
const QUESTIONS: readonly (readonly [name: string, asked: number, ask: () => Promise<unknown>])[] = [
  ["newest page", 20, () => store.list({ limit: 100 })],
  ["one exchange", 20, () => store.find(Math.floor(Math.random() * exchanges) + 1)],
  ["CEL, indexed: response.code == 503", 100, () => store.list({ limit: 100, filter: "response.code == 503" })],
  [
    "CEL, indexed: service and 5xx",
    100,
    () => store.list({ limit: 100, filter: "service.name == 'shop7.example.com' && 5xx" }),
  ],
  ["CEL, indexed: none matches", 100, () => store.list({ limit: 100, filter: "response.code == 418" })],
  ["CEL as SQL over everything", 2000, () => listAll({ filter: "request.path.contains('/999999/')" }, 1e9)],
  ["CEL as SQL, counted", 2000, () => store.series({ ...day, buckets: 90, filter: "duration > duration('900ms')" })],
  ["finished in process, first 100", 500, () => listAll({ filter: HEADER }, 100)],
  ["finished in process, all", 15_000, () => listAll({ filter: HEADER }, 1e9)],
  ["chart over a day", 100, () => store.series({ ...day, buckets: 90 })],
  ["facets", 500, () => store.facets({ attributes: ["service.name", "response.code", "outcome", "route"], limit: 8 })],
  ["services", 500, () => store.services(day)],
];

for (const [name, asked, ask] of QUESTIONS) {
  const times: number[] = [];
  let found: unknown;
  for (let round = 0; round < (asked > 1000 ? 2 : 7); round++) {
    const began = performance.now();
    found = await ask();
    times.push(performance.now() - began);
  }
  const [first] = times;
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const count = typeof found === "number" ? `, ${found} found` : "";
  console.log(
    `${name.padEnd(40)} ${median.toFixed(1).padStart(9)} ms, the first ${first!.toFixed(1)} (asked ${asked})${count}`,
  );
}
await store.close();
