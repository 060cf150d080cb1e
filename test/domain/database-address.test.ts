import { describe, expect, it } from 'vitest';
import { databaseAddresses } from '../../src/domain/database-address.ts';

/** What the driver understands of an address: one server. */
const read = (address: string) =>
  databaseAddresses(address)?.map((url) => {
    const { username, password, hostname, port, pathname, searchParams } = new URL(url);
    return {
      user: `${username}:${password}`,
      host: searchParams.get('host') ?? hostname,
      port: searchParams.get('port') ?? port,
      name: pathname,
      mode: searchParams.get('sslmode'),
    };
  });

describe('the address of a database', () => {
  it('of one server stays as it is written', () => {
    for (const address of [
      'postgres://m:s%40@10.0.0.5:5432/manyi?sslmode=verify-full',
      'postgresql://m@%2Frun%2Fpostgresql/manyi',
      'postgres://[::1]:5432/manyi',
      'postgres:///manyi?host=/run/postgresql&port=5433&user=m',
    ])
      expect(databaseAddresses(address)).toEqual([address]);
  });

  it('of several is one for each, in the order given, by either way that libpq reads', () => {
    const rest = { user: 'm:s', name: '/manyi', mode: 'verify-full' };
    expect(
      read('postgres://m:s@db1:5433,[::1],db3/manyi?sslmode=verify-full&target_session_attrs=primary'),
    ).toEqual([
      { ...rest, host: 'db1', port: '5433' },
      { ...rest, host: '[::1]', port: '' },
      { ...rest, host: 'db3', port: '' },
    ]);
    expect(read('postgres://m:s@db1,db2/manyi?port=6432&sslmode=verify-full')).toEqual([
      { ...rest, host: 'db1', port: '6432' },
      { ...rest, host: 'db2', port: '6432' },
    ]);
    const sockets = { user: ':', name: '/manyi', mode: null };
    expect(read('postgres:///manyi?host=/run/a,/run/b&port=5432,5433')).toEqual([
      { ...sockets, host: '/run/a', port: '5432' },
      { ...sockets, host: '/run/b', port: '5433' },
    ]);
  });

  it('is none where it does not say which server, port or database', () => {
    for (const wrong of [
      ...[
        '',
        'manyi',
        'mysql://a/manyi',
        'postgres://a',
        'postgres://a/',
        'postgres://a/b/c',
        'postgres://a:x/b',
      ],
      ...[
        'postgres://a,b/',
        'postgres://m@a,:5432/b',
        'postgres://m@a,/b',
        'postgres:///b?host=a,',
        'postgres://a,b/c?host=d,e',
      ],
      ...['postgres://a,b/c?port=1,2,3', 'postgres://a,b/c?target_session_attrs=any'],
    ])
      expect(databaseAddresses(wrong), wrong).toBeNull();
  });
});
