/** How a client has been seen to ask on its connection: what tells whose a response is where the packets do not. */
export class ClientHabits {
  /** It has sent a request before it had the response to the one before. */
  pipelines = false;
  /** It did so with some of an answer in its hands: it does not wait for all that it asked for. */
  overlaps = false;
  /** How sure it is that it waits for all that it asked for: two for each time that it did, one where that was a guess. */
  #trust = 0;
  #isBurst = false;
  /** Something was answered since it began to send. */
  #answered = false;
  /** So many requests were without their response at once, and how often. */
  #depth = 0;
  #timesDeep = 0;

  /** As far as was seen, it sends nothing while a response is still to come for what it sent in one go. */
  get isTrusted(): boolean {
    return !this.overlaps && this.#trust >= (this.pipelines ? TRUSTED_BURSTS : TRUSTED);
  }

  noticeAnswer(): void {
    this.#answered = true;
  }

  /** It asks while others wait. */
  noticeUnanswered(): void {
    this.pipelines = true;
    this.#isBurst = true;
    this.overlaps ||= this.#answered;
  }

  /** It asked before it had what was answered by then. @param hasNews but more than when it asked before */
  noticeEarly(hasNews: boolean): void {
    this.pipelines = true;
    this.overlaps ||= hasNews;
  }

  /** It asks when nothing waits. @param isCertain and that is no guess */
  beginTurn(isCertain: boolean): void {
    if (this.#answered && (this.#isBurst || !this.pipelines)) this.#trust += isCertain ? 2 : 1;
    this.#isBurst = false;
    this.#answered = false;
  }

  /** Nobody knows how many requests were missed: one that sends bursts has to show twice more that it waits. */
  doubt(): void {
    if (this.pipelines) this.#trust = Math.min(this.#trust, TRUSTED_BURSTS - 2);
  }

  /** Its habit was what explained a hole, or was taken for another: it has to show it again. */
  forget(): void {
    this.#trust = 0;
  }

  /** So many requests wait at once, and nothing was missed yet. */
  noticeDepth(depth: number): void {
    if (depth < this.#depth) return;
    this.#timesDeep = depth === this.#depth ? this.#timesDeep + 1 : 1;
    this.#depth = depth;
  }

  /** By how many these are more than ever waited at once; 0 where that is not known. */
  surplus(depth: number): number {
    return this.#timesDeep >= TIMES_DEEP ? Math.max(0, depth - this.#depth) : 0;
  }
}

/** Twice is no accident, nor three times of bursts. */
const TRUSTED = 3;
const TRUSTED_BURSTS = 6;

/** As many requests at once so often are as many as the client lets wait. */
const TIMES_DEEP = 4;
