/** The whole app over a world's storage, with an account of every role, and a client that is logged in as one of them. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Action } from '../../src/domain/campaign/permissions.ts';
import { isBoundRole, may } from '../../src/domain/campaign/permissions.ts';
import type { CountyCode } from '../../src/domain/model/ids.ts';
import type { Role } from '../../src/domain/model/vocabulary.ts';
import { buildApp } from '../../src/http/app.ts';
import { defaultLimits, type HttpDeps } from '../../src/http/deps.ts';
import { createIntake } from '../../src/intake/intake.ts';
import { createOpenCampaigns } from '../../src/operations/answer/open-campaigns.ts';
import { createUser, type UserView } from '../../src/operations/user/users.ts';
import { countyA, countyB, type World } from './world.ts';

export const password = 'lange Nacht, kurzer Tag';

export interface Account {
  readonly role: Role;
  readonly counties: readonly CountyCode[];
}
export const accounts = {
  admin: { role: 'administrator', counties: [] },
  operator: { role: 'operator', counties: [] },
  'official-a': { role: 'official', counties: [countyA] },
  'official-b': { role: 'official', counties: [countyB] },
  'inspector-a': { role: 'inspector', counties: [countyA] },
  'interviewer-a': { role: 'interviewer', counties: [countyA] },
} as const satisfies Record<string, Account>;
export type AccountName = keyof typeof accounts;
export const accountNames = Object.keys(accounts) as AccountName[];

export function mayAccount(name: AccountName, action: Action, county?: CountyCode): boolean {
  const { role, counties } = accounts[name];
  return may({ userId: 'x', name, role, counties, via: 'web' }, action, county);
}
export const isBound = (name: AccountName) => isBoundRole(accounts[name].role);

export interface Visitor {
  readonly cookie: string;
  readonly token: string;
  /** With cookie and token. */
  send(options: InjectOptions): Promise<LightMyRequestResponse>;
  /** With the cookie alone. */
  sendBare(options: InjectOptions): Promise<LightMyRequestResponse>;
}

export interface Staff {
  readonly app: FastifyInstance;
  readonly deps: HttpDeps;
  readonly users: Readonly<Record<AccountName, UserView>>;
  visit(name: string, secret?: string): Promise<Visitor>;
  close(): Promise<void>;
}

export async function createStaff(world: World, patch: Partial<HttpDeps> = {}): Promise<Staff> {
  const base = { ...world.deps, ...patch };
  const intake = createIntake(base.storage, { queueLimit: 1000, batchLimit: 64, onFailure: () => undefined });
  const deps: HttpDeps = {
    ...base,
    intake,
    campaigns: createOpenCampaigns(base),
    http: {
      logger: null,
      trustProxy: false,
      icpNumber: null,
      demo: false,
      selfAdministered: false,
      limits: defaultLimits,
      metricsToken: null,
    },
  };
  const app = await buildApp(deps);
  await app.ready();
  const users = {} as Record<AccountName, UserView>;
  for (const name of accountNames)
    users[name] = await createUser(deps, world.actors.administrator, {
      login: name,
      name,
      role: accounts[name].role,
      counties: accounts[name].counties,
      password,
      ownPassword: true,
    });

  async function visit(name: string, secret = password): Promise<Visitor> {
    const reply = await app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { login: name, password: secret },
    });
    if (reply.statusCode !== 201) throw new Error(`${name}: ${reply.statusCode} ${reply.body}`);
    const cookie = cookieOf(reply);
    const { csrfToken: token } = reply.json<{ csrfToken: string }>();
    const sendBare = (options: InjectOptions) =>
      app.inject({ ...options, headers: { ...options.headers, cookie } });
    return {
      cookie,
      token,
      sendBare,
      send: (options) => sendBare({ ...options, headers: { 'csrf-token': token, ...options.headers } }),
    };
  }
  return {
    app,
    deps,
    users,
    visit,
    async close() {
      await app.close();
      await intake.close();
    },
  };
}

export function cookieOf(reply: LightMyRequestResponse): string {
  return [reply.headers['set-cookie'] ?? []]
    .flat()
    .map((c) => c.split(';')[0] ?? '')
    .join('; ');
}

/** multipart/form-data as a browser sends it. */
export function multipart(
  fields: Readonly<Record<string, string>>,
  file?: { readonly name: string; readonly content: string },
): { readonly payload: string; readonly headers: Readonly<Record<string, string>> } {
  const line = '----manyi-test-boundary';
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${line}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  if (file)
    parts.push(
      `--${line}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: text/csv\r\n\r\n${file.content}\r\n`,
    );
  return {
    payload: `${parts.join('')}--${line}--\r\n`,
    headers: { 'content-type': `multipart/form-data; boundary=${line}` },
  };
}
