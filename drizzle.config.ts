import { defineConfig } from 'drizzle-kit';

// `npx drizzle-kit generate --name …` writes the next migration of SQLite, with `ENGINE=postgres` before it that of PostgreSQL. What stands in no schema is then
// added by hand: STRICT and WITHOUT ROWID, partitions and triggers (migrations/README.md).
export default process.env['ENGINE'] === 'postgres'
  ? defineConfig({
      dialect: 'postgresql',
      schema: './src/storage/postgres/schema.ts',
      out: './migrations/postgres',
    })
  : defineConfig({
      dialect: 'sqlite',
      schema: './src/storage/sqlite/schema.ts',
      out: './migrations',
    });
