import { type Place, TaplineError } from "../../model/index.ts";

/** Everything found while a document was read, beside its value. */
export interface Findings {
  /** In the order of the reading. */
  readonly refusals: TaplineError[];
  /** Fields that are set and change nothing here: `stats_config (Bootstrap)`; each once. */
  readonly withoutEffect: Set<string>;
}

/** Readers run synchronously, one document at a time. */
let current: Findings | undefined;

/**
 * Reads a document so that one refusal does not hide the next: those that are reported, or thrown within `attempt`, are gathered.
 *
 * @param read must be synchronous
 * @throws TaplineError (`configuration`): the first refusal, with the rest as its `more`, in the order of their places
 */
export function collectFindings<Value>(read: () => Value): { value: Value; withoutEffect: readonly string[] } {
  const outer = current;
  const findings: Findings = { refusals: [], withoutEffect: new Set() };
  current = findings;
  try {
    const value = attempt(read);
    if (findings.refusals.length > 0) throw joinRefusals(findings.refusals);
    return { value: value as Value, withoutEffect: [...findings.withoutEffect] };
  } finally {
    current = outer;
  }
}

/** Gives what `read` gives; undefined where it refuses and refusals are gathered. */
export function attempt<Value>(read: () => Value): Value | undefined {
  const findings = current;
  if (findings === undefined) return read();
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TaplineError) || error.code !== "configuration") throw error;
    if (!(error instanceof FollowingError)) findings.refusals.push(error);
    return undefined;
  }
}

/** Reads each, and goes on with the next where one is refused. */
export function readEach<Item, Value>(items: readonly Item[], read: (item: Item, index: number) => Value): Value[] {
  return items.flatMap((item, index) => {
    const value = attempt(() => [read(item, index)] as const);
    return value === undefined ? [] : [value[0]];
  });
}

/** Refuses, and goes on where refusals are gathered. */
export function reportRefusal(place: Place, message: string, hint?: string): void {
  const error = new TaplineError("configuration", message, hint === undefined ? { place } : { place, hint });
  if (current === undefined) throw error;
  current.refusals.push(error);
}

/** Notes that a field is set which has no effect here. */
export function noteWithoutEffect(message: string, field: string): void {
  current?.withoutEffect.add(`${field} (${message})`);
}

/** Follows from a refusal that was reported: it says nothing new. */
export class FollowingError extends TaplineError {
  constructor(place: Place) {
    super("configuration", "a field of it is refused", { place });
  }
}

function joinRefusals(refusals: readonly TaplineError[]): TaplineError {
  const told = new Set<string>();
  const [first, ...more] = [...refusals].sort(byPlace).filter((error) => {
    const key = `${error.place?.line}:${error.place?.column} ${error.message}`;
    return !told.has(key) && told.add(key);
  }) as [TaplineError, ...TaplineError[]];
  if (more.length === 0) return first;
  return new TaplineError("configuration", first.message, {
    ...(first.place && { place: first.place }),
    ...(first.hint !== undefined && { hint: first.hint }),
    more,
  });
}

function byPlace({ place: one }: TaplineError, { place: other }: TaplineError): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0);
}
