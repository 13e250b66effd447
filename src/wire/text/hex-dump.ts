/**
 * Lines of 16 bytes as `hexdump -C` and tcpdump's `-X` show them: offset, bytes, and what of them is printable ASCII.
 *
 *     00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|
 *
 * @param offset of the first byte, as it is to be shown
 */
export function hexDump(bytes: Uint8Array, offset = 0): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0"));
    const ascii = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
    const columns = `${hex.slice(0, 8).join(" ")}  ${hex.slice(8).join(" ")}`.padEnd(48);
    lines.push(`${(offset + at).toString(16).padStart(8, "0")}  ${columns}  |${ascii.join("")}|`);
  }
  return lines;
}
