/** Forms in which exchanges are printed. */
export const OUTPUT_FORMATS = ["table", "json", "ndjson", "har", "csv", "markdown", "curl", "httpie"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Orders in which they are: `time` has the earliest first, the others the greatest. */
export const SORT_ORDERS = ["time", "duration", "size", "status"] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];
