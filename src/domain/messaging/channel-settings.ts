/**
 * The channel settings (CHANNELS_FILE): a JSON list with one entry for each channel. It never contains a secret: an entry names
 * the environment variable or the file that holds it.
 */
import { z } from 'zod';
import { AppError, type Issue } from '../errors.ts';
import { Secret } from '../secret.ts';

const secretSchema = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/) }),
  z.strictObject({ file: z.string().startsWith('/') }),
]);
export type SecretSource = z.infer<typeof secretSchema>;

const refusal = z.enum(['wrong-number', 'opted-out', 'blocked-text', 'rejected']);
const receiptState = z.enum(['delivered', 'failed', 'wrong-number', 'expired', 'opted-out']);
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/);
const webAddress = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
});

/** What every channel declares; the defaults are what the strictest gateways allow. */
const common = {
  /** Distinguishes entries of one kind; used in addresses and in schedules. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,29}$/)
    .optional(),
  personalLink: z.boolean().default(false),
  variableLength: z.boolean().default(true),
  maxSegments: z.int().min(1).max(20).default(1),
  optOutText: z.enum(['required', 'forbidden', 'free']).default('free'),
  window: z
    .strictObject({ from: clock, to: clock })
    .refine(({ from, to }) => from < to)
    .optional(),
  perSecond: z.number().positive().max(10_000).default(20),
  /** Timeout in seconds for a response. */
  patience: z.number().min(1).max(120).default(20),
};

const smpp = z.strictObject({
  kind: z.literal('smpp'),
  ...common,
  /** smpp://host:port, or smpps: over TLS. */
  url: z.string().regex(/^smpps?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}$/),
  ca: z.string().startsWith('/').optional(),
  systemId: z.string().max(15),
  password: secretSchema,
  systemType: z.string().max(12).default(''),
  from: z.string().max(20).default(''),
  numbers: z.enum(['national', 'international']).default('national'),
  long: z.enum(['udh', 'payload']).default('udh'),
  /** Submissions without a response at the same time. */
  outstanding: z.int().min(1).max(1000).default(10),
  validHours: z.int().min(0).max(168).default(24),
  ids: z.enum(['same', 'hex']).default('same'),
  statuses: z.record(z.string().regex(/^0x[0-9a-f]{1,8}$/), refusal).default({}),
  receiptStates: z.record(z.string(), receiptState).default({}),
});

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);
const fields = z.record(z.string(), z.string());

const callAuth = z.union([
  z.strictObject({
    kind: z.literal('token'),
    in: z.enum(['query', 'header']),
    name: z.string().min(1).max(100),
    secret: secretSchema,
  }),
  z.strictObject({
    kind: z.literal('hmac'),
    header: z.string().min(1).max(100),
    algorithm: z.enum(['sha1', 'sha256']),
    encoding: z.enum(['hex', 'base64']).default('hex'),
    secret: secretSchema,
  }),
]);
/** Authentication of calls from a gateway. */
const call = {
  auth: callAuth,
  format: z.enum(['query', 'form', 'json']),
  list: z.string().max(200).default(''),
  answer: z
    .strictObject({ contentType: z.string().max(100), body: z.string().max(1000) })
    .default({ contentType: 'text/plain', body: 'OK' }),
};
/** A signature covers the body. */
const isSigned = (r: { readonly auth: { readonly kind: string }; readonly format: string }) =>
  !(r.auth.kind === 'hmac' && r.format === 'query');

