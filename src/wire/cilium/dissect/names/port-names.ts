import { SCTP_PORTS_1_5, TCP_CHANGES_1_5, TCP_PORTS, UDP_CHANGES, UDP_CHANGES_1_5 } from "../../gen/port-names.ts";

/** `80(http)`, or the number alone where the port has no name; `isGopacket15` is gopacket 1.5.0. */
export function tcpPortText(port: number, isGopacket15: boolean): string {
  return (isGopacket15 ? TCP_1_5 : TCP_1_1).text(port);
}

export function udpPortText(port: number, isGopacket15: boolean): string {
  return (isGopacket15 ? UDP_1_5 : UDP_1_1).text(port);
}

export function sctpPortText(port: number): string {
  return SCTP_1_5.text(port);
}

/** One table of names; it is read at its first use, and what it gives is kept a port at a time. */
class PortTexts {
  readonly #tables: readonly string[];
  #names: Map<number, string> | undefined;
  readonly #texts: string[] = [];

  /** @param tables the first is whole, each further one changes it. */
  constructor(...tables: string[]) {
    this.#tables = tables;
  }

  text(port: number): string {
    return this.#texts[port] ?? this.#make(port);
  }

  #make(port: number): string {
    if (this.#names === undefined) {
      this.#names = new Map();
      for (const table of this.#tables) applyTable(table, this.#names);
    }
    const name = this.#names.get(port);
    const text = name === undefined ? String(port) : `${port}(${name})`;
    this.#texts[port] = text;
    return text;
  }
}

function applyTable(table: string, names: Map<number, string>): void {
  let port = -1;
  for (const entry of table.replaceAll("\n", "").split("|")) {
    const space = /^\d+ /.test(entry) ? entry.indexOf(" ") : -1;
    port = space < 0 ? port + 1 : Number(entry.slice(0, space));
    const name = space < 0 ? entry : entry.slice(space + 1);
    if (name === "-") names.delete(port);
    else names.set(port, name);
  }
}

const TCP_1_1 = new PortTexts(TCP_PORTS);
const UDP_1_1 = new PortTexts(TCP_PORTS, UDP_CHANGES);
const TCP_1_5 = new PortTexts(TCP_PORTS, TCP_CHANGES_1_5);
const UDP_1_5 = new PortTexts(TCP_PORTS, UDP_CHANGES, UDP_CHANGES_1_5);
const SCTP_1_5 = new PortTexts(SCTP_PORTS_1_5);
