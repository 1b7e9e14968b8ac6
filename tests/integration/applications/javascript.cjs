// Lists queues until that works, with the AWS SDK for JavaScript v3. Prints the invocation id of each
// request as a JSON object. Run as: node javascript.cjs ENDPOINT ACCOUNT ATTEMPTS
const { SQSClient, ListQueuesCommand } = require("@aws-sdk/client-sqs");

const [endpoint, account, attempts] = process.argv.slice(2);
const client = new SQSClient({
  region: "us-east-1",
  endpoint,
  credentials: { accessKeyId: account, secretAccessKey: "test" },
  maxAttempts: Number(attempts),
});
const requests = [];
client.middlewareStack.add(
  (next) => (args) => {
    requests.push(args.request.headers["amz-sdk-invocation-id"]);
    return next(args);
  },
  { step: "finalizeRequest", priority: "low" },
);

(async () => {
  let ending = "never worked";
  for (let number = 0; number < 10; number++) {
    try {
      await client.send(new ListQueuesCommand({}));
      ending = "ok";
      break;
    } catch {
      await new Promise((done) => setTimeout(done, 100 * 2 ** number));
    }
  }
  console.log(JSON.stringify({ ending, requests }));
})();
