/** The names of services, regions and operations, for inputs to complete from. */

import { ask } from "./api.js";
import { byId, h } from "./dom.js";

/** @param {string} [service] @returns {Promise<NamesDocument>} */
export const names = (service) => ask(`outages/names${service ? `?${new URLSearchParams({ service })}` : ""}`);

/** @param {string} id @param {string[]} names */
const fill = (id, names) => byId(id).replaceChildren(...names.map((value) => h("option", { value })));

let isFilled = false;

/** Names only help: without LocalStack there are none, and no error. */
export async function fillNames() {
  if (isFilled) return;
  isFilled = true;
  try {
    const { services, regions } = await names();
    fill("services", services);
    fill("regions", regions);
  } catch {
    isFilled = false;
  }
}

/** @param {string} service */
export async function fillOperations(service) {
  const { operations = [] } = await names(service).catch(() => ({ operations: [] }));
  fill("operations", operations);
}
