/** The action that a signal asks of a process. */
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

/** SIGUSR2 asks for what is kept to be written; it ends a process that never called this. */
export function handleDumpSignal(dump: () => void): void {
  process.on("SIGUSR2", dump);
}

/** A command that reads until it is told to stop, and then says its last words. */
export interface Stopping {
  /** Aborted by the first SIGINT or SIGTERM (or later, where the command lingers), or by `stop`. A further signal ends the process at once. */
  readonly signal: AbortSignal;
  /** Resolves when `signal` is aborted; the process stays alive until then. */
  readonly aborted: Promise<void>;
  /** Which signal it was: known before `signal` is aborted. */
  readonly by: "SIGINT" | "SIGTERM" | undefined;
  /** Something came: a command that lingers waits for more. */
  active(): void;
  /** Ends it without a signal. */
  stop(): void;
  /** No longer listens to signals. */
  release(): void;
}

export interface StopOptions {
  /** Called with the first signal. */
  readonly onSignal?: (name: "SIGINT" | "SIGTERM") => void;
  /**
   * A pipe is read to its end after the first signal, which whoever writes there gets too: until the pipe ends,
   * nothing has come for `QUIET_MILLIS`, or a second signal comes. Default: the first signal aborts.
   */
  readonly lingers?: boolean;
}

/** How long a pipe is quiet before a command that was told to stop gives up on it. */
const QUIET_MILLIS = 2000;

export function stopOnSignals({ onSignal, lingers = false }: StopOptions = {}): Stopping {
  const controller = new AbortController();
  let by: Stopping["by"];
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    clearTimeout(timer);
    timer = undefined;
    controller.abort();
  };
  const end = (name: "SIGINT" | "SIGTERM"): void => {
    const isFirst = by === undefined;
    by ??= name;
    if (isFirst) onSignal?.(name);
    if (lingers && isFirst) timer = setTimeout(abort, QUIET_MILLIS);
    else {
      stopListening();
      abort();
    }
  };
  // For a pipe both signals mean the same, and a second of either ends the waiting.
  const stopListening = handleSignals({ drain: () => end("SIGTERM"), stop: end });
  return {
    signal: controller.signal,
    get aborted() {
      return whenAborted(controller.signal);
    },
    get by() {
      return by;
    },
    active: () => void timer?.refresh(),
    stop: abort,
    release() {
      stopListening();
      clearTimeout(timer);
    },
  };
}

/** Resolves when the signal is aborted; keeps the process alive until then. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000);
    signal.addEventListener("abort", () => {
      clearInterval(keepAlive);
      resolve();
    });
  });
}
