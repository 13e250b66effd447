/**
 * The order in which responses come, as far as it is known where messages were missed.
 *
 * Responses belong to requests in their order. After bytes were missed that order is known again
 * - with the next request that was sent when nothing was waiting: a client that sends none while another waits has all its
 *   responses then. One that was seen to send while an earlier one waited may go on like that, so there it proves nothing;
 * - where only responses were missed, as soon as every request that is known has its response: there cannot be more of them.
 */
export class ResponseOrder {
  /** The client has sent a request before it had the response to the one before. */
  pipelines = false;
  /** It did so with some of an answer in its hands, not long ago: it does not send in bursts that it waits for. */
  overlaps = false;
  /** Requests were missed, and nothing that may answer them came yet. */
  requestsMissed = false;
  /** Responses were missed while nothing waited for one: they answered requests that were missed too. */
  answersMissed = false;
  /** Responses were missed, and which ones is not known. */
  #responsesUncertain = false;
  /** Responses may belong to requests that were missed. */
  #requestsUncertain = false;
  /** The server sends informational responses too: those that were missed may have been some. */
  #informs = false;
  /** So many requests in a row waited for all that was asked before. */
  #inTurn = 0;
  /** Something was answered since the client began to send. */
  #answered = false;

  /** Pairs are a guess. */
  get isUncertain(): boolean {
    return this.#requestsUncertain || this.#responsesUncertain;
  }

  /** A request comes. @param isFirst nothing waits for a response */
  takeRequest(isFirst: boolean): void {
    if (!isFirst) {
      this.pipelines = true;
      this.overlaps ||= this.#answered;
      this.#inTurn = 0;
    } else {
      this.#answered = false;
      if (!this.isUncertain && ++this.#inTurn >= IN_TURN) this.overlaps = false;
    }
    const staysOpen = !isFirst || this.overlaps;
    this.#requestsUncertain = this.requestsMissed || (this.#requestsUncertain && staysOpen);
    this.#responsesUncertain &&= staysOpen;
    this.requestsMissed = false;
    this.answersMissed = false;
  }

  takeResponse(isInformational: boolean): void {
    this.#answered = true;
    this.#informs ||= isInformational;
  }

  /**
   * A final response is paired.
   * @param isLast nothing else waits for one, or no request is known that it answers
   */
  noticeAnswer(isLast: boolean): void {
    if (!this.overlaps && isLast) this.requestsMissed = false;
  }

  /** Requests were missed, any number of them. What answers them comes before the next request, unless the client pipelines. */
  missRequests(): void {
    this.requestsMissed = !this.answersMissed;
    this.answersMissed = false;
  }

  /** Responses were missed. @param isUnasked nothing waited for one */
  missResponses(isUnasked: boolean): void {
    this.answersMissed = isUnasked && !this.requestsMissed;
    if (isUnasked) this.requestsMissed = false;
  }

  /** A request came before it was known which responses were missed. */
  giveUpResponses(): void {
    this.#responsesUncertain = true;
  }

  /**
   * Every known request has its response.
   * @param guessed some of them waited for it when responses were missed
   * @returns whether it is its own
   */
  settleResponses(guessed: boolean): boolean {
    if (this.#requestsUncertain || this.requestsMissed) return false;
    const certain = !this.#informs || !this.pipelines;
    this.#responsesUncertain = !certain && (guessed || this.#responsesUncertain);
    return certain;
  }
}

/** So many requests that wait for their turn are no accident. */
const IN_TURN = 4;
