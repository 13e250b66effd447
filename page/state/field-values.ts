import { effect, signal } from "@preact/signals";
import type { FieldValue } from "../../src/collector/api/field-values.ts";
import { fail, source } from "./app-state.ts";

/** Values that are held; those that came first are let go of, and asked for again where they are looked at. */
const MAX_VALUES = 50_000;
/** Exchanges that are asked for at once, and for how long others that are looked at are waited for. */
const MAX_IDS = 200;
const GATHER_MILLIS = 30;

/** Counts up when values have come. */
export const valuesVersion = signal(0);

let values = new Map<string, FieldValue | null>();
let wanted = new Map<string, Set<number>>();
/** The next question is being gathered. */
let isGathering = false;

/** A field's value of an exchange: undefined while it is asked for, null where there is nothing. */
export function fieldOf(id: number, field: string): FieldValue | null | undefined {
  const known = values.get(keyOf(id, field));
  if (known !== undefined) return known;
  const ids = wanted.get(field) ?? new Set();
  wanted.set(field, ids.add(id));
  if (!isGathering) {
    isGathering = true;
    setTimeout(() => void ask(), GATHER_MILLIS);
  }
  return undefined;
}

// Numbers of another source are of other exchanges.
effect(() => {
  source.value;
  values = new Map();
  wanted = new Map();
});

async function ask(): Promise<void> {
  isGathering = false;
  const [asked, from, into] = [wanted, source.peek(), values];
  wanted = new Map();
  for (const [field, all] of asked)
    for (let ids = [...all]; ids.length > 0; ids = ids.slice(MAX_IDS)) {
      const some = ids.slice(0, MAX_IDS);
      try {
        const answer = await from.values(some, [field], new AbortController().signal);
        const found = new Map(answer.map((one) => [one.id, one.values[0] ?? null]));
        for (const id of some) into.set(keyOf(id, field), found.get(id) ?? null);
      } catch (error) {
        fail(error as Error);
        return;
      }
    }
  for (const key of into.keys()) {
    if (into.size <= MAX_VALUES) break;
    into.delete(key);
  }
  valuesVersion.value++;
}

function keyOf(id: number, field: string): string {
  return `${id} ${field}`;
}
