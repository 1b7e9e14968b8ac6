import { AssertionError } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { Outages, Unreachable } from "localstack-outages";
import { afterEach, expect, test } from "vitest";

let gateway: ChildProcess;

/** Starts a gateway before the one that the tests run against, and gives its URL. */
async function start(port: string): Promise<string> {
  const upstream = process.env["OUTAGES_ENDPOINT"]!;
  const options = ["--listen", `127.0.0.1:${port}`, "--upstream", upstream];
  const command = ["-m", "localstack_outages.hosts.gateway", ...options];
  gateway = spawn(process.env["PYTHON"]!, command, { stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: gateway.stderr! })) {
    const ready = /(http:\S+) is ready/.exec(line);
    if (ready) return ready[1]!;
  }
  throw new Error("the gateway does not start");
}

async function stop(): Promise<void> {
  gateway.kill();
  if (gateway.exitCode === null) await once(gateway, "exit");
}

afterEach(stop);

test("an outage ends with its gateway, and is not taken for that of the next one", async () => {
  const endpoint = await start("0");
  const outages = new Outages({ endpoint });
  const lost = await outages.outage({ service: "sns" });
  const outage = await outages.outage({ service: "sqs" });
  await stop();
  await lost.stop();
  expect(lost.isInForce).toBe(false);
  await expect(outage.hits()).rejects.toBeInstanceOf(Unreachable);

  await start(new URL(endpoint).port);
  const asked = outage.assertHit();
  await expect(asked).rejects.toBeInstanceOf(AssertionError);
  await expect(asked).rejects.toThrow("LocalStack was restarted meanwhile");
  await outage.stop();
}, 30_000);