const http = z.strictObject({
  kind: z.literal('http'),
  ...common,
  idempotent: z.boolean().default(false),
  ca: z.string().startsWith('/').optional(),
  connections: z.int().min(1).max(200).default(10),
  secrets: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,29}$/), secretSchema).default({}),
  request: z
    .strictObject({
      method: z.enum(['GET', 'POST']),
      url: webAddress,
      headers: fields.default({}),
      query: fields.default({}),
      form: fields.optional(),
      json: json.optional(),
      signature: z
        .strictObject({
          algorithm: z.enum(['md5', 'sha256', 'hmac-md5', 'hmac-sha1', 'hmac-sha256']),
          over: z.string().max(1000),
          encoding: z.enum(['hex', 'HEX', 'base64']).default('hex'),
          key: z.string().optional(),
        })
        .refine((s) => s.algorithm.startsWith('hmac-') === (s.key !== undefined))
        .optional(),
    })
    .refine((r) => (r.method === 'GET' ? r.form === undefined && r.json === undefined : true))
    .refine((r) => r.form === undefined || r.json === undefined),
  reply: z.strictObject({
    format: z.enum(['json', 'text']),
    code: z.string().max(200).optional(),
    accepted: z.array(z.string()).default([]),
    id: z.string().max(200),
    refusals: z.record(z.string(), refusal).default({}),
    retries: z.record(z.string(), z.enum(['throttled', 'unavailable', 'timed-out'])).default({}),
  }),
  receipt: z
    .strictObject({
      ...call,
      id: z.string().min(1).max(200),
      state: z.string().min(1).max(200),
      states: z.record(z.string(), receiptState),
      otherwise: receiptState.optional(),
    })
    .refine(isSigned)
    .optional(),
  /** Of what people send back. */
  inbound: z
    .strictObject({
      ...call,
      from: z.string().min(1).max(200),
      text: z.string().min(1).max(200),
    })
    .refine(isSigned)
    .optional(),
});

const texts = z
  .array(
    z.strictObject({
      id: z.string().min(1).max(100),
      text: z.string().min(1).max(1000),
      /** The vendor's name of each variable → county, closes, address or code. */
      variables: z.record(z.string(), z.enum(['county', 'closes', 'address', 'code'])),
    }),
  )
  .min(1);

const aliyun = z.strictObject({
  kind: z.literal('aliyun'),
  ...common,
  endpoint: webAddress.default('https://dysmsapi.aliyuncs.com'),
  accessKeyId: z.string().min(1).max(100),
  accessKeySecret: secretSchema,
  signature: z.string().min(1).max(30),
  texts,
  receiptToken: secretSchema.optional(),
});

const tencent = z.strictObject({
  kind: z.literal('tencent'),
  ...common,
  endpoint: webAddress.default('https://sms.tencentcloudapi.com'),
  region: z.string().max(50).default('ap-guangzhou'),
  secretId: z.string().min(1).max(100),
  secretKey: secretSchema,
  appId: z.string().min(1).max(30),
  signature: z.string().min(1).max(30),
  texts,
  receiptToken: secretSchema.optional(),
});

/** By SMTP_URL and MAIL_FROM. */
const email = z.strictObject({
  kind: z.literal('email'),
  ...common,
  personalLink: z.boolean().default(true),
  maxSegments: z.int().min(1).max(100).default(100),
});

const entrySchema = z.discriminatedUnion('kind', [smpp, http, aliyun, tencent, email]);
export type ChannelEntry = z.infer<typeof entrySchema>;

/** Name of the entry: its kind, unless it has a name of its own. */
export function nameOf(entry: Pick<ChannelEntry, 'name' | 'kind'>): string {
  return entry.name ?? entry.kind;
}

/** An entry with its secrets. */
export interface ChannelSettings {
  readonly entry: ChannelEntry;
  /** By the path of the field that names it: `password`, `secrets.key`, `receipt.auth.secret`. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Text of the file named by `ca`. */
  readonly ca: string | undefined;
}

const config = (issues: readonly Issue[]) => new AppError('config', 'channels.invalid', { issues });

/**
 * @param readSecret undefined if there is none
 * @param readText content of a file; undefined if it cannot be read
 * @throws AppError config `channels.invalid` whose issues name entry, field and fault, never a value
 */
