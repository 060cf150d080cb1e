/** What a page is held against: one Fastify route, logger off, that sends bytes of a given number from memory. Prints its port. */
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import fastify from 'fastify';

const app = fastify({ logger: false });
for (const size of process.argv.slice(2).map(Number)) {
  const body = randomBytes(size);
  app.get(`/${size}`, async (_request, reply) =>
    reply.header('content-encoding', 'br').type('text/html; charset=utf-8').send(body),
  );
}
await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${(app.server.address() as AddressInfo).port}\n`);
process.once('SIGTERM', () => void app.close());
