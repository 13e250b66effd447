/** What a signal asks a serving process to do. `stop` is 130 when it was SIGINT. */
export interface SignalHandlers {
  /** SIGHUP. */
  reload(): void;
  /** The first SIGTERM. */
  drain(): void;
  /** SIGINT, or a second SIGTERM. */
  stop(exitCode: number): void;
}

export function handleSignals({ reload, drain, stop }: SignalHandlers): void {
  let draining = false;
  process.on("SIGHUP", reload);
  process.on("SIGINT", () => stop(130));
  process.on("SIGTERM", () => {
    if (draining) stop(0);
    else drain();
    draining = true;
  });
}
