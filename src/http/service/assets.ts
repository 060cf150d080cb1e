/** Style sheets and scripts: their address changes with their content, so that a phone caches them forever. */
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { anyone } from '../plugins/access.ts';
import { chooseEncoding } from '../plugins/encoding.ts';

export async function assetRoutes(app: FastifyInstance): Promise<void> {
  const bare = { config: { ...anyone.config, plainHeaders: true } };
  app.get<{ Params: { file: string } }>('/assets/:file', bare, async (request, reply) => {
    const asset = app.assets.find(request.params.file);
    if (!asset) throw new AppError('not-found', 'http.not-found');
    const encoding = chooseEncoding(request.headers['accept-encoding']);
    if (encoding !== 'identity') reply.header('content-encoding', encoding);
    return reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('vary', 'accept-encoding')
      .header('x-content-type-options', 'nosniff')
      .header('cross-origin-resource-policy', 'same-origin')
      .type(asset.type)
      .send(asset.encoded[encoding]);
  });
  // Browsers request these by default: answered, so that they are not misses.
  app.get('/favicon.ico', anyone, async (_request, reply) =>
    reply.code(204).header('cache-control', 'public, max-age=31536000').send(),
  );
  app.get('/robots.txt', anyone, async (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=86400')
      .type('text/plain; charset=utf-8')
      .send('User-agent: *\nDisallow: /\n'),
  );
}
