/** Every channel with a gateway on loopback, set up from the examples of src/messaging/README.md. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Channel } from '../../src/domain/messaging/channel.ts';
import { parseChannels, type ChannelSettings } from '../../src/domain/messaging/channel-settings.ts';
import { createChannels } from '../../src/messaging/index.ts';
import type { Gateway, Mood } from '../support/gateways/gateway.ts';
import { smscPassword, startSmsc } from '../support/gateways/smsc.ts';
import { startWebGateway, type Asked, type Dialect } from '../support/gateways/web.ts';

export interface Rig {
  readonly channel: Channel;
  readonly gateway: Gateway;
  /** In the gateway's words, where it has receipts. */
  readonly words: {
    readonly delivered: string;
    readonly failed: string;
    readonly onTheWay: string | null;
  } | null;
  readonly secrets: readonly string[];
  readonly events: readonly unknown[];
  close(): Promise<void>;
}

export const receiptSecret = 'receipts-secret-0123456789';
/** What an operator would put into the environment. */
const secrets: Readonly<Record<string, string>> = {
  SMPP_PASSWORD: smscPassword,
  KANNEL_PASSWORD: 'kannel-secret',
  KANNEL_RECEIPTS: receiptSecret,
  '/run/secrets/operator-key': 'operator-secret',
  '/run/secrets/operator-receipts': receiptSecret,
  ALIYUN_SECRET: 'aliyun-secret',
  ALIYUN_RECEIPTS: receiptSecret,
  TENCENT_SECRET: 'tencent-secret',
  TENCENT_RECEIPTS: receiptSecret,
};
const secretOf = (source: { env: string } | { file: string }) =>
  secrets['env' in source ? source.env : source.file];

