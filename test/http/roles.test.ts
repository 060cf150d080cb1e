/** Who gets in where: generated from what the routes declare and from the table of permissions. */
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action } from '../../src/domain/campaign/permissions.ts';
import { formatAccessCode } from '../../src/domain/code/access-code.ts';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { exportKinds } from '../../src/http/api/fieldwork/schema.ts';
import type { DeclaredRoute } from '../../src/http/plugins/access.ts';
import {
  accountNames,
  createStaff,
  isBound,
  mayAccount,
  multipart,
  type AccountName,
  type Staff,
  type Visitor,
} from '../support/staff.ts';
import { countyA, countyB, createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
const visitors = {} as Record<AccountName, Visitor>;
/** Nothing can be done to it: every permitted action ends in a conflict or a fault of the input, so that all of them can be tried. */
let draft: Campaign;
/** Of county B alone. */
let foreign: Campaign;
let opened: Campaign;
let codes: string[] = [];
let phones: string[] = [];

beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  draft = await world.addCampaign({ name: '草稿' });
  const [, ofB] = world.campaignInput().counties;
  foreign = await world.addCampaign({ name: '松岭专项', counties: [ofB!] });
  opened = await world.openedCampaign({ name: '进行中' });
  for (const county of [countyA, countyB]) {
    const sent = await world.sentCodes(opened.id, county);
    codes = codes.concat(sent.map((s) => s.code.replace(/\s/g, '')));
    phones = phones.concat(sent.map((s) => s.phone));
  }
  for (const name of accountNames) visitors[name] = await staff.visit(name);
}, 60_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const declared = () => staff.app.declaredRoutes.filter((r) => r.method !== 'HEAD');
const isApi = (route: DeclaredRoute) => route.url.startsWith('/api/');

function address(route: DeclaredRoute, campaign: Campaign, county: string): string {
  const values: Readonly<Record<string, string>> = {
    campaign: campaign.id,
    county,
    import: 'nosuchimport',
    proposal: 'nosuchpropos',
    user: '000000000000',
    file: 'none.css',
    code: 'AAAAAAAAAA',
    link: 'x',
    random: 'x',
  };
  return route.url.replace(/:(\w+)/g, (_, name: string) => values[name] ?? 'x');
}

/** A request that is well-formed as far as its body's type goes, and empty. */
function request(route: DeclaredRoute, campaign: Campaign, county: string, token?: string): InjectOptions {
  const url = address(route, campaign, county) + (route.url.endsWith('/divisions') ? '?asOf=2025-01-01' : '');
  const method = route.method as 'GET';
  if (route.method === 'GET') return { method, url };
  const isUpload = /\/(schools|school-table|imports|divisions|fates|claimed|xlsform|staff\/templates)$/.test(
    route.url,
  );
  if (isUpload) return { method, url, ...multipart(token === undefined ? {} : { _csrf: token }) };
  const headers = token === undefined ? {} : { 'csrf-token': token };
  return isApi(route)
    ? { method, url, headers, payload: {} }
    : {
        method,
        url,
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        payload: '',
      };
}

describe('every route', () => {
  it('says who may', () => {
    expect(declared().length).toBeGreaterThan(80);
    expect(declared().filter((r) => r.who === undefined)).toEqual([]);
  });

  it('and a route that does not say cannot be registered', async () => {
    const { default: fastify } = await import('fastify');
    const { access } = await import('../../src/http/plugins/access.ts');
    const app = fastify();
    await app.register(access);
    expect(() => app.get('/silent', async () => 'x')).toThrow('/silent does not say who may');
    await app.close();
  });

  it('refuses the public unless it is for the public', async () => {
    for (const route of declared()) {
      const reply = await staff.app.inject(request(route, draft, countyA));
      const what = `${route.method} ${route.url} → ${reply.statusCode}`;
      if (route.who === 'public') {
        if (route.method === 'GET') expect([401, 403], what).not.toContain(reply.statusCode);
      } else if (!isApi(route) && route.method === 'GET') {
        expect(reply.statusCode, what).toBe(303);
        expect(reply.headers.location, what).toMatch(/^\/staff\/login\?next=/);
      } else expect(reply.statusCode, what).toBe(401);
    }
  });

  it.each(accountNames)('answers %s by the table of permissions', async (name) => {
    for (const route of declared()) {
      if (route.who === 'public') continue;
      const county = isBound(name) && name === 'official-b' ? countyB : countyA;
      const allowed = route.who === 'signed-in' || mayAccount(name, route.who);
      // Log-out ends the session on the server: it gets one of its own.
      const isLogOut =
        route.url === '/staff/logout' || (route.method === 'DELETE' && route.url === '/api/v1/session');
      const visitor = isLogOut ? await staff.visit(name) : visitors[name];
      const reply = await visitor.sendBare(request(route, draft, county, visitor.token));
      const what = `${name}: ${route.method} ${route.url} (${route.who}) → ${reply.statusCode} ${reply.body.slice(0, 200)}`;
      if (allowed) expect([401, 403], what).not.toContain(reply.statusCode);
      else expect(reply.statusCode, what).toBe(403);
      if (allowed && route.url !== '/api/v1/backups') expect(reply.statusCode, what).toBeLessThan(500);
    }
  });

  it('refuses what changes something without the form’s token, to everybody', async () => {
    for (const route of declared()) {
      if (route.method === 'GET' || route.who === 'public') continue;
      const name = accountNames.find((n) => route.who === 'signed-in' || mayAccount(n, route.who as Action))!;
      const reply = await visitors[name].sendBare(request(route, draft, countyA));
      const what = `${name}: ${route.method} ${route.url} → ${reply.statusCode}`;
      expect(reply.statusCode, what).toBe(403);
      if (isApi(route)) expect(reply.json().code, what).toBe('csrf.failed');
    }
    expect((await world.campaign(draft.id)).state).toBe('draft');
  });
});

