import { afterEach, test } from "@jest/globals";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Outages } from "localstack-outages";

const outages = new Outages();
const sqs = outages.scoped(new SQSClient({ maxAttempts: 3 }));

afterEach(() => outages.stopAll());

test("survives throttling", async () => {
  const outage = await outages.outage({ service: "sqs", error: "throttling", times: 2 });
  await sqs.send(new ListQueuesCommand({})); // in place of your application
  await outage.assertRetried({ atLeast: 2 });
});
