const DEFAULT_ENDPOINT = "http://localhost:4566";
const DEFAULT_PORT = 4566;

const URLS = ["OUTAGES_ENDPOINT", "AWS_ENDPOINT_URL", "LOCALSTACK_ENDPOINT"];

/**
 * Gives the URL of LocalStack or of a gateway, without a slash at its end.
 *
 * @param given it, where it is known
 * @throws TypeError where it is no URL; the message names where it comes from
 */
export function findEndpoint(given: string | undefined, env: NodeJS.ProcessEnv): string {
  if (given !== undefined) return checked(given, "endpoint");
  for (const name of URLS) {
    const value = env[name]?.trim();
    if (value) return checked(value, name);
  }
  const host = env["LOCALSTACK_HOST"]?.trim();
  if (!host) return DEFAULT_ENDPOINT;
  const port = /:\d+$/.test(host) ? "" : `:${DEFAULT_PORT}`;
  return checked(`http://${host}${port}`, "LOCALSTACK_HOST");
}

function checked(value: string, source: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new TypeError(
      `${source}: '${value}' is no URL of LocalStack; write it as ${DEFAULT_ENDPOINT}`,
    );
  }
  return value.replace(/\/+$/, "");
}
