import { useState } from "preact/hooks";

const LINE = 16;
const LINES = 512;

/** Bytes as hexadecimal digits and as ASCII, with where they stand. */
export function HexView({ bytes }: { bytes: Uint8Array }) {
  const [lines, setLines] = useState(LINES);
  const all = Math.ceil(bytes.length / LINE);
  const shown: string[] = [];
  for (let line = 0; line < Math.min(lines, all); line++) shown.push(hexLine(bytes, line * LINE));
  return (
    <>
      <pre class="hex">{shown.join("\n")}</pre>
      {all > lines && (
        <button type="button" onClick={() => setLines(lines * 4)}>
          Show more
        </button>
      )}
    </>
  );
}

function hexLine(bytes: Uint8Array, at: number): string {
  const part = bytes.subarray(at, at + LINE);
  const digits = Array.from(part, (byte) => byte.toString(16).padStart(2, "0"));
  const ascii = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
  return `${at.toString(16).padStart(8, "0")}  ${digits.join(" ").padEnd(LINE * 3)} ${ascii.join("")}`;
}
