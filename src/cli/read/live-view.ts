import type { TaplineError } from "../../model/index.ts";
import { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import type { Stopping } from "../process/signals.ts";
import type { CreatePipelineOptions } from "./create-pipeline.ts";
import type { ReadFlags } from "./read-flags.ts";

/** A view on the standard output that is shown while traffic comes. */
export interface LiveView {
  readonly options: Pick<CreatePipelineOptions, "out" | "style" | "enough" | "refuse">;
  /** Why what was asked for cannot be shown: known once the command has stopped. */
  readonly refusal: TaplineError | undefined;
}

/** @param stopping stopped when enough was shown, or what was asked for cannot be */
export function createLiveView({ color }: Pick<ReadFlags, "color">, stopping: Stopping): LiveView {
  let refusal: TaplineError | undefined;
  return {
    options: {
      out: GatheredOutput.to(process.stdout),
      style: createStyle(wantsColour(process.stdout, process.env, color)),
      enough: () => stopping.stop(),
      refuse: (error) => {
        refusal = error;
        stopping.stop();
      },
    },
    get refusal() {
      return refusal;
    },
  };
}
