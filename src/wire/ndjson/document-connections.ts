import type { Connection, TlsFacts } from "../../model/index.ts";
import { type Fields, textsOf } from "../json/fields.ts";
import { readEndpoint, readTime } from "../json/read-values.ts";

/** The connections of one file. Bounded: the one that was asked for least recently is forgotten. */
export class DocumentConnections {
  readonly #limit: number;
  readonly #byKey = new Map<string, Connection>();

  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  find(fields: Fields): Connection {
    const key = JSON.stringify(fields.raw);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.#byKey.delete(key);
      this.#byKey.set(key, known);
      return known;
    }
    const connection = readConnection(fields);
    this.#byKey.set(key, connection);
    if (this.#byKey.size > this.#limit) this.#byKey.delete(this.#byKey.keys().next().value!);
    return connection;
  }
}

/** A connection from its document. */
export function readConnection(fields: Fields): Connection {
  const tls = fields.optional("tls");
  const process = fields.optional("process");
  const pid = process?.number("pid");
  const tunnel = fields.optional("tunnel");
  const tunnelId = tunnel?.number("id");
  const named = fields.optional("named");
  const forwardedOn = fields.optional("forwardedOn");
  const seenAt = fields.oneOf("seenAt", ["listener", "cluster"] as const);
  const [dialled, opened, closed] = [
    readTime(fields, "dialled"),
    readTime(fields, "opened"),
    readTime(fields, "closed"),
  ];
  return {
    id: fields.bigint("id") ?? 0n,
    transport: fields.oneOf("transport", ["tcp", "udp", "pipe"] as const) ?? "tcp",
    role: fields.oneOf("role", ["server", "client", "unknown"] as const) ?? "unknown",
    local: readEndpoint(fields.optional("local")),
    remote: readEndpoint(fields.optional("remote")),
    ...(dialled && { dialled }),
    ...(opened && { opened }),
    ...(closed && { closed }),
    ...(tls && { tls: readTls(tls) }),
    ...(process &&
      pid !== undefined && { process: { pid, ...process.copyTexts("command", "cgroup", "pod", "namespace") } }),
    ...(tunnel && {
      tunnel: {
        type: tunnel.text("type") ?? "unknown",
        ...(tunnelId === undefined ? {} : { id: tunnelId }),
        ...tunnel.copyTexts("source", "destination"),
      },
    }),
    ...fields.copyTexts("source", "namespace"),
    ...(seenAt && { seenAt }),
    ...(named && { named: named.copyTexts("local", "remote") }),
    ...(forwardedOn && { forwardedOn: readConnection(forwardedOn) }),
  };
}

function readTls(fields: Fields): TlsFacts {
  const offered = fields.list("alpnOffered");
  const started = readTime(fields, "started");
  const finished = readTime(fields, "finished");
  return {
    ...fields.copyTexts("version", "cipher", "sni", "alpn", "ja4"),
    ...(offered && { alpnOffered: textsOf(offered) }),
    ...(started && { started }),
    ...(finished && { finished }),
    ...(fields.flag("decrypted") === undefined ? {} : { decrypted: fields.flag("decrypted")! }),
  };
}
