import { TaplineError } from "../../model/index.ts";
import type { TraceReader } from "../../wire/envoy/index.ts";

export interface ToldOfFields {
  /** Told of what is left out of the input and is no fault of it: a later Envoy may write more. */
  readonly note?: (note: TaplineError) => void;
}

/** Tells of a trace's fields that are unknown; gives what is wrong where no other is there, which would pass as an empty trace. */
export function judgeUnknownFields(
  file: string,
  reader: TraceReader,
  { note }: ToldOfFields,
): TaplineError | undefined {
  const { unknownFields, firstUnknownField: first, problem, hasRead } = reader;
  if (unknownFields === 0) return undefined;
  const named = first === undefined ? "" : ` (the first: ${first.slice(0, MAX_NAME)})`;
  // Any JSON is an object with fields.
  if (problem === undefined && !hasRead)
    return new TaplineError("input", `this is no trace of Envoy's: none of its fields is known${named}`, {
      place: { file },
    });
  const fields = unknownFields === 1 ? "1 field is unknown and is" : `${unknownFields} fields are unknown and are`;
  note?.(new TaplineError("input", `${fields} left out${named}`, { place: { file } }));
  return undefined;
}

const MAX_NAME = 120;
