/** Bytes as JSON can hold them: as text where they are UTF-8 throughout, else as base64. Both give back the same bytes. */
export type ContentText = { readonly text: string } | { readonly base64: string };

export function encodeContent(bytes: Uint8Array): ContentText {
  if (bytes.length === 0) return { text: "" };
  try {
    return { text: STRICT.decode(bytes) };
  } catch {
    return { base64: encodeBase64(bytes) };
  }
}

/** Undefined where the base64 is none. */
export function decodeContentText(content: {
  readonly text?: unknown;
  readonly base64?: unknown;
}): Uint8Array | undefined {
  if (content.text === "") return new Uint8Array(0);
  if (typeof content.text === "string") return ENCODER.encode(content.text);
  return typeof content.base64 === "string" ? decodeBase64(content.base64) : new Uint8Array(0);
}

/** Takes the standard and the URL-safe alphabet, padded or not, with blanks between. Undefined where it is none. */
export function decodeBase64(base64: string): Uint8Array | undefined {
  let binary: string;
  try {
    binary = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** In the standard alphabet, padded. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += ARGUMENTS)
    binary += String.fromCharCode(...bytes.subarray(at, at + ARGUMENTS));
  return btoa(binary);
}

/** As many as a function takes everywhere. */
const ARGUMENTS = 8192;

const ENCODER = new TextEncoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
