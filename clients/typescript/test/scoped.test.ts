import { GetObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { test } from "localstack-outages/vitest";
import { afterEach, describe, expect, vi } from "vitest";

const newSqs = () => new SQSClient({ maxAttempts: 3 });
const list = (client: SQSClient) => client.send(new ListQueuesCommand({}));

describe.concurrent("tests that run at the same time", () => {
  const outcomes = { denied: 1, conflict: 1, unavailable: 3, internal: 3 };
  for (const [error, attempts] of Object.entries(outcomes)) {
    test(`have outages of their own: ${error}`, async ({ outages, expect }) => {
      const sqs = outages.scoped(newSqs());
      const outage = await outages.outage({ service: "sqs", error: error as "denied" });
      for (let calls = 0; calls < 3; calls += 1) {
        await expect(list(sqs)).rejects.toMatchObject({ $metadata: expect.anything() });
        await list(newSqs());
      }
      const codes = new Set((await outage.events()).map((event) => event.errorCode));
      expect([...codes]).toHaveLength(1);
      await outage.assertHit({ times: 3 * attempts });
    });
  }
});

test("a client is scoped anew by the next test", async ({ outages }) => {
  const sqs = newSqs();
  const { Outages } = await import("localstack-outages");
  expect(new Outages().scoped(sqs)).toBe(sqs);
  outages.scoped(sqs);
  const outage = await outages.outage({
    service: "sqs",
    times: 1,
    header: { "user-agent": "aws-sdk-js/*" },
  });
  await list(sqs);
  await outage.assertHit({ times: 1 });
});

test("presigned URLs of a scoped client need no header", async ({ outages }) => {
  const s3 = outages.scoped(new S3Client({ forcePathStyle: true }));
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "a", Key: "b" }));
  expect(new URL(url).searchParams.get("X-Amz-SignedHeaders")).toBe("host");

  await outages.outage({ service: "s3", error: "denied" });
  await expect(s3.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: "AccessDenied" });
});

afterEach(() => vi.unstubAllEnvs());

test("an application is told by its id in the environment", async ({ outages }) => {
  const id = outages.testId;
  const header = { "user-agent": `*app/${id}*` };
  const outage = await outages.outage({ service: "sqs", header, error: "denied" });
  vi.stubEnv("AWS_SDK_UA_APP_ID", id);
  await expect(list(newSqs())).rejects.toMatchObject({ name: "AccessDenied" });
  vi.stubEnv("AWS_SDK_UA_APP_ID", undefined);
  await list(newSqs());
  await outage.assertHit({ times: 1 });
});

test("scoping comes before an outage, and is not for scenarios", async ({ outages }) => {
  const outage = await outages.outage({ service: "sqs", account: "210000000002" });
  expect(() => outages.scoped(newSqs())).toThrow("an outage for all clients is in force");
  await outage.stop();
  outages.scoped(newSqs());
  await expect(outages.scenario("kms-down")).rejects.toThrow("not for scoped clients alone");
});