const readme = readFileSync(new URL('../../src/messaging/README.md', import.meta.url), 'utf8');
export const examples = [...readme.matchAll(/```json\n([^`]*)```/g)].map((m) => JSON.parse(m[1]!));

export function exampleOf(kind: string, which = 0): any {
  return structuredClone(examples.filter((e) => e.kind === kind)[which]);
}

export function settingsOf(...entries: readonly unknown[]): readonly ChannelSettings[] {
  return parseChannels(JSON.stringify(entries), secretOf, () => undefined);
}

interface Around {
  readonly mailUrl?: string;
  readonly ca?: string;
  readonly publicUrl?: string;
}

export function makeChannel(entry: unknown, events: unknown[], around: Around = {}) {
  const settings = settingsOf(entry).map((s) => ({ ...s, ca: around.ca }));
  const made = createChannels(settings, {
    mail: around.mailUrl === undefined ? null : { url: around.mailUrl, from: 'survey@example.cn' },
    publicUrl: around.publicUrl ?? 'https://my.example.cn',
    now: () => Date.parse('2026-11-29T10:00:00+08:00'),
    random: () => 0,
    nonce: () => 'nonce',
    log: (event, details) => events.push([event, details]),
  });
  const [channel] = made.list;
  return { channel: channel!, receiver: made.receivers[0] };
}

const patience = 1;

async function webRig(
  entry: any,
  dialect: Dialect,
  place: (url: string) => void,
  words: Rig['words'],
): Promise<Rig> {
  const gateway = await startWebGateway(dialect);
  place(gateway.url);
  const events: unknown[] = [];
  const { channel, receiver } = makeChannel({ ...entry, patience }, events);
  gateway.receiver = receiver;
  return {
    channel,
    gateway,
    words,
    secrets: [...Object.values(secrets)],
    events,
    async close() {
      await channel.close();
      await gateway.close();
    },
  };
}

const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');

function kannel(): Promise<Rig> {
  const entry = exampleOf('http', 0);
  const dialect: Dialect = {
    read({ url: { searchParams } }: Asked) {
      if (searchParams.get('username') !== 'survey' || searchParams.get('password') !== 'kannel-secret')
        return;
      return { to: searchParams.get('to') ?? '', text: searchParams.get('text') ?? '' };
    },
    // gw/smsbox.c, req_sendsms.
    answer: (mood) =>
      mood === 'wrong-credentials'
        ? [403, 'Authorization failed for sendsms']
        : mood === 'throttle'
          ? [503, 'Temporal failure, try again later.']
          : mood === 'refuse'
            ? [400, 'Missing receiver number, rejected']
            : [202, '0: Accepted for delivery'],
    call: (id, state) => ({ query: { token: receiptSecret, id, state }, headers: {}, body: '' }),
  };
  return webRig(entry, dialect, (url) => (entry.request.url = `${url}/cgi-bin/sendsms`), {
    delivered: '1',
    failed: '2',
    onTheWay: '8',
  });
}

function operator(): Promise<Rig> {
  const entry = exampleOf('http', 1);
  const dialect: Dialect = {
    read({ headers, body }) {
      const { msgId, mobiles, content } = JSON.parse(body);
      const signed = hmac('operator-secret', `survey${msgId}${mobiles[0]}${String(headers['x-timestamp'])}`);
      return headers['x-signature'] === signed ? { to: mobiles[0], text: content } : undefined;
    },
    answer: (mood, taskId) =>
      mood === 'wrong-credentials'
        ? [401, '{"code":"401"}']
        : mood === 'throttle'
          ? [200, '{"code":1008}']
          : mood === 'refuse'
            ? [200, '{"code":"1003"}']
            : [200, JSON.stringify({ code: 0, data: { taskId } })],
    call(taskId, status) {
      const body = JSON.stringify({ reports: [{ taskId, status }] });
      return { query: {}, headers: { 'x-signature': hmac(receiptSecret, body) }, body };
    },
  };
  return webRig(entry, dialect, (url) => (entry.request.url = `${url}/v1/messages`), {
    delivered: 'DELIVRD',
    failed: 'UNDELIV',
    onTheWay: 'ENROUTE',
  });
}

/** The signature of RPC-style calls, from the vendor's description of it, not from its SDK. */
function isSignedForAliyun(fields: URLSearchParams, secret: string): boolean {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [...fields]
    .filter(([name]) => name !== 'Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const signature = createHmac('sha1', `${secret}&`)
    .update(`POST&${encode('/')}&${encode(canonical)}`)
    .digest('base64');
  return fields.get('Signature') === signature;
}

function aliyun(): Promise<Rig> {
  const entry = exampleOf('aliyun');
  const dialect: Dialect = {
    read({ body }) {
      const fields = new URLSearchParams(body);
      if (!isSignedForAliyun(fields, 'aliyun-secret')) return undefined;
      if (fields.get('TemplateCode') !== 'SMS_100000001') return undefined;
      const { code } = JSON.parse(fields.get('TemplateParam') ?? '{}');
      const text = `【${fields.get('SignName')}】教育满意度调查：请访问 my.example.cn 输入答题码${code}，勿转给他人。`;
      return { to: fields.get('PhoneNumbers') ?? '', text };
    },
    answer: (mood, BizId) =>
      mood === 'wrong-credentials'
        ? [404, '{"Code":"InvalidAccessKeyId.NotFound","Message":"Specified access key is not found."}']
        : mood === 'throttle'
          ? [200, '{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发分钟级流控"}']
          : mood === 'refuse'
            ? [200, '{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"13800138000 invalid"}']
            : [200, JSON.stringify({ Code: 'OK', Message: 'OK', BizId, RequestId: 'r' })],
    call: (biz_id, err_code) => ({
      query: { token: receiptSecret },
      headers: {},
      body: JSON.stringify([{ phone_number: '13800138000', biz_id, err_code, success: true }]),
    }),
  };
  return webRig(entry, dialect, (url) => (entry.endpoint = url), {
    delivered: 'DELIVERED',
    failed: 'MK:0010',
    onTheWay: null,
  });
}

function tencent(): Promise<Rig> {
  const entry = exampleOf('tencent');
  const say = (body: object) => JSON.stringify({ Response: { RequestId: 'r', ...body } });
  const status = (Code: string, SerialNo = '') =>
    say({ SendStatusSet: [{ Code, SerialNo, PhoneNumber: '+8613800138000', Fee: 1, Message: Code }] });
  const dialect: Dialect = {
    read({ headers, body }) {
      if (!String(headers.authorization).startsWith('TC3-HMAC-SHA256 Credential=AKID-EXAMPLE/'))
        return undefined;
      const { PhoneNumberSet, TemplateParamSet, SignName, TemplateId, SmsSdkAppId } = JSON.parse(body);
      if (TemplateId !== '100001' || SmsSdkAppId !== '1400000000') return undefined;
      const text = `【${SignName}】教育满意度调查：请访问 my.example.cn 输入答题码${TemplateParamSet[0]}，勿转给他人。`;
      return { to: PhoneNumberSet[0].replace(/^\+86/, ''), text };
    },
    answer: (mood, id) =>
      mood === 'wrong-credentials'
        ? [200, say({ Error: { Code: 'AuthFailure.SignatureFailure', Message: 'wrong' } })]
        : mood === 'throttle'
          ? [200, status('LimitExceeded.PhoneNumberThirtySecondLimit')]
          : mood === 'refuse'
            ? [200, status('InvalidParameterValue.IncorrectPhoneNumber')]
            : [200, status('Ok', id)],
    call: (sid, errmsg) => ({
      query: { token: receiptSecret },
      headers: {},
      body: JSON.stringify([{ mobile: '13800138000', report_status: 'SUCCESS', errmsg, sid }]),
    }),
  };
  return webRig(entry, dialect, (url) => (entry.endpoint = url), {
    delivered: 'DELIVRD',
    failed: 'UNDELIV',
    onTheWay: null,
  });
}

async function smppRig(): Promise<Rig> {
  const gateway = await startSmsc();
  const events: unknown[] = [];
  const entry = { ...exampleOf('smpp'), url: `smpp://127.0.0.1:${gateway.port}`, patience };
  const { channel } = makeChannel(entry, events);
  return {
    channel,
    gateway,
    words: { delivered: 'DELIVRD', failed: 'UNDELIV', onTheWay: 'ENROUTE' },
    secrets: Object.values(secrets),
    events,
    async close() {
      await channel.close();
      await gateway.close();
    },
  };
}

