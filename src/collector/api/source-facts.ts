/** Facts of one sender. */
export interface SourceFacts {
  readonly name: string;
  /** `publish`, `tap-service`, `skywalking`, `otlp`, `send`, `proxy` */
  readonly kind: string;
  readonly version?: string;
  readonly exchanges: number;
  /** Milliseconds since the epoch. */
  readonly lastSeen?: number;
  /** By reason. */
  readonly lost: Readonly<Record<string, number>>;
}
