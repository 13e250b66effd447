/** A byte for each character: its code, or 0x80 of what is not ASCII. */
export function characterCodes(text: string): Uint8Array {
  const codes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    codes[at] = code < 0x80 ? code : 0x80;
  }
  return codes;
}
