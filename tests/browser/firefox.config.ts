// The tests of what browsers do differently, in Firefox.

import { defineConfig } from '@playwright/test';

import base from './playwright.config.js';

// Each worker of the runner reads this file before a test.
process.env.TIDEWATER_BROWSER = 'firefox';

export default defineConfig(base, {
  testMatch: ['builds', 'commits', 'failover', 'limits', 'modes', 'packets', 'transactions', 'two-tabs'].map((name) => `${name}.spec.ts`),
});