/** Speaks as much SMTP as a moody server needs (RFC 5321, RFC 4954). */
async function mailRig(): Promise<Rig> {
  let mood: Mood = 'accept';
  const received: { to: string; text: string }[] = [];
  const sockets = new Set<Socket>();
  const password = 'mail-secret';
  const right = Buffer.from(`\0survey\0${password}`).toString('base64');
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    const say = (line: string) => socket.write(`${line}\r\n`);
    let waiting = '';
    let to = '';
    let letter: string | undefined;
    socket.on('data', (chunk) => {
      waiting += chunk.toString('latin1');
      for (let end = waiting.indexOf('\r\n'); end >= 0; end = waiting.indexOf('\r\n')) {
        const line = waiting.slice(0, end);
        waiting = waiting.slice(end + 2);
        if (letter !== undefined) {
          if (line !== '.') {
            letter += `${line}\r\n`;
            continue;
          }
          const body = letter.split('\r\n\r\n').slice(1).join('\r\n\r\n');
          received.push({ to, text: Buffer.from(body, 'base64').toString('utf8') });
          letter = undefined;
          if (mood === 'cut') socket.destroy();
          else if (mood !== 'late') say('250 2.0.0 kept');
        } else if (/^EHLO/i.test(line)) socket.write('250-mail.example.cn\r\n250 AUTH PLAIN\r\n');
        else if (/^AUTH PLAIN/i.test(line))
          say(
            line.endsWith(right) && mood !== 'wrong-credentials'
              ? '235 2.7.0 ok'
              : `535 5.7.8 wrong: ${line}`,
          );
        else if (/^RCPT/i.test(line)) {
          to = /<([^>]*)>/.exec(line)?.[1] ?? '';
          if (mood === 'throttle') say(`451 4.7.1 <${to}> too many`);
          else if (mood === 'refuse') say(`550 5.1.1 <${to}> unknown`);
          else say('250 2.1.5 ok');
        } else if (/^DATA/i.test(line)) {
          letter = '';
          say('354 go on');
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
        else say('250 ok');
      }
    });
    say('220 mail.example.cn');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const events: unknown[] = [];
  const { port } = server.address() as AddressInfo;
  const { channel } = makeChannel({ ...exampleOf('email'), patience }, events, {
    mailUrl: `smtp://survey:${password}@127.0.0.1:${port}`,
  });
  const gateway: Gateway = {
    received,
    behave: (next) => (mood = next),
    deliver: async () => false,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return {
    channel,
    gateway,
    words: null,
    secrets: [password, right],
    events,
    async close() {
      await channel.close();
      await gateway.close();
    },
  };
}

export const rigs: readonly (readonly [string, () => Promise<Rig>])[] = [
  ['smpp', smppRig],
  ['http (Kannel)', kannel],
  ['http (signed JSON)', operator],
  ['aliyun', aliyun],
  ['tencent', tencent],
  ['email', mailRig],
];
