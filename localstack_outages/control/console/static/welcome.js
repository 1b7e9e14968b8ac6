/** What an empty page says: how an application gets here, and what to try. */

import { start } from "./changes.js";
import { endpoint } from "./copies.js";
import { byId, h } from "./dom.js";
import { STORIES } from "./presets.js";

export function welcome() {
  const address = endpoint();
  byId("welcome").replaceChildren(
    h("h2", {}, "No call has come yet"),
    h("p", {}, "Point your application here, then break something. Every call to AWS is counted, and judged once a rule touches it."),
    h("pre", { tabIndex: 0 }, `boto3.client("s3", endpoint_url="${address}")\nexport AWS_ENDPOINT_URL=${address}      # SDKs of today, and the AWS CLI\naws --endpoint-url ${address} s3 ls`),
    h("footer", { class: "bar" }, ...Object.entries(STORIES).map(([name, rules]) =>
      h("button", { type: "button", onclick: () => void start(rules, `${name}, for 5 min`) }, name))),
  );
}
