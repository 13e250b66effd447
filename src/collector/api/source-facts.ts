/** Where senders are taken. */
export interface ListenerFacts {
  /** `ingest`: reports by HTTP; `grpc`; `proxy`: traffic that passes through. */
  readonly kind: "ingest" | "grpc" | "proxy";
  /** `http://127.0.0.1:9000` */
  readonly url: string;
}

/** Facts of one sender. */
export interface SourceFacts {
  readonly name: string;
  /** `publish`, `tap-service`, `skywalking`, `otlp`, `send`, `proxy` */
  readonly kind: string;
  readonly version?: string;
  readonly exchanges: number;
  /** Milliseconds since the epoch. */
  readonly lastSeen?: number;
  /** When it last asked what it is to send, in milliseconds since the epoch; absent: it never asks. */
  readonly lastAsked?: number;
  /** Milliseconds between when the last of its exchanges began and when it came; negative: the sender's clock is ahead. */
  readonly lagMillis?: number;
  /** Exchanges that came five minutes after they began, or later. */
  readonly late?: number;
  /** Exchanges that had not begun yet when they came, by more than two seconds: the clocks disagree. */
  readonly ahead?: number;
  /** By reason. */
  readonly lost: Readonly<Record<string, number>>;
}
