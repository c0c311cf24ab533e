import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'tests',
  // Each test has a browser of its own, and the machine that runs them all may have two cores.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  forbidOnly: true,
});
