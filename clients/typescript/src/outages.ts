import { randomUUID } from "node:crypto";

import type { Events, Evidence, Rule, Scenario, Status, Verdicts } from "./documents.js";
import { findEndpoint } from "./endpoint.js";
import { Outage } from "./outage.js";
import { type Query, Transport } from "./transport.js";

const HEADER = "x-test-id";

export interface OutagesOptions {
  /**
   * The URL of LocalStack or of a gateway. Where it is left out, it is that of `OUTAGES_ENDPOINT`,
   * `AWS_ENDPOINT_URL`, `LOCALSTACK_ENDPOINT` or `LOCALSTACK_HOST`, or else `http://localhost:4566`.
   */
  endpoint?: string;
  /** How long to wait for an answer, seconds; 10 where it is left out. */
  timeout?: number;
  /** The 12-digit account that rules are for which name none. */
  account?: string;
  /** The token that a gateway asks for. Where it is left out, it is that of `OUTAGES_TOKEN`. */
  token?: string;
}

/** What a client of the AWS SDK v3 has. */
export interface SdkClient {
  middlewareStack: { add(middleware: any, options: any): void };
}

/**
 * A client of the control API: begins outages, and tells what came of them.
 *
 * Methods throw `Unreachable` where nothing answers, `NoControlApi` where something else does, and
 * `ControlError` where the request is refused; the message names the field, the value and what would
 * be right.
 *
 * @example
 * const outages = new Outages();
 * const outage = await outages.outage({ service: "sqs", error: "throttling", times: 2 });
 * await application.send(message);
 * await outage.assertRetried({ atLeast: 2 });
 * await outages.stopAll();
 */
export class Outages {
  /** Where LocalStack or the gateway is. */
  readonly endpoint: string;
  /** The account that rules are for which name none. */
  readonly account: string | undefined;
  /** What scoped clients send as the header `x-test-id`. */
  readonly testId = `test-${randomUUID()}`;
  private readonly transport: Transport;
  private readonly begun = new Set<Outage>();
  private isScoped = false;

  /** @throws TypeError where the endpoint is no URL, or the timeout not more than 0 */
  constructor({ endpoint, timeout = 10, account, token }: OutagesOptions = {}) {
    if (!(timeout > 0)) throw new TypeError(`timeout: ${timeout} is not more than 0 seconds`);
    this.endpoint = findEndpoint(endpoint, process.env);
    this.account = account;
    this.transport = new Transport(this.endpoint, timeout, token || process.env["OUTAGES_TOKEN"]);
  }

  /**
   * Begins an outage. It lasts until it is stopped: by `stop()`, by the end of the block where it is
   * bound with `await using`, or by `stopAll()`. Its rules go before all others.
   *
   * @param rules a rule, or several
   */
  outage(rules: Rule | readonly Rule[]): Promise<Outage> {
    const all = Array.isArray(rules) ? rules : [rules];
    return this.begin((owner) => this.add(all, { owner, position: "first" }));
  }

  /**
   * Begins a scenario: an outage whose rules begin and end with its phases.
   *
   * @param scenario the name of one that comes with the package, `kms-down`, or the scenario itself
   * @param options.speed by how much phases start sooner and are shorter; latencies stay as they are
   * @param options.phase the name of a phase that is wanted alone, at once
   */
  async scenario(
    scenario: string | Scenario,
    options: { speed?: number; phase?: string } = {},
  ): Promise<Outage> {
    if (this.isScoped) {
      throw new TypeError("a scenario is not for scoped clients alone; use an Outages of its own");
    }
    const named = typeof scenario === "string" ? { name: scenario } : { scenario };
    const body = { ...named, ...options, account: this.account };
    return this.begin((owner) =>
      this.transport.send("POST", "/outages/scenarios", { query: { owner }, body }),
    );
  }

  /** Stops all outages that this client began, and leaves all others alone. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.begun].map((outage) => outage.stop()));
  }

  /**
   * Makes a client of the AWS SDK v3 send a header that no other client sends. From then on, rules of
   * this `Outages` are for such clients alone: tests that run at the same time have their own outages.
   *
   * @example
   * const sqs = outages.scoped(new SQSClient({}));
   *
   * @param client the client; it is changed
   * @returns the same client
   */
  scoped<Client extends SdkClient>(client: Client): Client {
    if ([...this.begun].some((outage) => outage.isInForce)) {
      throw new TypeError(
        "scoped(): an outage for all clients is in force; scope clients before it",
      );
    }
    this.isScoped = true;
    const middleware = (next: (args: unknown) => unknown) => (args: any) => {
      args.request.headers[HEADER] = this.testId;
      return next(args);
    };
    // It goes behind the signature, so that who uses a presigned URL need not send the header.
    const step = { step: "finalizeRequest", priority: "low", name: HEADER, override: true };
    client.middlewareStack.add(middleware, step);
    return client;
  }

  /** Gives the list of rules. */
  rules(query?: Query<"getOutages">): Promise<Rule[]> {
    return this.transport.send("GET", "/outages", { query });
  }

  /** Adds the rules that are not in the list yet; those that are go on as they were. Gives the list. */
  add(rules: readonly Rule[], query?: Query<"patchOutages">): Promise<Rule[]> {
    return this.transport.send("PATCH", "/outages", { query, body: this.own(rules) });
  }

  /** Puts a list of rules in place of the one there is, whoever made it. Gives the list. */
  replace(rules: readonly Rule[], query?: Query<"postOutages">): Promise<Rule[]> {
    return this.transport.send("POST", "/outages", { query, body: this.own(rules) });
  }

  /** Removes all rules that equal one of these; others are no error. Gives the list. */
  remove(rules: readonly Rule[], query?: Query<"deleteOutages">): Promise<Rule[]> {
    return this.transport.send("DELETE", "/outages", { query, body: this.own(rules) });
  }

  /** Ends all outages of everybody, or of one owner. */
  async clear({ owner }: { owner?: string } = {}): Promise<void> {
    if (owner === undefined) await this.replace([]);
    else await this.transport.send("DELETE", "/outages", { query: { owner } });
  }

  /** Tells how the rules are doing. */
  status(): Promise<Status> {
    return this.transport.send("GET", "/outages/status");
  }

  /** Gives calls that rules touched, in the order in which they ended. */
  events(query?: Query<"getOutagesEvents">): Promise<Events> {
    return this.transport.send("GET", "/outages/events", { query });
  }

  /** Gives the last calls, touched by a rule or not. */
  calls(query?: Query<"getOutagesCalls">): Promise<Events> {
    return this.transport.send("GET", "/outages/calls", { query });
  }

  /** Judges how applications dealt with the faults. */
  verdicts(query?: Query<"getOutagesVerdicts">): Promise<Verdicts> {
    return this.transport.send("GET", "/outages/verdicts", { query });
  }

  /** Tells what the rules of an owner did, also those that left the list in the last ten minutes. */
  evidence(query: Query<"getOutagesEvidence">): Promise<Evidence> {
    return this.transport.send("GET", "/outages/evidence", { query });
  }

  private async begin(putIntoForce: (owner: string) => Promise<unknown>): Promise<Outage> {
    const outage = new Outage(this, putIntoForce);
    this.begun.add(outage);
    await outage.start();
    return outage;
  }

  /** Gives rules as they are for this client: for its account, and for scoped clients. */
  private own(rules: readonly Rule[]): Rule[] {
    return rules.map((rule) => ({
      ...(this.account !== undefined && { account: this.account }),
      ...rule,
      ...(this.isScoped && { header: { [HEADER]: this.testId, ...rule.header } }),
    }));
  }
}
