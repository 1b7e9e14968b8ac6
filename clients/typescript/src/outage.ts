import { AssertionError } from "node:assert";
import { randomUUID } from "node:crypto";

import * as assertions from "./assertions.js";
import type { Event, Evidence, Verdict } from "./documents.js";
import { CannotKnow, ControlError, Unreachable } from "./errors.js";
import { explain } from "./explanation.js";
import type { Outages } from "./outages.js";

/**
 * An outage, from its begin until it is stopped. Made by `Outages.outage()` and `Outages.scenario()`.
 *
 * What it did can be asked for while it lasts, and for ten minutes after that. Assertions throw an
 * `AssertionError` that tells which calls came, and `CannotKnow` where that was not kept.
 */
export class Outage implements AsyncDisposable {
  /** Who owns its rules in the control API. */
  readonly owner = `outage ${randomUUID()}`;
  /** Whether it has begun and was not stopped. */
  isInForce = false;
  private instance = "";
  private firstCall = 0;

  /** @internal */
  constructor(
    private readonly outages: Outages,
    private readonly putIntoForce: (owner: string) => Promise<unknown>,
  ) {}

  /** @internal */
  async start(): Promise<void> {
    this.firstCall = (await this.outages.calls({ after: -1, limit: 1 })).next;
    this.isInForce = true;
    try {
      await this.putIntoForce(this.owner);
      this.instance = (await this.outages.evidence({ owner: this.owner })).instance;
    } catch (error) {
      await this.stop().catch(() => {}); // the first error says more
      throw error;
    }
  }

  /**
   * Takes its rules out; nothing where that was done already. Calls that wait on them go on at once. A
   * LocalStack that is gone has no rules: that is no error.
   */
  async stop(): Promise<void> {
    if (!this.isInForce) return;
    try {
      await this.outages.clear({ owner: this.owner });
    } catch (error) {
      if (!(error instanceof Unreachable && error.isGone)) throw error;
    }
    this.isInForce = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Gives how many calls its rules fired on until now. */
  async hits(): Promise<number> {
    return (await this.evidence()).hits;
  }

  /** Gives what its rules did until now, counted as it happened. */
  async evidence(): Promise<Evidence> {
    let instance: string;
    try {
      const evidence = await this.outages.evidence({ owner: this.owner });
      if (evidence.instance === this.instance) return evidence;
      instance = evidence.instance;
    } catch (error) {
      if (!(error instanceof ControlError && error.code === "UnknownOwner")) throw error;
      instance = (await this.outages.status()).instance;
    }
    if (instance !== this.instance) {
      const message =
        "LocalStack was restarted meanwhile: the rules are gone with all that it knew.";
      throw new AssertionError({ message });
    }
    throw new CannotKnow("what the outage did", "it is over for more than ten minutes");
  }

  /** Gives the calls that its rules touched, in the order in which they ended. */
  async events(): Promise<Event[]> {
    return (await this.outages.events({ owner: this.owner, limit: 10_000 })).events;
  }

  /** Gives what clients made of those calls, the newest first. */
  async verdicts(): Promise<Verdict[]> {
    return (await this.outages.verdicts({ owner: this.owner, limit: 5_000 })).verdicts;
  }

  /** Tells which calls came since it began, and what its rules did to them, as text. */
  async explain(): Promise<string> {
    const { account } = this.outages;
    const { rules } = await this.evidence();
    const { events } = await this.outages.calls({ after: this.firstCall, limit: 10_000, account });
    return explain(rules, events, account);
  }

  /**
   * Expects its rules to have fired.
   *
   * @param options.times exactly so often
   * @param options.atLeast where `times` is left out, so often or more; once where this is left out too
   * @param options.within how long to wait for it, seconds; not at all where it is left out
   */
  assertHit(options: { times?: number; atLeast?: number; within?: number } = {}): Promise<void> {
    return assertions.assertHit(this, options);
  }

  /**
   * Expects each call that it hit to have been retried, be it by the SDK or by the application.
   *
   * @param options.atLeast how many retries, beside the first attempt; 1 where it is left out
   * @param options.backoff whether to expect a pause before each
   */
  assertRetried(options: { atLeast?: number; backoff?: boolean } = {}): Promise<void> {
    return assertions.assertRetried(this, options);
  }

  /**
   * Expects that nothing was carried out twice: no write whose answer was lost or late, such as by
   * `phase: "after"`, was sent and carried out again.
   */
  assertNotRepeated(): Promise<void> {
    return assertions.assertNotRepeated(this);
  }

  /**
   * Expects each operation that it failed to work again: a later call is answered well. Waits for it.
   *
   * @param options.within in so many seconds after the last failure; 10 where it is left out
   */
  assertRecovered(options: { within?: number } = {}): Promise<void> {
    return assertions.assertRecovered(this, options);
  }

  /**
   * Expects each entry of a batch that it failed (`partial`) to have been sent again, and carried out
   * then. Waits for it.
   *
   * @param options.within in so many seconds after the entry failed; 10 where it is left out
   */
  assertNoEntriesLost(options: { within?: number } = {}): Promise<void> {
    return assertions.assertNoEntriesLost(this, options);
  }
}
