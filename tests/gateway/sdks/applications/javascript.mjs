// Calls of the AWS SDK for JavaScript v3, side by side, each with a client of its own.
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, HeadBucketCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import { text } from "node:stream/consumers";

const OPERATIONS = {
  GetCallerIdentity: [STSClient, GetCallerIdentityCommand],
  DescribeRegions: [EC2Client, DescribeRegionsCommand],
  ListTables: [DynamoDBClient, ListTablesCommand],
  ListQueues: [SQSClient, ListQueuesCommand],
  ListKeys: [KMSClient, ListKeysCommand],
  Invoke: [LambdaClient, InvokeCommand],
  ListMetrics: [CloudWatchClient, ListMetricsCommand],
  ListBuckets: [S3Client, ListBucketsCommand],
  HeadBucket: [S3Client, HeadBucketCommand],
  GetObject: [S3Client, GetObjectCommand],
};
const asked = JSON.parse(await text(process.stdin));

async function call({ operation, parameters, account, protocol, timeout }) {
  const [Client, Command] = OPERATIONS[operation];
  const client = new Client({
    endpoint: asked.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: account, secretAccessKey: "test" },
    ...(timeout && { requestHandler: { requestTimeout: 1000 * timeout, throwOnRequestTimeout: true } }),
    ...(protocol === "cbor" && { protocol: SmithyRpcV2CborProtocol }),
    ...(Client === S3Client && { forcePathStyle: true }),
  });
  try {
    const answer = await client.send(new Command(parameters));
    await answer.Body?.transformToByteArray();
    return {};
  } catch (error) {
    return { error: error.name === "Error" ? error.code || error.message : error.name, message: error.message };
  }
}

// A time-out begins before its request is sent, so that nothing else may go on then.
const calls = asked.cells.map((cell) => (cell.timeout ? null : call(cell)));
await Promise.all(calls);
const told = asked.cells.map((cell, place) => calls[place] ?? call(cell));
console.log(JSON.stringify(await Promise.all(told)));
