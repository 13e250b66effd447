import type { Header } from "../../../model/index.ts";
import { isAscii, isText, octetsToText } from "../../../wire/text/octets-to-text.ts";

/** A field of a HAR, whose values are text. */
export interface TextHeader extends Header {
  /** Its value is octets that are no text. */
  readonly isOctets?: true;
}

/** Fields as people read them. What is no UTF-8 is marked, so that it can be read again. */
export function textHeaders(headers: readonly Header[] = []): readonly TextHeader[] {
  return headers.every(({ value }) => value === undefined || isAscii(value)) ? headers : headers.map(asTextHeader);
}

function asTextHeader(header: Header): TextHeader {
  const { value } = header;
  if (value === undefined || isAscii(value)) return header;
  return isText(value) ? { ...header, value: octetsToText(value) } : { ...header, isOctets: true };
}

/** Those that have a name and a value: what HAR calls `headers`. */
export function harHeaders(headers: readonly TextHeader[]): object[] {
  const known: object[] = [];
  for (const header of headers) {
    const { name, value } = header;
    if (name === undefined || value === undefined) continue;
    known.push(header.isOctets === true || header.sensitive === true ? markedHeader(header) : { name, value });
  }
  return known;
}

/** Those whose name or value a header compression hid; undefined where there are none. */
export function hiddenHeaders(headers: readonly TextHeader[]): object[] | undefined {
  const hidden = headers.filter(({ name, value }) => name === undefined || value === undefined);
  return hidden.length > 0 ? hidden.map(markedHeader) : undefined;
}

/** Null where it was hidden. */
export function markedHeader({ name, value, isOctets, sensitive }: TextHeader): object {
  return {
    name: name ?? null,
    value: value ?? null,
    _octets: isOctets,
    _sensitive: sensitive === true || undefined,
  };
}
