import { describe, expect, it } from 'vitest';
import { addMiss, levelAt, secondsUntilRoom, type Bucket } from '../../../src/domain/limits/miss-budget.ts';
import { networkOf } from '../../../src/domain/limits/network.ts';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
    ['1:2:3', '1:2:3'],
    ['::1::2', '::1::2'],
  ])('%s is of %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('a budget of misses', () => {
  it('drains evenly, and says the first second in which there is room', () => {
    let bucket: Bucket | undefined;
    for (let i = 0; i < 100; i++) bucket = addMiss(bucket, 60, 0);
    expect(levelAt(bucket, 60, 0)).toBe(100);
    const seconds = secondsUntilRoom(bucket, 60, 0);
    expect(seconds).toBe(41);
    expect(secondsUntilRoom(bucket, 60, (seconds - 1) * 1000)).toBeGreaterThan(0);
    expect(secondsUntilRoom(bucket, 60, seconds * 1000)).toBe(0);
    expect(secondsUntilRoom(undefined, 60, 0)).toBe(0);
    // A clock that goes back gives nothing away.
    expect(levelAt(bucket, 60, -1000)).toBe(100);
  });
});
