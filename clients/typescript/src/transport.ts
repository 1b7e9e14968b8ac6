import * as http from "node:http";
import * as https from "node:https";

import type { components, operations } from "./api.js";
import { ControlError, NoControlApi, Unreachable } from "./errors.js";

const PREFIX = "/_extension/outages";
const VERSION_HEADER = "x-outages-version";

/** Nobody listens there, or the name stands for no machine. */
const GONE = new Set(["ECONNREFUSED", "ENOTFOUND"]);

/** The parameters that an operation takes in its URL. */
export type Query<Name extends keyof operations> = NonNullable<
  operations[Name]["parameters"]["query"]
>;

export interface Options {
  /** Of the URL; what is null or undefined is left out. */
  query?: object;
  /** Is sent as JSON where it is not undefined. */
  body?: unknown;
}

/**
 * Sends requests to the control API.
 *
 * Not with `fetch`: tests replace it, and Node.js' own says `Sec-Fetch-Mode`, as browsers do, which the
 * control API does not answer at every host. Each request has a connection of its own, so that none
 * is left which keeps a test runner from ending.
 */
export class Transport {
  /**
   * @param endpoint the URL of LocalStack or of a gateway
   * @param timeout how long to wait for an answer, seconds
   * @param token what the control API asks for; undefined where it asks for none
   */
  constructor(
    readonly endpoint: string,
    private readonly timeout: number,
    private readonly token?: string,
  ) {}

  /** Sends a request, and gives the JSON that is answered. */
  async send<Answer>(
    method: string,
    path: string,
    { query = {}, body }: Options = {},
  ): Promise<Answer> {
    const url = new URL(this.endpoint + PREFIX + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const { status, headers, text } = await this.exchange(method, url, body);
    if (!(VERSION_HEADER in headers)) throw new NoControlApi(this.endpoint, status);
    const document: unknown = JSON.parse(text);
    if (status >= 400) {
      const { error } = document as components["schemas"]["ErrorDocument"];
      const { code = "", path = "", message = "", others = [] } = error;
      throw new ControlError(status, code, path, message, others);
    }
    return document as Answer;
  }

  private async exchange(method: string, url: URL, body: unknown) {
    const wait = Number(url.searchParams.get("wait") ?? 0); // so long the server itself may wait
    const signal = AbortSignal.timeout((this.timeout + wait) * 1000);
    const data = body === undefined ? "" : JSON.stringify(body);
    const headers: http.OutgoingHttpHeaders = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(data), // which Node.js leaves out where it deletes
    };
    if (this.token !== undefined) headers["authorization"] = `Bearer ${this.token}`;
    const { request } = url.protocol === "https:" ? https : http;
    try {
      const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
        request(url, { method, headers, signal, agent: false })
          .on("response", resolve)
          .on("error", reject)
          .end(data);
      });
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      return { status: answer.statusCode ?? 0, headers: answer.headers, text };
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      const reason = signal.aborted ? "no answer in time" : message || code;
      throw new Unreachable(this.endpoint, reason, GONE.has(code));
    }
  }
}
