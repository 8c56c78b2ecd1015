import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// Vite's own wraps what is loaded later into a kilobyte of script that preloads its style sheets and parts. Ours
// has no style sheets, and one part that every page has loaded already.
const plainImports: Plugin = {
  name: 'plain-imports',
  enforce: 'pre',
  load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null),
};

export default defineConfig({
  base: '/ui/',
  plugins: [react(), plainImports],
  // Both would write where the content security policy does not look: the polyfill is a script of its
  // own, and an inlined asset is a data: URL that no cache holds.
  build: {
    target: 'es2022',
    outDir: 'dist/login/ui',
    emptyOutDir: true,
    manifest: true,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      // The first request is an entry of its own, so that it leaves before React has arrived.
      input: {
        wake: 'src/login/wake.ts',
        en: 'src/login/start/en.ts',
        ko: 'src/login/start/ko.ts',
        ar: 'src/login/start/ar.ts',
        // And so are the steps, which most people never see.
        'steps-en': 'src/login/start/steps-en.ts',
        'steps-ko': 'src/login/start/steps-ko.ts',
        'steps-ar': 'src/login/start/steps-ar.ts',
      },
    },
  },
});
