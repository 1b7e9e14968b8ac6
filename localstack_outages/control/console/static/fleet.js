/** Says which fleet the host belongs to, and since when that is without its Redis. */

import { byId, h, setText } from "./dom.js";
import { clock, plural } from "./format.js";
import { live, onNews } from "./live.js";

const replicas = h("p", { id: "fleet", class: "dim" });
const gone = h("p", { class: "notice wrong", role: "alert", hidden: true });

function draw() {
  const fleet = live.status?.fleet;
  if (!fleet) return;
  setText(replicas, `fleet of ${plural(fleet.replicas, "host")}`);
  gone.hidden = !fleet.goneSince;
  if (!fleet.goneSince) return;
  const budgets = fleet.without === "closed" ? "those with a budget hit nothing" : "each host counts budgets for itself";
  setText(gone, `Redis has not answered since ${clock(fleet.goneSince)}. Rules stay as they are and cannot be changed; ${budgets}. What other hosts do is not told.`);
}

/** Say it from now on. */
export function showFleet() {
  if (replicas.isConnected) return;
  byId("versions").after(replicas);
  byId("gone").after(gone);
  onNews(draw);
  draw();
}
