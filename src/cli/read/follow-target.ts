import { type Connection, clientOf, formatEndpoint, serverOf, TaplineError } from "../../model/index.ts";

/** Which connection `-z` follows, and how it is shown. */
export interface FollowTarget {
  /** `tcp`: the bytes. `http`: the exchanges, decrypted and decoded, with their bodies. */
  readonly layer: "tcp" | "http";
  readonly mode: "text" | "hex" | "raw";
  readonly matches: (connection: Connection) => boolean;
}

/**
 * `ID`, `ID,hex`, `ID,raw`, and, as tshark spells it, `follow,tcp,ascii,ID` (also `hex`, `raw`; `http`, `http2`, `tls` for
 * exchanges), where the connection is its number in our own outputs, or `ADDRESS:PORT,ADDRESS:PORT`.
 */
export function parseFollowTarget(text: string): FollowTarget {
  const parts = text.split(",").map((part) => part.trim());
  let layer: FollowTarget["layer"] = "tcp";
  let mode: FollowTarget["mode"] = "text";
  if (parts[0] === "follow") {
    const [, protocol, shown] = parts;
    if (LAYERS[protocol!] !== undefined && /^\d+$/.test(shown ?? ""))
      throw wrong(text, `how to show it is missing: -z follow,${protocol},ascii,${shown}`);
    if (LAYERS[protocol!] === undefined) throw wrong(text, `${protocol ?? "nothing"} cannot be followed`);
    if (MODES[shown!] === undefined) throw wrong(text, `${shown ?? "nothing"} is no way to show it`);
    layer = LAYERS[protocol!]!;
    mode = MODES[shown!]!;
    parts.splice(0, 3);
  } else if (MODES[parts.at(-1)!] !== undefined) mode = MODES[parts.pop()!]!;
  if (parts.length === 1 && /^\d+$/.test(parts[0]!)) {
    const id = BigInt(parts[0]!);
    return { layer, mode, matches: (connection) => connection.id === id };
  }
  if (parts.length === 2 && parts.every((part) => /:\d+$/.test(part))) {
    const wanted = [...parts].sort().join();
    const ends = (connection: Connection): string =>
      [clientOf(connection), serverOf(connection)].map(formatEndpoint).sort().join();
    return { layer, mode, matches: (connection) => ends(connection) === wanted };
  }
  throw wrong(text, "no connection is named");
}

const LAYERS: Readonly<Record<string, FollowTarget["layer"]>> = {
  tcp: "tcp",
  http: "http",
  http2: "http",
  tls: "http",
};
const MODES: Readonly<Record<string, FollowTarget["mode"]>> = {
  ascii: "text",
  text: "text",
  "utf-8": "text",
  hex: "hex",
  raw: "raw",
};

function wrong(text: string, what: string): TaplineError {
  return new TaplineError("usage", `-z ${text}: ${what}`, {
    hint: "a connection's number, as -v and --events show it: -z 3, -z 3,hex, -z follow,tcp,ascii,3",
  });
}
