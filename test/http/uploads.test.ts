/** Uploads over real sockets: a refusal is heard and the connection goes on; long work answers at once and shows how far it is. */
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { AppError } from '../../src/domain/errors.ts';
import { translator } from '../../src/texts/texts.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, csv, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let id: CampaignId;
/** While set, rows wait before they are stored. */
let gate: Promise<void> | undefined;
let operator: Visitor;
let admin: Visitor;
let base: string;

beforeEach(async () => {
  gate = undefined;
  world = await createWorld();
  ({ id } = await world.addCampaign());
  await world.addSchools(id, countyA);
  const { storage } = world.deps;
  const stageRows: HttpDeps['storage']['stageRows'] = async (...args) => {
    await gate;
    return storage.stageRows(...args);
  };
  staff = await createStaff(world, {
    storage: new Proxy(storage, {
      get: (target, name) => (name === 'stageRows' ? stageRows : Reflect.get(target, name)),
    }),
  });
  operator = await staff.visit('operator');
  admin = await staff.visit('admin');
  base = `campaigns/${id}/counties/${countyA}`;
});
afterEach(async () => {
  await staff.close();
  await world.close();
});

describe('a refused upload', () => {
  const large = `<html>${'x'.repeat(3_000_000)}`;
  const multipartOf = (fields: Record<string, string>) =>
    multipart(fields, { name: 'r.csv', content: large });

  it('is answered, and so is the next request on its connection, at every upload route', async () => {
    await staff.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = staff.app.server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (method: string, path: string, headers: Record<string, string>, body?: Buffer) =>
      new Promise<number>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', agent, method, path, headers }, (reply) => {
          reply.resume().once('end', () => resolve(reply.statusCode ?? 0));
        });
        sent.once('error', reject);
        sent.end(body);
      });
    const routes = [
      ['POST', `/staff/${base}/schools`, operator],
      ['POST', `/staff/${base}/imports`, operator],
      ['POST', `/staff/${base}/fates`, operator],
      ['POST', `/api/v1/${base}/schools`, operator],
      ['POST', `/api/v1/${base}/imports?group=parent`, operator],
      ['POST', `/api/v1/${base}/fates`, operator],
      ['PUT', '/api/v1/divisions?asOf=2026-01-01', admin],
    ] as const;
    // Every upload route that the service has.
    const declared = staff.app.declaredRoutes.filter(
      (r) =>
        (r.method === 'POST' || r.method === 'PUT') && /\/(schools|imports|fates|divisions)$/.test(r.url),
    );
    expect(declared).toHaveLength(routes.length);
    for (const [method, path, who] of routes) {
      const form = (fields: Record<string, string>) => {
        const { payload, headers } = multipartOf(fields);
        return { body: Buffer.from(payload), headers: { cookie: who.cookie, ...headers } };
      };
      const attempts = [
        // The file is no table; it is refused after its first bytes.
        form({ _csrf: who.token, group: 'parent' }),
        // No token: refused before the file.
        form({ group: 'parent' }),
        // Nobody is logged in.
        { ...form({}), headers: { ...multipartOf({}).headers } },
        ...(path.startsWith('/api')
          ? [
              {
                body: Buffer.from(large),
                headers: { cookie: who.cookie, 'csrf-token': who.token, 'content-type': 'text/csv' },
              },
            ]
          : []),
      ];
      for (const [i, { headers, body }] of attempts.entries()) {
        const sized = { ...headers, 'content-length': String(body.length) };
        expect(await send(method, path, sized, body), `${path} ${i}`).toBeGreaterThanOrEqual(400);
        expect(await send('GET', '/staff/login', {}), `after ${path} ${i}`).toBe(200);
      }
    }
    agent.destroy();
  }, 60_000);
});

describe('a roll that takes long', () => {
  const rows = Array.from({ length: 1_500 }, (_, i) => ['第一小学', `138${String(10_000_000 + i)}`]);
  const roll = csv(['学校', '家长电话'], rows);
  const post = async (content: string) => {
    const form = multipart({ _csrf: operator.token, group: 'parent' }, { name: 'r.csv', content });
    const sent = await operator.sendBare({ method: 'POST', url: `/staff/${base}/imports`, ...form });
    expect(sent.statusCode, sent.body).toBe(303);
    return String(sent.headers.location);
  };
  /** For browsers without script. */
  const reload = '<noscript><meta http-equiv="refresh" content="3"';
  const settled = async (page: string) => {
    for (;;) {
      const reply = await operator.sendBare({ url: page });
      if (!reply.body.includes(reload)) return reply.body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('answers while it is read; the page shows how far it is and comes again by itself', async () => {
    let open = () => undefined as void;
    gate = new Promise((resolve) => (open = resolve));
    const page = await post(roll);
    const during = await operator.sendBare({ url: page });
    expect(during.body).toContain(reload);
    expect(during.body).toContain(`data-live="${page}/live"`);
    expect(during.body).toMatch(/已读 [1-9][^行]* 行/u);
    open();
    expect(await settled(page)).toMatch(/1.500/u);
  }, 20_000);

  it('says afterwards why it was refused', async () => {
    let open: (error: AppError) => void = () => undefined;
    gate = new Promise((_, reject) => (open = reject));
    const page = await post(roll);
    // Frozen by somebody else meanwhile.
    open(new AppError('conflict', 'frame.frozen'));
    expect(await settled(page)).toContain(translator('zh-CN')('frame.frozen'));
    const [found] = await world.storage.listImports(id, countyA);
    expect(found?.state).toBe('discarded');
  }, 20_000);

  it('can be given up meanwhile', async () => {
    let open = () => undefined as void;
    gate = new Promise((resolve) => (open = resolve));
    const page = await post(roll);
    const given = await operator.send({ method: 'POST', url: `${page}/discard` });
    expect(given.statusCode).toBe(303);
    open();
    await settled(page);
    const [found] = await world.storage.listImports(id, countyA);
    expect(found?.state).toBe('discarded');
  }, 20_000);
});