export function parseChannels(
  text: string,
  readSecret: (source: SecretSource) => string | undefined,
  readText: (path: string) => string | undefined,
): readonly ChannelSettings[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list)) throw config([{ path: '', message: 'channels.json' }]);
  const issues: Issue[] = [];
  const channels: ChannelSettings[] = [];
  for (const [i, raw] of list.entries()) {
    const fault = (message: string, field: string) =>
      issues.push({ path: `[${i}]`, message, params: { no: i + 1, field } });
    const parsed = entrySchema.safeParse(raw);
    if (!parsed.success) {
      for (const issue of parsed.error.issues.slice(0, 5))
        fault('channels.field', issue.path.join('.') || 'kind');
      continue;
    }
    const entry = parsed.data;
    if (channels.some((c) => nameOf(c.entry) === nameOf(entry))) fault('channels.twice', nameOf(entry));
    const secrets = new Map<string, Secret>();
    for (const [path, source] of secretsOf(entry)) {
      const value = readSecret(source);
      if (value === undefined || value === '') fault('channels.secret', path);
      // Everybody can reach the address that these guard.
      else if (/^(?:receipt|inbound)/.test(path) && value.length < 16) fault('channels.short-secret', path);
      else secrets.set(path, new Secret(value));
    }
    const file = 'ca' in entry ? entry.ca : undefined;
    const ca = file === undefined ? undefined : readText(file);
    if (file !== undefined && ca === undefined) fault('channels.ca', 'ca');
    for (const field of faultsOf(entry)) fault('channels.field', field);
    channels.push({ entry, secrets, ca });
  }
  if (issues.length > 0) throw config(issues);
  return channels;
}

function secretsOf(entry: ChannelEntry): readonly (readonly [string, SecretSource])[] {
  switch (entry.kind) {
    case 'smpp':
      return [['password', entry.password]];
    case 'http':
      return [
        ...Object.entries(entry.secrets).map(([name, source]) => [`secrets.${name}`, source] as const),
        ...(entry.receipt ? ([['receipt.auth.secret', entry.receipt.auth.secret]] as const) : []),
        ...(entry.inbound ? ([['inbound.auth.secret', entry.inbound.auth.secret]] as const) : []),
      ];
    case 'aliyun':
      return [
        ['accessKeySecret', entry.accessKeySecret],
        ...(entry.receiptToken ? ([['receiptToken', entry.receiptToken]] as const) : []),
      ];
    case 'tencent':
      return [
        ['secretKey', entry.secretKey],
        ...(entry.receiptToken ? ([['receiptToken', entry.receiptToken]] as const) : []),
      ];
    case 'email':
      return [];
  }
}

const knownNames =
  /^(?:id|to|text|subject|seconds|milliseconds|date|nonce|receipts|fields|signature|variable\.(?:county|closes|address|code))$/;

/** Checks beyond the schema: names that nothing fills, invalid patterns. */
function faultsOf(entry: ChannelEntry): readonly string[] {
  if (entry.kind !== 'http') return [];
  const { request, reply, secrets } = entry;
  const found: string[] = [];
  const shown = JSON.stringify(request);
  for (const [, name = ''] of shown.matchAll(/\{([A-Za-z][A-Za-z0-9._-]*)\}/g))
    if (!knownNames.test(name) && !(name.startsWith('secret.') && Object.hasOwn(secrets, name.slice(7))))
      found.push(`request {${name}}`);
  if (shown.includes('{signature}') && request.signature === undefined) found.push('request.signature');
  const key = request.signature?.key;
  if (key !== undefined && !Object.hasOwn(secrets, key)) found.push('request.signature.key');
  if (reply.format === 'text')
    for (const place of [reply.code, reply.id === 'own' ? undefined : reply.id])
      if (place !== undefined && !isPattern(place)) found.push('reply');
  return [...new Set(found)];
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'm').test('') || true;
  } catch {
    return false;
  }
}
