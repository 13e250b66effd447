import type { Exchange } from "../../model/index.ts";
import { rowOf } from "../protocols/index.ts";
import type { Presentation } from "./presentation.ts";

export type { Presentation };

/**
 * The exchange as people may see it: bodies decoded, then everything redacted. Each part is made when it is first asked for, since
 * most are never: a line of a table shows no bodies, `-T fields` what `-e` names. Parts may be getters: ask for them by name, since
 * spreading leaves them out.
 */
export function presentExchange(exchange: Exchange, presentation: Presentation): Exchange {
  return rowOf(exchange).present(exchange, presentation);
}
