import { defineConfig } from 'vite';
import login from './vite.login.config.ts';

// A build of its own beside the sign-in's: modules of both would be split off into chunks of theirs, and every
// sign-in would pay for what the account grows by.
export default defineConfig({
  ...login,
  build: {
    ...login.build,
    emptyOutDir: false,
    manifest: '.vite/account.json',
    rollupOptions: {
      input: {
        'account-first': 'src/account/first.ts',
        'account-en': 'src/account/start/en.ts',
        'account-ko': 'src/account/start/ko.ts',
        'account-ar': 'src/account/start/ar.ts',
      },
    },
  },
});
