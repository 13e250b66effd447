import type { Ledger } from "../../model/index.ts";
import type { FilterFailures } from "./filter.ts";

/**
 * Books evaluations that went beyond the limits in the ledger (`filter-evaluations`), and tells of the first, and then of
 * every 2nd, 4th, 8th, … for as long as they come.
 * @param name what the filter is called where it is told, such as `-Y` or a tap's `cel_match`
 */
export function bookFailures(
  ledger: Ledger,
  name: string,
  tell: (message: string) => void,
): (failures: FilterFailures) => void {
  return ({ count, reason }) => {
    const book = ledger.book("filter-evaluations");
    book.enter(1);
    book.settleDropped("over-budget", 1);
    if ((count & (count - 1)) !== 0) return;
    const times = count === 1 ? "once" : `${count} times`;
    tell(`${name} could not be evaluated ${times}, and did not match: ${reason}`);
  };
}
