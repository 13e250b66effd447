import { useEffect, useRef, useState } from "preact/hooks";
import { isUtc, source } from "../state/app-state.ts";
import { formatTime } from "../text/format.ts";
import type { ShownPacket } from "../text/packets.ts";
import { useAsked } from "./use-asked.ts";

const MAX_PACKETS = 200;
const MAX_BYTES = 4096;
const LINE = 16;

/** The exchange as packets: fields and bytes, each of which shows the other. */
export function PacketView({ id }: { id: number }) {
  const [chosen, setChosen] = useState(0);
  const { answer, problem } = useAsked(`${source.value.name} ${id}`, async () => {
    const pcapng = await source.value.download(id, "pcapng");
    const { readPackets } = await import("../text/packets.ts");
    return readPackets(new Uint8Array(await pcapng.arrayBuffer()));
  });
  if (problem !== undefined) return <p class="note">No packets: {problem}.</p>;
  if (answer === undefined) return <div class="skeleton" />;
  const packet = answer[Math.min(chosen, answer.length - 1)];
  if (packet === undefined) return <p class="note">No packets.</p>;
  return (
    <>
      <p class="note">Made of what is kept, which is redacted: as packets of HTTP/1 would have carried it.</p>
      <ol class="packets" aria-label="Packets">
        {answer.slice(0, MAX_PACKETS).map((one, index) => (
          <li key={index}>
            <button type="button" class="link" aria-current={one === packet} onClick={() => setChosen(index)}>
              {formatTime(one.time, isUtc.value, 6)} {partValue(one, "source port")} →{" "}
              {partValue(one, "destination port")} {partValue(one, "flags")} {partValue(one, "payload") || "0 bytes"}
            </button>
          </li>
        ))}
      </ol>
      <Packet key={chosen} packet={packet} />
    </>
  );
}

function partValue({ parts }: ShownPacket, wanted: string): string {
  return parts.find(({ name }) => name === wanted)?.value ?? "";
}

function Packet({ packet: { bytes, parts } }: { packet: ShownPacket }) {
  const [marked, setMarked] = useState<number | undefined>(undefined);
  const hex = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const mark = ({ target }: Event): void => {
      const part = (target as HTMLElement).dataset["part"];
      if (part !== undefined) setMarked(Number(part));
    };
    hex.current!.addEventListener("pointerover", mark);
    return () => hex.current?.removeEventListener("pointerover", mark);
  }, []);
  const shown = bytes.subarray(0, MAX_BYTES);
  const lines: number[] = [];
  for (let at = 0; at < shown.length; at += LINE) lines.push(at);
  const partAt = (at: number): number => parts.findLastIndex(({ from, to }) => at >= from && at < to);
  return (
    <div class="packet">
      <table class="facts">
        <tbody>
          {parts.map(({ name, value, from }, index) => (
            <tr key={name} class={marked === index ? "marked" : ""}>
              <th scope="row">
                <button type="button" class="link" onFocus={() => setMarked(index)} onClick={() => setMarked(index)}>
                  {name}
                </button>
              </th>
              <td>{value}</td>
              <td class="figure">at {from}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <pre class="hex" ref={hex}>
        {lines.map((line) => (
          <div key={line}>
            {line.toString(16).padStart(4, "0")}
            {"  "}
            {Array.from(shown.subarray(line, line + LINE), (byte, index) => {
              const part = partAt(line + index);
              return (
                <span
                  key={index}
                  class={part >= 0 && part === marked ? "marked" : ""}
                  data-part={part < 0 ? undefined : part}
                >
                  {byte.toString(16).padStart(2, "0")}{" "}
                </span>
              );
            })}
            {" ".repeat(3 * Math.max(0, LINE - (shown.length - line)) + 1)}
            {Array.from(shown.subarray(line, line + LINE), (byte) =>
              byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
            ).join("")}
          </div>
        ))}
      </pre>
      {bytes.length > MAX_BYTES && <p class="note">{bytes.length - MAX_BYTES} bytes more</p>}
    </div>
  );
}
