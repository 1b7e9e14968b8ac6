export default { testMatch: ["<rootDir>/test/jest/*.test.js"], testTimeout: 30_000, transform: {} };
