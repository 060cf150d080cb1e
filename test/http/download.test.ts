import { expect, it } from 'vitest';
import { downloadAs } from '../../src/http/download.ts';

it.each([
  ['名单 "1"(a).csv', '__ _1_(a).csv', '%E5%90%8D%E5%8D%95%20%221%22%28a%29.csv'],
  ['a\r\nSet-Cookie: b.csv', 'a__Set-Cookie: b.csv', 'a%0D%0ASet-Cookie%3A%20b.csv'],
  ['100%25.csv', '100_25.csv', '100%2525.csv'],
  ['半\ud800.csv', '__.csv', '%E5%8D%8A%EF%BF%BD.csv'],
])('%j is offered in ASCII and in full (RFC 6266)', (name, ascii, encoded) => {
  const headers: Record<string, unknown> = {};
  downloadAs(
    { header: (key: string, value?: unknown) => ((headers[key] = value), undefined as never) },
    name,
  );
  const value = String(headers['content-disposition']);
  expect(value).toMatch(/^attachment; filename=[\x20-\x7e]+$/);
  expect(value.replaceAll('"', '')).toBe(`attachment; filename=${ascii}; filename*=UTF-8\'\'${encoded}`);
});
