/** What comes over the wire that is no honest answer: retries, races, slowness, nonsense. Each code counts once, and the service stays there for the others. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { campaign, codeOf, counties, countyCode, createPlace, createSheets } from '../support/answering.ts';
import { openConnection, startProcess, type ServiceProcess } from '../support/process.ts';
import { answersPerHour } from '../../src/http/plugins/code-limit.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const codes = 300;
let place: Awaited<ReturnType<typeof createPlace>>;
let service: ServiceProcess;
const sheets = createSheets(3);
beforeAll(async () => {
  place = await createPlace(codes);
  service = await startProcess(place);
});
afterAll(async () => {
  if (service.child.exitCode === null) await service.kill();
  place.remove();
});

const answer = async (i: number, form = sheets.next().form): Promise<number> => {
  const connection = openConnection(service.port);
  try {
    return (await connection.postForm(`/s/${codeOf(i)}`, form)).status;
  } finally {
    connection.close();
  }
};
/** Looks beside the running service. */
async function respondents(): Promise<number> {
  const storage = await openSqliteStorage({ directory: place.data, readOnly: true, inline: true });
  try {
    let n = 0;
    for (let c = 0; c < counties; c++) {
      const { differences, responses } = (await storage.recount(campaign, [countyCode(c)]))[0]!;
      expect(differences).toEqual([]);
      n += responses;
    }
    return n;
  } finally {
    await storage.close();
  }
}

describe('one respondent, many requests', () => {
  it('whose acknowledgement was lost sends again: counted once', async () => {
    const before = await respondents();
    const { form } = sheets.next();
    for (let i = 0; i < 5; i++) {
      const { socket, close } = openConnection(service.port);
      await once(socket, 'connect');
      socket.write(
        `POST /s/${codeOf(0)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
      );
      await new Promise((r) => setTimeout(r, i * 3));
      close();
    }
    expect(await answer(0, form)).toBe(303);
    expect(await respondents()).toBe(before + 1);
  });

  it('who taps twice on one connection: counted once', async () => {
    const before = await respondents();
    const { socket, close } = openConnection(service.port);
    await once(socket, 'connect');
    const { form } = sheets.next();
    const request = `POST /s/${codeOf(1)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`;
    socket.write(request + request);
    let seen = '';
    socket.on('data', (chunk: string) => (seen += chunk));
    await vi.waitFor(() => expect(seen.match(/HTTP\/1.1 303/g)).toHaveLength(2), 10_000);
    close();
    expect(await respondents()).toBe(before + 1);
  });

  it('a hundred at once with one code: each thanked or told to wait, counted once', async () => {
    const before = await respondents();
    const statuses = await Promise.all(Array.from({ length: 100 }, () => answer(2)));
    expect(statuses.filter((s) => s === 303)).toHaveLength(answersPerHour);
    expect(statuses.filter((s) => s === 429)).toHaveLength(100 - answersPerHour);
    expect(await respondents()).toBe(before + 1);
  });
});

describe('connections', () => {
  it('ten thousand opened and left do not keep anybody else out', async () => {
    const sockets: Socket[] = [];
    try {
      for (let i = 0; i < 10_000; i += 250) {
        const some = Array.from({ length: 250 }, () => {
          const socket = connect(service.port, '127.0.0.1');
          socket.on('error', () => undefined);
          sockets.push(socket);
          return once(socket, 'connect');
        });
        await Promise.all(some);
      }
      expect(await answer(3)).toBe(303);
      const rss = Number(
        /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.child.pid}/status`, 'utf8'))?.[1],
      );
      expect(rss / 1024).toBeLessThan(600);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    expect(await answer(3)).toBe(303);
  });

  it('whose bodies come byte by byte do not keep anybody else waiting', async () => {
    const slow = Array.from({ length: 50 }, () => {
      const { socket, close } = openConnection(service.port);
      socket.on('error', () => undefined);
      socket.write(
        `POST /s/${codeOf(4)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 400\r\n\r\n`,
      );
      const timer = setInterval(() => socket.write('a'), 200);
      return () => {
        clearInterval(timer);
        close();
      };
    });
    await new Promise((r) => setTimeout(r, 1000));
    expect(await answer(5)).toBe(303);
    for (const stop of slow) stop();
  });

  it.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    [
      'two lengths',
      `POST /s/${codeOf(6)} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 9\r\n\r\nabc`,
      400,
    ],
    [
      'a length and chunks',
      `POST /s/${codeOf(6)} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a header without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['an address that does not decode', 'GET /s/%zz HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    [
      'a body of another type',
      `POST /s/${codeOf(6)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\ncontent-length: 4\r\n\r\n<a/>`,
      415,
    ],
    [
      'a body that is too large',
      `POST /s/${codeOf(6)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 9999999\r\n\r\n`,
      413,
    ],
    [
      'JSON that is none',
      `POST /s/${codeOf(6)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"answers`,
      400,
    ],
  ])('%s is refused with a status of its own', async (_name, text, status) => {
    const { socket, close } = openConnection(service.port);
    let seen = '';
    socket.on('data', (chunk: string) => (seen += chunk));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text, 'latin1');
    await vi.waitFor(() => expect(seen).toMatch(/^HTTP\/1\.1 \d{3}/), 10_000);
    expect(Number(seen.slice(9, 12))).toBe(status);
    close();
    expect(await answer(7)).toBe(303);
  });
});
