import type { Exchange } from "../../model/index.ts";
import type { RequestFacts } from "../protocols/index.ts";
import { emptyNumbers, type Numbers } from "./numbers.ts";

export interface Grouping {
  /** The values that exchanges are grouped by, `-` for what is not known; of an exchange as people may see it. */
  readonly groupBy: (exchange: Exchange) => readonly string[];
  /**
   * A text that tells groups apart, of an exchange as it was seen: exchanges of one text are in the group of the first of them. It is never shown,
   * and spares to make what is of each exchange. Absent: that is made.
   */
  readonly roughly?: ((facts: RequestFacts) => string) | undefined;
}

export interface Group extends Numbers {
  readonly key: readonly string[];
}

/** At most `MAX_GROUPS` groups: the rest is one (`MANY`). */
export class Groups {
  readonly #grouping: Grouping;
  readonly #byKey = new Map<string, Group>();
  readonly #byRoughKey = new Map<string, Group>();

  constructor(grouping: Grouping) {
    this.#grouping = grouping;
  }

  get all(): Iterable<Group> {
    return this.#byKey.values();
  }

  /** @param present makes of an exchange what people may see of it */
  of(exchange: Exchange, facts: RequestFacts, present: (exchange: Exchange) => Exchange): Group {
    const { groupBy, roughly } = this.#grouping;
    if (roughly === undefined) return this.#withKey(groupBy(present(exchange)));
    const roughKey = roughly(facts);
    const known = this.#byRoughKey.get(roughKey);
    if (known !== undefined) return known;
    const group = this.#withKey(groupBy(present(exchange)));
    if (this.#byRoughKey.size < MAX_ROUGH_KEYS) this.#byRoughKey.set(roughKey, group);
    return group;
  }

  #withKey(key: readonly string[]): Group {
    const name = key.join("\n");
    let group = this.#byKey.get(name);
    if (group !== undefined) return group;
    if (this.#byKey.size >= MAX_GROUPS) return this.#ofRest(key.length);
    group = { key, ...emptyNumbers() };
    this.#byKey.set(name, group);
    return group;
  }

  #ofRest(length: number): Group {
    const name = `${MANY}\n`;
    const rest = this.#byKey.get(name) ?? {
      key: Array.from({ length }, (_, at) => (at === 0 ? MANY : "-")),
      ...emptyNumbers(),
    };
    this.#byKey.set(name, rest);
    return rest;
  }
}

/** The group of all that are too many. */
export const MANY = "(others)";
const MAX_GROUPS = 4096;
/** Several may be of one group: what was hidden in them is the same. */
const MAX_ROUGH_KEYS = 2 * MAX_GROUPS;
