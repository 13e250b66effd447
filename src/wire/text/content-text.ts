import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";

/** Bytes as JSON can hold them: as text where they are UTF-8 throughout, else as base64. Both give back the same bytes. */
export type ContentText = { readonly text: string } | { readonly base64: string };

export function encodeContent(bytes: Uint8Array): ContentText {
  try {
    return { text: STRICT.decode(bytes) };
  } catch {
    return { base64: base64Encode(bytes) };
  }
}

/** Undefined where the base64 is none. */
export function decodeContentText(content: {
  readonly text?: unknown;
  readonly base64?: unknown;
}): Uint8Array | undefined {
  if (typeof content.text === "string") return new TextEncoder().encode(content.text);
  return typeof content.base64 === "string" ? decodeBase64(content.base64) : new Uint8Array(0);
}

/** Undefined where it is none. */
export function decodeBase64(base64: string): Uint8Array | undefined {
  try {
    return base64Decode(base64);
  } catch {
    return undefined;
  }
}

export { base64Encode as encodeBase64 };

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
