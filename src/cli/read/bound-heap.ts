import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 collect garbage when the heap has grown by so much over what was alive at the last collection. By default it waits
 * until there is several times as much, which is quicker by a little, and would make the budget (`--memory`) say nothing about
 * what the process takes: on captures with very many connections nearly all of that is garbage.
 */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

const GROWTH_PERCENT = 40;
