import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { NoControlApi, Outages, type Rule, Unreachable } from "localstack-outages";
import { test } from "localstack-outages/vitest";
import { afterEach, describe, expect, vi } from "vitest";

const account = "210000000003";
const rule: Rule = { service: "sns", account };

/** Serves while a function runs, and gives that its URL. */
async function serving(answer: boolean, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => answer && response.end("<html>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("the list of an owner", () => {
  test("is changed by its methods", async ({ outages }) => {
    const owner = outages.testId;
    const slow = { ...rule, latency: 5 };
    expect(await outages.add([rule], { owner })).toEqual([rule]);
    expect(await outages.add([slow], { owner, position: "first" })).toHaveLength(2);
    expect(await outages.replace([slow], { owner })).toEqual([slow]);
    expect(await outages.rules({ owner })).toEqual([slow]);
    expect((await outages.status()).rules).toContainEqual(
      expect.objectContaining({ owner, rule: slow, hits: 0 }),
    );
    expect(await outages.remove([slow], { owner, dryRun: true })).toEqual([]);
    expect(await outages.remove([rule], { owner })).toEqual([slow]);
    await outages.clear({ owner });
    expect(await outages.rules({ owner })).toEqual([]);
  });

  test("takes a parameter that is none for an error", async ({ outages }) => {
    // @ts-expect-error: the compiler finds it, too
    await expect(outages.rules({ ownr: "a" })).rejects.toMatchObject({ code: "InvalidQuery" });
  });
});

test("a token is sent, that of the environment where none is given", async () => {
  const sent: (string | undefined)[] = [];
  vi.stubEnv("OUTAGES_TOKEN", "of the environment");
  const server = createServer((request, response) => {
    sent.push(request.headers.authorization);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const options of [{}, { token: "given" }]) {
    await expect(new Outages({ endpoint, ...options }).rules()).rejects.toThrow(NoControlApi);
  }
  server.close();
  expect(sent).toEqual(["Bearer of the environment", "Bearer given"]);
});

describe("where nothing of ours answers", () => {
  test("nobody listens", async () => {
    const outages = new Outages({ endpoint: "http://127.0.0.1:9" });
    const refused = outages.outage(rule);
    await expect(refused).rejects.toBeInstanceOf(Unreachable);
    await expect(refused).rejects.toThrow(
      "cannot reach LocalStack at http://127.0.0.1:9: connect E",
    );
    await expect(refused).rejects.toMatchObject({ isGone: true });
  });

  test("somebody answers too late", async () => {
    await serving(false, async (endpoint) => {
      const late = new Outages({ endpoint, timeout: 0.1 }).rules();
      await expect(late).rejects.toMatchObject({ reason: "no answer in time", isGone: false });
    });
  });

  test("something else answers", async () => {
    await serving(true, async (endpoint) => {
      const other = new Outages({ endpoint }).rules();
      await expect(other).rejects.toBeInstanceOf(NoControlApi);
      await expect(other).rejects.toThrow("but not as the outages extension (HTTP 200)");
    });
  });
});

describe("the endpoint", () => {
  afterEach(() => vi.unstubAllEnvs());
  const names = ["LOCALSTACK_HOST", "LOCALSTACK_ENDPOINT", "AWS_ENDPOINT_URL", "OUTAGES_ENDPOINT"];

  test("comes from the environment, or is the usual one", () => {
    for (const name of names) vi.stubEnv(name, "");
    expect(new Outages().endpoint).toBe("http://localhost:4566");
    vi.stubEnv("LOCALSTACK_HOST", "localstack");
    expect(new Outages().endpoint).toBe("http://localstack:4566");
    vi.stubEnv("LOCALSTACK_HOST", "localstack:4510");
    expect(new Outages().endpoint).toBe("http://localstack:4510");
    for (const name of names.slice(1)) {
      vi.stubEnv(name, `https://${name.toLowerCase()}/`);
      expect(new Outages().endpoint).toBe(`https://${name.toLowerCase()}`);
    }
    expect(new Outages({ endpoint: "http://127.0.0.1:1" }).endpoint).toBe("http://127.0.0.1:1");
  });

  test("is a URL", () => {
    vi.stubEnv("OUTAGES_ENDPOINT", "localhost:4566");
    expect(() => new Outages()).toThrow(
      "OUTAGES_ENDPOINT: 'localhost:4566' is no URL of LocalStack; write it as http://localhost:4566",
    );
    expect(() => new Outages({ endpoint: "http://localhost:4566?a=b" })).toThrow("endpoint: ");
    expect(() => new Outages({ timeout: 0 })).toThrow("timeout: 0 is not more than 0 seconds");
  });
});
