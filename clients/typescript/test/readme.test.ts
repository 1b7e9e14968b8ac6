import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { test } from "localstack-outages/vitest";

const sqs = new SQSClient({ maxAttempts: 3 });

test("survives throttling", async ({ outages }) => {
  outages.scoped(sqs); // tests in other files go on undisturbed
  await using outage = await outages.outage({ service: "sqs", error: "throttling", times: 2 });
  await sqs.send(new ListQueuesCommand({})); // in place of your application
  await outage.assertRetried({ atLeast: 2 });
});
