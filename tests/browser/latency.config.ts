import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: 'latency', timeout: 300_000, reporter: [['list']] });