describe('a bound account', () => {
  it.each(accountNames.filter(isBound))('%s reaches no other county', async (name) => {
    const other = name === 'official-b' ? countyA : countyB;
    for (const route of declared()) {
      if (route.who === 'public' || !route.url.includes(':county')) continue;
      const reply = await visitors[name].sendBare(request(route, opened, other, visitors[name].token));
      expect(reply.statusCode, `${route.method} ${route.url}`).toBe(403);
    }
  });

  it('does not see that another county exists, in a shared campaign or in its own', async () => {
    for (const name of ['official-a', 'inspector-a', 'interviewer-a'] as const) {
      for (const route of declared()) {
        if (route.method !== 'GET' || route.who === 'public' || route.url.includes(':user')) continue;
        const reply = await visitors[name].sendBare(request(route, opened, countyA));
        if (reply.statusCode >= 400) continue;
        expect(reply.body, `${name} ${route.url}`).not.toContain('松岭');
        expect(reply.body, `${name} ${route.url}`).not.toContain(countyB);
      }
      for (const url of [`/api/v1/campaigns/${foreign.id}`, `/staff/campaigns/${foreign.id}`]) {
        const reply = await visitors[name].send({ url });
        expect(reply.statusCode, url).toBe(404);
        expect(reply.body).not.toContain('松岭');
      }
    }
    const compared = await visitors['official-a'].send({
      url: `/api/v1/campaigns/${opened.id}/summary?county=${countyA}&county=${countyB}`,
    });
    expect(compared.statusCode).toBe(403);
  });

  it('cannot reach another county’s import through its own county', async () => {
    const [ofB] = await staff.deps.storage.listImports(opened.id, countyB);
    expect(ofB).toBeDefined();
    for (const url of [
      `/api/v1/campaigns/${opened.id}/counties/${countyA}/imports/${ofB!.id}`,
      `/api/v1/campaigns/${opened.id}/counties/${countyA}/imports/${ofB!.id}/faults`,
      `/staff/campaigns/${opened.id}/counties/${countyA}/imports/${ofB!.id}`,
    ])
      expect((await visitors['official-a'].send({ url })).statusCode, url).toBe(404);
    // nor the commissioner's side through the wrong one
    expect(
      (
        await visitors.operator.send({
          url: `/api/v1/campaigns/${opened.id}/counties/${countyA}/imports/${ofB!.id}`,
        })
      ).statusCode,
    ).toBe(404);
  });

  it('never receives a code or a phone number', async () => {
    expect(codes.length).toBeGreaterThan(100);
    for (const name of accountNames.filter(isBound)) {
      const own = name === 'official-b' ? countyB : countyA;
      const bodies: string[] = [];
      for (const route of declared()) {
        if (route.method !== 'GET' || route.who === 'public') continue;
        bodies.push((await visitors[name].sendBare(request(route, opened, own))).body);
      }
      for (const kind of exportKinds) {
        const reply = await visitors[name].send({
          method: 'POST',
          url: `/api/v1/campaigns/${opened.id}/counties/${own}/exports`,
          payload: { kind, format: 'csv' },
        });
        expect(reply.statusCode).toBe(403);
        bodies.push(reply.body);
      }
      const all = bodies.join('\n');
      expect(codes.filter((c) => all.includes(c) || all.includes(formatAccessCode(c)))).toEqual([]);
      expect(phones.filter((p) => p !== '' && all.includes(p))).toEqual([]);
    }
  });

  it('while the commissioner’s side does', async () => {
    const reply = await visitors.operator.send({
      method: 'POST',
      url: `/api/v1/campaigns/${opened.id}/counties/${countyA}/exports`,
      payload: { kind: 'invitation', format: 'csv' },
    });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-disposition']).toContain('attachment');
    expect(codes.filter((c) => reply.body.replace(/\s/g, '').includes(c)).length).toBeGreaterThan(50);
  });
});

describe('before close', () => {
  it('nobody gets a score, in any format, and all are told when', async () => {
    const base = `campaigns/${opened.id}`;
    const closing = new Date(opened.closesAt).toISOString();
    const local = new Date(opened.closesAt + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
    for (const name of accountNames) {
      const own = name === 'official-b' ? countyB : countyA;
      for (const url of [
        `/api/v1/${base}/counties/${own}/summary`,
        `/api/v1/${base}/counties/${own}/summary?format=csv`,
        `/api/v1/${base}/summary?county=${own}`,
        `/api/v1/${base}/summary?county=${own}&format=csv`,
        `/staff/${base}/counties/${own}/summary`,
        ...['.csv', '.xlsx', '.docx', '/groups', '/items', '/units', '/process', '/evidence'].map(
          (part) => `/staff/${base}/counties/${own}/summary${part}`,
        ),
        `/api/v1/${base}/counties/${own}/comments`,
        `/staff/${base}/counties/${own}/comments`,
        `/staff/${base}/compare`,
        `/staff/${base}/compare.csv?county=${own}`,
        `/staff/${base}/compare.xlsx?county=${own}`,
      ]) {
        const reply = await visitors[name].send({ url });
        const action = url.endsWith('comments') ? 'comments.view' : 'summary.view';
        if (!mayAccount(name, action)) {
          expect(reply.statusCode, `${name} ${url}`).toBe(403);
          continue;
        }
        expect(reply.statusCode, `${name} ${url}`).toBe(409);
        expect(reply.body.includes(closing) || reply.body.includes(local), `${name} ${url}`).toBe(true);
      }
    }
  });
});
