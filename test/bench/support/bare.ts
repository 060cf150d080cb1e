/** What the service is held against: one Fastify route, logger off, body and response schema, nothing stored. Prints its port. */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { benchQuestionnaire } from './survey.ts';

const app = fastify({ logger: false });
const properties: Record<string, object> = {};
const { items, scales } = benchQuestionnaire();
for (const item of items) {
  if (item.type === 'rating')
    properties[item.id] = { type: 'string', enum: scales[item.scale]!.options.map((o) => o.id) };
}
app.post(
  '/s/:code',
  {
    schema: {
      body: {
        type: 'object',
        required: ['answers'],
        properties: {
          answers: {
            type: 'object',
            required: Object.keys(properties),
            additionalProperties: false,
            properties,
          },
        },
      },
      response: { 200: { type: 'object', properties: { status: { type: 'string' } } } },
    },
  },
  async () => ({ status: 'received' }),
);
await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${(app.server.address() as AddressInfo).port}\n`);
process.once('SIGTERM', () => void app.close());
