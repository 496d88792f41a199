import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { firstViewBudget } from './build/budget.ts';

/** Where `vite` (the development server) sends what is for the API. */
const apiAddress = 'http://127.0.0.1:7482';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), firstViewBudget({ entry: 'index.html', kibibytes: 300 })],
  build: {
    target: 'es2023',
    // The content security policy has no place for data: scripts, styles and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: 'manifest.json',
  },
  server: { port: 7483, strictPort: true, proxy: { '/api': apiAddress } },
});
