import { createHash } from "node:crypto";
import { PcapWriter } from "../../../src/wire/pcap/index.ts";
import { Random } from "../random.ts";
import { frameOf } from "../tcp-script.ts";
import { CONNECTION_PLANTS } from "./connections.ts";
import { FURTHER_PLANTS } from "./further-places.ts";
import { LATER_PLANTS } from "./later-places.ts";
import { BODY_PLANTS, HEAD_PLANTS, OTHER_TEXTS } from "./places.ts";
import { type Planted, plantAll, sent } from "./shape.ts";
import { drawVendorTokens } from "./tokens.ts";

/** How a secret came about: a program drew it, or a person chose it. */
const STYLES = {
  drawn: (hex: string) => `Zq${hex.slice(0, 24)}`,
  chosen: (hex: string) => `Sommer${Number.parseInt(hex.slice(0, 6), 16)}regen`,
  word: (hex: string) => `${hex.slice(0, 14).replace(/\d/g, (digit) => "ghjklmnpru"[Number(digit)]!)}en`,
} as const;

export type SecretStyle = keyof typeof STYLES;

/** Every shape of secret, each with one of its own. @param seed of the secrets */
export function plantSecrets(seed: number, style: SecretStyle = "drawn"): Planted[] {
  const draw = drawFrom(seed, style);
  const tokens = Object.entries(drawVendorTokens(new Random(seed))).map(([name, token]): Planted => {
    const lines = token.split("\n");
    const pieces = sent("text/plain", `deployed with ${token} by bob\n`);
    return { name: `token: ${name}`, pieces, texts: [lines.length > 1 ? lines[1]! : token] };
  });
  const plants = [HEAD_PLANTS, BODY_PLANTS, FURTHER_PLANTS, LATER_PLANTS, CONNECTION_PLANTS].flatMap((some) =>
    plantAll(some, draw),
  );
  return [...plants, ...tokens];
}

/** Those that HTTP carries. */
export function plantHttpSecrets(seed: number): Planted[] {
  const isHttp = ([name]: readonly [string, unknown]): boolean => /^(?:HTTP|gRPC|WebSocket)/.test(name);
  const isOther = ([name]: readonly [string, unknown]): boolean =>
    /^(?:SMTP|IMAP|IRC's|ManageSieve|SOCKS|MQTT|LDAP bind|POP3|FTP|Redis|CONNECT)/.test(name);
  const connections = Object.fromEntries(Object.entries(CONNECTION_PLANTS).filter(isHttp));
  const others = { ...FURTHER_PLANTS, ...LATER_PLANTS };
  const further = Object.fromEntries(Object.entries(others).filter((entry) => !isOther(entry)));
  return [HEAD_PLANTS, BODY_PLANTS, further, connections].flatMap((some) => plantAll(some, drawFrom(seed, "drawn")));
}

function drawFrom(seed: number, style: SecretStyle): (name: string) => string {
  return (name) => OTHER_TEXTS[name] ?? STYLES[style](createHash("sha256").update(`${seed} ${name}`).digest("hex"));
}

/** A capture of them, a connection each, in their order. */
export function capturePlanted(planted: readonly Planted[]): Uint8Array {
  const writer = new PcapWriter();
  planted.forEach(({ pieces }, index) => {
    const time = { seconds: 1_700_000_000 + index, nanos: 0 };
    const next = { client: 1000, server: 5000 };
    const send = (from: "client" | "server", flags: string, data: Uint8Array = new Uint8Array(0)): void => {
      const acknowledgment = next[from === "client" ? "server" : "client"];
      const segment = { flags, sequence: next[from], acknowledgment, data, clientPort: 10_000 + index } as const;
      const frame = frameOf({ from: from === "client" ? "C" : "S", ...segment });
      next[from] += data.length + (/[SF]/.test(flags) ? 1 : 0);
      writer.writePacket(time, frame, 0, frame.length, frame.length);
    };
    send("client", "S");
    send("server", "SA");
    for (const [from, data] of pieces)
      for (let at = 0; at < data.length; at += 1400) send(from, "PA", data.subarray(at, at + 1400));
    send("client", "FA");
    send("server", "FA");
    send("client", "A");
  });
  return writer.take();
}
