/** What a signal asks a process to do. */
export interface SignalHandlers {
  /** SIGHUP; without one, it ends the process. */
  readonly reload?: () => void;
  /** The first SIGTERM. */
  readonly drain: () => void;
  /** SIGINT, or a second SIGTERM. */
  readonly stop: (name: "SIGINT" | "SIGTERM") => void;
}

/** The one place where signals are listened to. Gives what ends the listening. */
export function handleSignals({ reload, drain, stop }: SignalHandlers): () => void {
  let draining = false;
  const handlers: [NodeJS.Signals, () => void][] = [
    ["SIGINT", () => stop("SIGINT")],
    [
      "SIGTERM",
      () => {
        if (draining) stop("SIGTERM");
        else drain();
        draining = true;
      },
    ],
  ];
  if (reload !== undefined) handlers.push(["SIGHUP", reload]);
  for (const [name, handler] of handlers) process.on(name, handler);
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}

/** A command that reads until it is told to stop, and then says its last words. */
export interface Stopping {
  /** Aborted by the first SIGINT or SIGTERM, or by `stop`. A second signal ends the process at once. */
  readonly signal: AbortSignal;
  /** Which signal it was. */
  readonly by: "SIGINT" | "SIGTERM" | undefined;
  /** Ends it without a signal. */
  stop(): void;
  /** No longer listens to signals. */
  release(): void;
}

/** @param onSignal called with the first signal, before `signal` is aborted */
export function stopOnSignals(onSignal?: (name: "SIGINT" | "SIGTERM") => void): Stopping {
  const controller = new AbortController();
  let by: Stopping["by"];
  const end = (name: "SIGINT" | "SIGTERM"): void => {
    release();
    by = name;
    onSignal?.(name);
    controller.abort();
  };
  const release = handleSignals({ drain: () => end("SIGTERM"), stop: end });
  return {
    signal: controller.signal,
    get by() {
      return by;
    },
    stop: () => controller.abort(),
    release,
  };
}
