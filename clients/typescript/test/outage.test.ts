import { AssertionError } from "node:assert";

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  ListQueuesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { CannotKnow, ControlError, Outages, type Rule } from "localstack-outages";
import { test } from "localstack-outages/vitest";
import { beforeAll, describe, expect, vi } from "vitest";

// Other files run at the same time. Calls of this one have an account of their own.
const account = "210000000001";
const credentials = { accessKeyId: account, secretAccessKey: "test" };
const dynamodb = new DynamoDBClient({ credentials, maxAttempts: 3 });
const s3 = new S3Client({ credentials, forcePathStyle: true });
const sqs = new SQSClient({ credentials, maxAttempts: 3 });
const hasty = new SQSClient({ credentials, maxAttempts: 1 });
let QueueUrl: string;

const mine = test.extend<{ own: Outages }>({
  own: async ({}, use) => {
    const outages = new Outages({ account });
    await use(outages);
    await outages.stopAll();
  },
});

const list = (client: SQSClient) => client.send(new ListQueuesCommand({}));
const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "1" }));
const putItem = () =>
  dynamodb.send(new PutItemCommand({ TableName: "none", Item: { id: { S: "1" } } }));
const message = async (failing: Promise<unknown>) => {
  const error = await failing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AssertionError);
  return (error as AssertionError).message;
};

beforeAll(async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "outage-test" }));
  ({ QueueUrl: QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "outage" })));
});

describe("an outage", () => {
  mine("fails calls in the words of AWS, and is over when its block is", async ({ own }) => {
    {
      await using outage = await own.outage({ service: "sqs", error: "denied" });
      await expect(list(sqs)).rejects.toMatchObject({ name: "AccessDenied" });
      expect(outage.isInForce).toBe(true);
      expect(await outage.hits()).toBe(1);
    }
    await list(sqs);
  });

  mine("is over after a block that throws", async ({ own }) => {
    const failing = async () => {
      await using _ = await own.outage({ service: "sqs" });
      throw new Error("of the test");
    };
    await expect(failing()).rejects.toThrow("of the test");
    await list(hasty);
  });

  mine("tells which calls it touched, and what came of them", async ({ own }) => {
    const outage = await own.outage({ operation: "PutItem", error: "throttling", times: 1 });
    await expect(putItem()).rejects.toMatchObject({ name: "ResourceNotFoundException" });

    const [event] = await outage.events();
    expect(event).toMatchObject({
      service: "dynamodb",
      account,
      errorCode: "ProvisionedThroughputExceededException",
    });
    const [verdict] = await outage.verdicts();
    expect(verdict).toMatchObject({ operation: "PutItem", attempts: 2 });
    await outage.stop();
    expect(await outage.hits()).toBe(1);
  });

  mine("may have several rules, and the innermost outage decides", async ({ own }) => {
    const rules: Rule[] = [{ service: "sqs", error: "internal" }, { service: "s3" }];
    await own.outage(rules);
    const inner = await own.outage({ service: "sqs", error: "denied" });
    await expect(list(hasty)).rejects.toMatchObject({ name: "AccessDenied" });
    await inner.stop();
    await inner.stop();
    await expect(list(hasty)).rejects.toMatchObject({ name: "InternalFailure" });
    await own.stopAll();
    await list(hasty);
  });

  mine("of a scenario has its rules", async ({ own }) => {
    const rules = [{ service: "sqs", error: "denied" }];
    const phase = { name: "down", at: 0, length: 60, text: "SQS is down.", rules };
    const outage = await own.scenario({ name: "own", title: "One of ours", phases: [phase] });
    await expect(list(hasty)).rejects.toMatchObject({ name: "AccessDenied" });
    await outage.stop();
    await list(hasty);

    const packaged = await own.scenario("kms-down", { phase: "down" });
    const evidence = await packaged.evidence();
    expect(evidence.rules.map(({ rule }) => rule)).toContainEqual(
      expect.objectContaining({ service: "kms", error: "unavailable", account }),
    );
  });

  mine(
    "that is refused is not in force, and the error says what would be right",
    async ({ own }) => {
      // @ts-expect-error: the compiler finds it, too
      const refused = own.outage([{ service: "sqs" }, { servce: "s3" }]);
      await expect(refused).rejects.toThrow(
        "[1].servce: unknown field 'servce': did you mean 'service'?",
      );
      await expect(refused).rejects.toBeInstanceOf(ControlError);
      await expect(refused).rejects.toMatchObject({ code: "InvalidRules", status: 400 });
      await list(hasty);
    },
  );

  mine("that is not known any more is nothing to assert on", async ({ own }) => {
    const outage = await own.outage({ service: "sqs" });
    await outage.stop();
    Object.assign(outage, { owner: "one that had no rules for ten minutes" });
    await expect(outage.assertHit()).rejects.toBeInstanceOf(CannotKnow);
  });
});

