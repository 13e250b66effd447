import type { Exchange, FlowEvent, SocketObserver } from "../../model/index.ts";

/**
 * A receiver of what a source reads, whatever is made of it: exchanges and flows (`ExchangePipeline`), or the socket
 * events themselves (`EventPipeline`).
 */
export interface Pipeline extends SocketObserver {
  /** Takes an exchange that a file holds as such. */
  exchange(exchange: Exchange): void;
  flow(event: FlowEvent): void;
  /** An input is over: what is still open will not go on. */
  finishInput(): void;
  /** Hands on what the sinks have gathered; resolves when all of them have room again. */
  flush(): Promise<void>;
  /** Nothing more comes. @param deadline see `Sink.close` */
  close(deadline: number): Promise<void>;
  /** A sink has taken so much that `flush` should be waited for before more comes. */
  readonly isFull?: boolean;
  /** How many items there were, and how many of them were shown. */
  readonly seen: number;
  readonly shown: number;
  /** One of the items, in words. */
  readonly unit: string;
}
