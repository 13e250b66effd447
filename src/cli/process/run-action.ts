import { describeWriteError, TaplineError } from "../../model/index.ts";
import { StandardErrorIsInput } from "../../sink/capture-file/refuse-inputs.ts";
import { writeWhole } from "../../sink/terminal/write-whole.ts";
import { tellsErrors } from "../../sink/write-to-stream.ts";
import { errorLine } from "./error-line.ts";

/**
 * Runs what a command does and turns its failure into one line on stderr and the exit code of its kind. A fault that is
 * not the user's is shown with its stack, so that it can be reported.
 */
export async function runAction(action: () => Promise<void>): Promise<void> {
  watchOutput(process.stdout, "stdout");
  watchOutput(process.stderr, "stderr");
  // A failure in a timer or an event: nobody waits for it, and the process ends with it.
  process.on("uncaughtException", (error) => {
    tell(error);
    process.exit();
  });
  try {
    await action();
  } catch (error) {
    tell(error);
  }
}

/** Whoever reads our output may stop reading (`| head`, `2>&1 | head`): that is no error of ours. All else is told, and ends it. */
function watchOutput(stream: NodeJS.WriteStream, name: string): void {
  writeWhole(stream);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    // Whoever writes there takes care of it.
    if (tellsErrors(stream, 1)) return;
    tell(new TaplineError("output", describeWriteError(error), { place: { file: name }, cause: error }));
    process.exit();
  });
}

/** Sets the exit code, too. */
function tell(error: unknown): void {
  if (error instanceof TaplineError) {
    process.exitCode = error.exitCode;
    if (error instanceof StandardErrorIsInput && error.teller === "nowhere") return;
    const out = error instanceof StandardErrorIsInput ? process.stdout : process.stderr;
    for (const one of [error, ...error.more]) out.write(`tapline: ${errorLine(one)}\n`);
  } else {
    process.stderr.write(`tapline: this is a bug: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
