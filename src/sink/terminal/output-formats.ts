import { EXCHANGE_FORMAT_NAMES } from "../../wire/format.ts";

/** Forms in which exchanges are printed: those of files, and some that are only for reading. */
export const OUTPUT_FORMATS = ["table", "json", ...EXCHANGE_FORMAT_NAMES, "csv", "markdown", "curl", "httpie"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Orders in which they are: `time` has the earliest first, the others the greatest. */
export const SORT_ORDERS = ["time", "duration", "size", "status"] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];
