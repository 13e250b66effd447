import type { Header } from "../../model/index.ts";

/** The first field's value. @param name in lower case */
export function headerValue(headers: readonly Header[] | undefined, name: string): string | undefined {
  if (headers === undefined) return undefined;
  // Asked of every header of every message: the length rules nearly all of them out.
  for (const header of headers)
    if (header.name?.length === name.length && header.name.toLowerCase() === name) return header.value;
  return undefined;
}