describe("the fixture", () => {
  let used: Outages;

  test("gives an Outages", async ({ outages }) => {
    used = outages;
    await outages.outage({ service: "sqs", account });
    await expect(list(hasty)).rejects.toMatchObject({ name: "ServiceUnavailableException" });
  });

  test("has ended the outages of the test before, and gives each test its own", async ({
    outages,
  }) => {
    await list(hasty);
    expect(outages.testId).not.toBe(used.testId);
  });
});

describe("assertions", () => {
  mine("hold where the application does well", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", error: "unavailable", times: 2 });
    await send();

    await outage.assertHit({ times: 2 });
    await outage.assertHit();
    await outage.assertRetried({ atLeast: 2, backoff: true });
    await outage.assertRecovered({ within: 5 });
    await outage.assertNotRepeated();
  });

  mine("fail where no call was hit", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", region: "eu-*" });
    await list(sqs);

    expect(await message(outage.assertHit())).toMatch(
      new RegExp(`^expected the outage to hit at least once, but it hit 0 times
the rules of the outage:
  r\\d+ {"account":"${account}","service":"sqs","region":"eu-\\*"} \\(active\\)
the calls that came:
[^]*  sqs.ListQueues in us-east-1, account ${account}, attempt 1: 200, by no rule`),
    );
    expect(await message(outage.assertRetried())).toMatch(/^expected calls to be retried, but/);
    expect(await message(outage.assertRecovered())).toMatch(/but the outage hit no call of it\n/);
    expect(await message(outage.assertNotRepeated())).toMatch(/but the outage hit no call\n/);
    expect(await message(outage.assertNoEntriesLost())).toMatch(/but the outage failed none\n/);
  });

  mine("assertHit counts, and waits", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", latency: 1 });
    await list(sqs);
    expect(await message(outage.assertHit({ times: 2 }))).toMatch(/hit 2 times, but it hit once\n/);
    const waiting = outage.assertHit({ times: 2, within: 5 });
    await list(sqs);
    await waiting;
  });

  mine("wait by a clock that the test has not replaced", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", latency: 1 });
    vi.useFakeTimers();
    try {
      await message(outage.assertHit({ within: 0.1 }));
    } finally {
      vi.useRealTimers();
    }
  });

  mine("assertRetried names calls that were not retried", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", error: "unavailable", times: 1 });
    await expect(list(hasty)).rejects.toThrow();
    expect(await message(outage.assertRetried())).toMatch(
      /to be retried at least once, but not so:\n  sqs.ListQueues in us-east-1: attempts: 1, open\n/,
    );
  });

  mine("assertRetried names calls that were retried without a pause", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", error: "unavailable", times: 12 });
    for (let isDone = false; !isDone;) {
      isDone = await list(hasty).then(
        () => true,
        () => false,
      );
    }
    await outage.assertRetried({ atLeast: 12 });
    expect(await message(outage.assertRetried({ atLeast: 2, backoff: true }))).toMatch(
      /^expected a pause before each retry, but not so:\n  sqs.ListQueues .*noBackoff/,
    );
  });

  mine("assertRecovered names operations that still fail", async ({ own }) => {
    const outage = await own.outage({ service: "sqs", error: "denied" });
    await expect(list(sqs)).rejects.toThrow();
    expect(await message(outage.assertRecovered({ within: 0.1 }))).toMatch(
      /within 0.1 s, but not so:\n  sqs.ListQueues in us-east-1, account \d+: last failed .* s ago/,
    );
  });

  mine("assertNotRepeated names writes that were carried out twice", async ({ own }) => {
    const late = { error: "internal", phase: "after", times: 1 } as const;
    const twice = await own.outage({ service: "sqs", ...late });
    await send();
    expect(await message(twice.assertNotRepeated())).toMatch(
      /twice, but not so:\n  sqs.SendMessage .*carriedOutTwice[^]*500 InternalFailure, but carried out/,
    );

    const harmless = await own.outage({ service: "s3", ...late });
    await s3.send(new PutObjectCommand({ Bucket: "outage-test", Key: "a", Body: "1" }));
    await harmless.assertRetried();
    await harmless.assertNotRepeated();
  });

  mine("assertNoEntriesLost names entries that were not sent again", async ({ own }) => {
    const Entries = ["1", "2"].map((Id) => ({ Id, MessageBody: Id }));
    const partial = { service: "sqs", error: "internal", partial: { count: 1 }, times: 1 } as const;
    const outage = await own.outage(partial);
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(await message(outage.assertNoEntriesLost({ within: 0.1 }))).toMatch(
      /sqs.SendMessageBatch in us-east-1, account \d+: 1 of 1 not sent again/,
    );

    const again = Entries.filter(({ Id }) => Failed.some((failed) => failed.Id === Id));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: again }));
    await outage.assertNoEntriesLost();
  });
});
