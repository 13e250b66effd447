import type { ReadFlags } from "./read-flags.ts";

export type FilterLanguage = typeof import("../../analysis/filter/index.ts");

/** The filter language is a tenth of the program: it is loaded only where the flags ask for it. */
export async function loadFilterLanguage(
  flags: Pick<ReadFlags, "filter" | "field" | "follow" | "columns" | "summaryOf">,
): Promise<FilterLanguage | undefined> {
  const isAskedFor =
    flags.filter !== undefined ||
    flags.field.length > 0 ||
    flags.follow !== undefined ||
    flags.columns !== undefined ||
    flags.summaryOf?.by !== undefined;
  return isAskedFor ? import("../../analysis/filter/index.ts") : undefined;
}
