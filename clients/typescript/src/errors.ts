/** The root of all errors of this package, but for `AssertionError`. */
export class OutagesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The control API refuses a request. Nothing has changed then. */
export class ControlError extends OutagesError {
  /**
   * @param status the HTTP status of the answer
   * @param code what kind of error it is, for programs: `InvalidRules`
   * @param path where in the request it is wrong: `[0].error.statusCode`; empty where all of it is meant
   * @param reason what is wrong, with the value, and what would be right
   * @param others the further problems
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly path: string,
    readonly reason: string,
    readonly others: readonly { path: string; message: string }[],
  ) {
    const all = [{ path, message: reason }, ...others];
    super(all.map((one) => (one.path ? `${one.path}: ${one.message}` : one.message)).join("\n"));
  }
}

/** Neither LocalStack nor a gateway answers. */
export class Unreachable extends OutagesError {
  /**
   * @param endpoint where it was looked for
   * @param reason why there was no answer
   * @param isGone whether nobody listens there; where it is false, it may only be slow
   */
  constructor(
    readonly endpoint: string,
    readonly reason: string,
    readonly isGone: boolean,
  ) {
    super(`cannot reach LocalStack at ${endpoint}: ${reason}`);
  }
}

/** Something answers at the endpoint, but it has no control API. */
export class NoControlApi extends OutagesError {
  /**
   * @param endpoint where it was looked for
   * @param status the HTTP status of the answer
   */
  constructor(
    readonly endpoint: string,
    readonly status: number,
  ) {
    super(
      `${endpoint} answers, but not as the outages extension (HTTP ${status}): ` +
        "is it LocalStack or a gateway, and is the extension installed there?",
    );
  }
}

/** An assertion can tell neither that it holds nor that it fails: what it needs was not kept. */
export class CannotKnow extends OutagesError {
  /**
   * @param question what cannot be known
   * @param reason why not
   */
  constructor(
    readonly question: string,
    readonly reason: string,
  ) {
    super(`cannot know ${question}: ${reason}`);
  }
}
