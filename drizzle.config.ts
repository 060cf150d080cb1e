import { defineConfig } from 'drizzle-kit';

// `npx drizzle-kit generate --name …` writes the next migration; STRICT and WITHOUT ROWID are then added by hand (migrations/README.md).
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/storage/sqlite/schema.ts',
  out: './migrations',
});
