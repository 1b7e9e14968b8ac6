import type { Event, Evidence } from "./documents.js";

/** How many calls are shown: the last ones. */
const SHOWN = 20;

const HINT = "does the application call this LocalStack at all?";

/**
 * Tells what happened while an outage was in force.
 *
 * @param account where given, the one that all calls are of
 */
export function explain(
  rules: Evidence["rules"],
  calls: readonly Event[],
  account: string | undefined,
): string {
  const own = new Set(rules.map(({ id }) => id));
  const told = calls.slice(-SHOWN).map((call) => `${described(call)}, ${touched(call, own)}`);
  if (calls.length > SHOWN) told.unshift(`(${calls.length - SHOWN} earlier ones are left out)`);
  if (!calls.length) told.push(`none${account ? ` of account ${account}` : ""}: ${HINT}`);
  return [
    "the rules of the outage:",
    listed(rules.map(({ id, rule, state }) => `${id} ${JSON.stringify(rule)} (${state})`)),
    "the calls that came:",
    listed(told),
  ].join("\n");
}

/** Writes lines one below the other, indented. */
export function listed(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}

function described(call: Event): string {
  const { service, operation, region, account, injected, client } = call;
  const what = [
    injected.delayMs && `${Math.round(injected.delayMs)} ms late`,
    injected.connection && `connection: ${injected.connection}`,
    injected.payload && `payload: ${injected.payload}`,
    injected.listing && `listing: ${injected.listing}`,
    injected.partial && `${injected.partial.failed} of ${injected.partial.of} entries failed`,
    call.statusCode && [call.statusCode, call.errorCode].filter(Boolean).join(" "),
    injected.done && "but carried out",
  ].filter(Boolean);
  const attempt = client.attempt ? `, attempt ${client.attempt}` : "";
  return `${service}.${operation} in ${region}, account ${account}${attempt}: ${what.join(", ")}`;
}

function touched({ ruleId }: Event, own: ReadonlySet<string>): string {
  if (ruleId === null) return "by no rule";
  return own.has(ruleId) ? `by ${ruleId}` : `by ${ruleId}, which is another's`;
}
