import { defineConfig } from "vitest/config";

// The tests mostly wait, and files must not disturb each other.
const options = { include: ["test/*.test.ts"], maxWorkers: 4, testTimeout: 30_000 };

export default defineConfig({ test: options });
