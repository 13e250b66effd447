import {
  type Connection,
  type Endpoint,
  formatEndpoint,
  type SocketEvent,
  type SocketObserver,
} from "../../../model/index.ts";

/** Knows which process has which end of a connection on this machine, while it passes events on. */
export class PeerTable implements SocketObserver {
  readonly #next: SocketObserver;
  readonly #owners = new Map<string, number>();
  /** Ends that are not known any more once others come: the other side may be told later. */
  readonly #over: string[] = [];

  constructor(next: SocketObserver) {
    this.#next = next;
  }

  observe(event: SocketEvent): void {
    const { connection } = event;
    if (event.kind === "close") this.#close(connection);
    else if (event.kind === "open" || event.kind === "data") this.#note(connection);
    this.#next.observe(event);
  }

  /** The process at the other end of a connection between the two. */
  readonly find = (local: Endpoint, remote: Endpoint): number | undefined => this.#owners.get(keyOf(remote, local));

  #note({ local, remote, process }: Connection): void {
    if (process !== undefined) this.#owners.set(keyOf(local, remote), process.pid);
  }

  #close({ local, remote }: Connection): void {
    this.#over.push(keyOf(local, remote));
    while (this.#over.length > MOST_OVER) this.#owners.delete(this.#over.shift()!);
  }
}

const MOST_OVER = 4096;

function keyOf(local: Endpoint | undefined, remote: Endpoint | undefined): string {
  return `${formatEndpoint(local)} ${formatEndpoint(remote)}`;
}
