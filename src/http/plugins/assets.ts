/**
 * Style sheets and scripts in memory, compressed once, under an address that changes with their content. http/service/assets.ts
 * serves them, unchanged: the build minifies them (copy-assets.mjs).
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fp from 'fastify-plugin';
import { compressAll, type Encoded } from './encoding.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly assets: {
      /** Address of a file of src/http/assets. */
      href(name: string): string;
      /** Its text, to be inlined into a page. */
      text(name: string): string;
      /** Its hash for a Content-Security-Policy: `'sha256-…'`. */
      source(name: string): string;
      /** By the last part of its address. */
      find(file: string): Asset | undefined;
    };
  }
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

export interface Asset {
  readonly type: string;
  readonly encoded: Encoded;
}

function missing(name: string): never {
  throw new Error(`no asset ${name}`);
}

export default fp<{ folder: URL | undefined }>(
  async (app, { folder = new URL('../assets/', import.meta.url) }) => {
    const hrefs = new Map<string, string>();
    const bodies = new Map<string, Buffer>();
    const files = new Map<string, Asset>();
    for (const name of readdirSync(folder)) {
      const extension = name.slice(name.lastIndexOf('.') + 1);
      const type = types[extension];
      if (type === undefined) continue;
      const body = readFileSync(new URL(name, folder));
      const hash = createHash('sha256').update(body).digest('hex').slice(0, 10);
      const hashed = `${name.slice(0, -extension.length - 1)}.${hash}.${extension}`;
      bodies.set(name, body);
      hrefs.set(name, `/assets/${hashed}`);
      files.set(hashed, { type, encoded: compressAll(body) });
    }
    app.decorate('assets', {
      href(name: string): string {
        const href = hrefs.get(name);
        return href ?? missing(name);
      },
      text: (name: string) => bodies.get(name)?.toString() ?? missing(name),
      source(name: string): string {
        const body = bodies.get(name) ?? missing(name);
        return `'sha256-${createHash('sha256').update(body).digest('base64')}'`;
      },
      find: (file: string) => files.get(file),
    });
  },
  { name: 'assets', fastify: '5.x' },
);
