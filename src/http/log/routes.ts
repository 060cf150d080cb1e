/**
 * The public evidence log (C2SP tlog-tiles under /log/{campaign}/{county}): checkpoints, hashes, proofs. Nothing here reveals the
 * content of a leaf. Hashes and proofs of a size never change and may be cached forever; the checkpoint is revalidated.
 */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { parseTilePath } from '../../domain/evidence/tiles.ts';
import { toBase64 } from '../../domain/hash.ts';
import { campaignIdSchema, countyCodeSchema } from '../../domain/model/ids.ts';
import {
  acceptCosignature,
  getCheckpoint,
  getConsistencyProof,
  getInclusionProof,
  getLogKey,
  getTile,
} from '../../operations/evidence/evidence.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

const params = z.object({ campaign: campaignIdSchema, county: countyCodeSchema });
const tileParams = params.extend({ '*': z.string().max(60) });
const count = z.coerce.number<string>().int().min(0).max(Number.MAX_SAFE_INTEGER);
const inclusionQuery = z.object({ index: count, size: count });
const consistencyQuery = z.object({ from: count, to: count });
const proof = z.object({ path: z.array(z.string()) });
const accepted = z.object({ size: z.int(), witness: z.string() });

const forEver = 'public, max-age=31536000, immutable';
const noteLimit = 16 * 1024;

export function logRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    const base = '/log/:campaign/:county';
    app.addContentTypeParser(
      'text/plain',
      { parseAs: 'string', bodyLimit: noteLimit },
      (_request, body, done) => done(null, body),
    );

    app.get(`${base}/checkpoint`, { ...anyone, schema: { params } }, async (request, reply) => {
      const { campaign, county } = request.params as z.infer<typeof params>;
      return reply
        .header('cache-control', 'no-cache')
        .type('text/plain; charset=utf-8')
        .send(await getCheckpoint(deps, campaign, county));
    });
    app.get(`${base}/key`, { ...anyone, schema: { params } }, async (request, reply) => {
      const { campaign, county } = request.params as z.infer<typeof params>;
      return reply
        .header('cache-control', 'public, max-age=3600')
        .type('text/plain; charset=utf-8')
        .send(`${await getLogKey(deps, campaign, county)}\n`);
    });
    app.get(`${base}/tile/*`, { ...anyone, schema: { params: tileParams } }, async (request, reply) => {
      const { campaign, county, '*': path } = request.params as z.infer<typeof tileParams>;
      const tile = parseTilePath(path);
      if (!tile) throw new AppError('not-found', 'evidence.no-log');
      const hashes = await getTile(deps, campaign, county, tile);
      return reply
        .header('cache-control', forEver)
        .type('application/octet-stream')
        .send(Buffer.from(hashes));
    });
    app.get(
      `${base}/proof/inclusion`,
      { ...anyone, schema: { params, querystring: inclusionQuery, response: { 200: proof } } },
      async (request, reply) => {
        const { campaign, county } = request.params as z.infer<typeof params>;
        const { index, size } = request.query as z.infer<typeof inclusionQuery>;
        const path = await getInclusionProof(deps, campaign, county, index, size);
        return reply.header('cache-control', forEver).send({ path: path.map(toBase64) });
      },
    );
    app.get(
      `${base}/proof/consistency`,
      { ...anyone, schema: { params, querystring: consistencyQuery, response: { 200: proof } } },
      async (request, reply) => {
        const { campaign, county } = request.params as z.infer<typeof params>;
        const { from, to } = request.query as z.infer<typeof consistencyQuery>;
        const path = await getConsistencyProof(deps, campaign, county, from, to);
        return reply.header('cache-control', forEver).send({ path: path.map(toBase64) });
      },
    );
    app.post(
      `${base}/cosignature`,
      { ...anyone, bodyLimit: noteLimit, schema: { params, response: { 200: accepted } } },
      async (request, reply) => {
        const { campaign, county } = request.params as z.infer<typeof params>;
        const body = typeof request.body === 'string' ? request.body : '';
        const { size, witness } = await acceptCosignature(deps, campaign, county, body);
        return reply.header('cache-control', 'no-store').send({ size, witness });
      },
    );
  };
}
