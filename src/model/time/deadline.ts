/** A moment of `performance.now()`, so many milliseconds from now. */
export function deadlineIn(millis: number): number {
  return performance.now() + millis;
}

/** Waits for the promise, but not beyond the deadline. False when it passed first: the promise goes on, and its failure is not told then. */
export async function settlesBy(promise: Promise<unknown>, deadline: number): Promise<boolean> {
  if (deadline === Number.POSITIVE_INFINITY) {
    await promise;
    return true;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timerMillis(deadline - performance.now()));
  });
  try {
    return await Promise.race([promise.then(() => true), passed]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}

/** Sets a timer of Node's so that it does not go off before `millis` are over, or after 24 days where they are more: one of more than 2^31 ms would go off at once. */
export function timerMillis(millis: number): number {
  return Math.min(MAX_TIMER_MILLIS, Math.max(0, Math.ceil(millis)));
}

const MAX_TIMER_MILLIS = 2 ** 31 - 1;
