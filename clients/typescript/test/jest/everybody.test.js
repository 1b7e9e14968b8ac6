import { afterEach, expect, test } from "@jest/globals";
import { Outages } from "localstack-outages";

const outages = new Outages();

afterEach(() => outages.stopAll());

test("an outage begins", async () => {
  await outages.outage([{ service: "sqs" }, { service: "s3", latency: 5 }]);
  expect((await outages.status()).rules).toHaveLength(2);
});

test("the outages of a test are over after it", async () => {
  expect((await outages.status()).rules).toEqual([]);
});

test("the list of everybody is replaced and cleared", async () => {
  await outages.add([{ service: "sns" }], { owner: "somebody" });
  expect(await outages.replace([{ service: "sqs" }])).toEqual([{ service: "sqs" }]);
  await outages.clear();
  expect(await outages.rules()).toEqual([]);
});
