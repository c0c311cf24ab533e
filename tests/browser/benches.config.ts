import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: 'benches', timeout: 1_800_000, reporter: [['list']] });
