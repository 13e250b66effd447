import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import type { Exchange } from "../../model/index.ts";
import { requestFactsOf } from "../protocols/index.ts";
import { Groups, MANY } from "./groups.ts";

const seen = (target: string): Exchange => buildExchange({ target });

/** A presentation that hides what stands behind `/hidden/`, and counts what it is asked for. */
function presenter() {
  const presenter = {
    asked: 0,
    present: (exchange: Exchange): Exchange => {
      presenter.asked++;
      const { target = "" } = (exchange as ReturnType<typeof buildExchange>).request ?? {};
      return seen(target.replace(/(?<=\/hidden\/).*/, "*"));
    },
  };
  return presenter;
}

const BY_OPERATION = {
  groupBy: (exchange: Exchange) => [requestFactsOf(exchange).operation],
  roughly: ({ operation }: { operation: string }) => operation,
};

test("what people may see is made of the first of a group alone, and it is its name", () => {
  const shown = presenter();
  const groups = new Groups(BY_OPERATION);
  const of = (target: string) => groups.of(seen(target), requestFactsOf(seen(target)), shown.present);
  for (let i = 0; i < 100; i++) of("/a").requests++;
  assert.equal(shown.asked, 1);
  for (const secret of ["s3cret", "another", "s3cret"]) of(`/hidden/${secret}`).requests++;
  assert.equal(shown.asked, 3);
  assert.deepEqual(
    [...groups.all].map(({ key, requests }) => [key, requests]),
    [
      [["GET /a"], 100],
      [["GET /hidden/*"], 3],
    ],
  );
});

test("beyond the limit all are in one group, but those that are of a known one", () => {
  const shown = presenter();
  const groups = new Groups(BY_OPERATION);
  const of = (target: string) => groups.of(seen(target), requestFactsOf(seen(target)), shown.present);
  of("/hidden/first").requests++;
  for (let i = 0; i < 10_000; i++) of(`/x${i}`).requests++;
  for (let i = 0; i < 10; i++) of(`/hidden/${i}`).requests++;
  const all = [...groups.all];
  assert.equal(all.length, 4097);
  assert.deepEqual([all[0]!.key, all[0]!.requests], [["GET /hidden/*"], 11]);
  assert.deepEqual([all.at(-1)!.key, all.at(-1)!.requests], [[MANY], 10_000 - 4095]);
});
