import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses: the built application can be put into any folder of a site.
  base: './',
  build: { target: 'es2022' },
  // Tidewater finds its worker and wasm files beside its own module.
  optimizeDeps: { exclude: ['tidewater'] },
  preview: { port: 4173 },
});
