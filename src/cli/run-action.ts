import { TaplineError } from "../model/index.ts";
import { errorLine } from "./error-line.ts";

/**
 * Runs what a command does and turns its failure into one line on stderr and the exit code of its kind. A fault that is
 * not the user's is shown with its stack, so that it can be reported.
 */
export async function runAction(action: () => Promise<void>): Promise<void> {
  // Whoever reads our output may stop reading (`| head`, `2>&1 | head`): that is no error of ours.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
      throw error;
    });
  try {
    await action();
  } catch (error) {
    if (error instanceof TaplineError) {
      process.stderr.write(`tapline: ${errorLine(error)}\n`);
      process.exitCode = error.exitCode;
    } else {
      process.stderr.write(`tapline: this is a bug: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
