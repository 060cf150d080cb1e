/**
 * Devices on which an account has logged in before: strangers do not slow down a log-in from there (domain/user/log-in.ts). They
 * have a separate signed cookie, which log-out keeps. It grants no access; it only says that the right password was once entered
 * here.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../../domain/limits/network.ts';
import type { Deps } from '../../operations/deps.ts';
import type { AttemptSource } from '../../operations/user/login-throttle.ts';
import { normaliseLogin } from '../../operations/user/users.ts';

export interface Devices {
  /** Origin of a log-in: its network, and the device if this login has logged in on it before. */
  sourceOf(request: FastifyRequest, login: string): AttemptSource;
  /** After a log-in. */
  remember(request: FastifyRequest, reply: FastifyReply, login: string): void;
}

const lifetime = 180 * 86_400_000;
/** Maximum number of accounts for a shared office machine. */
const maximumAccounts = 8;

export function createDevices(deps: Pick<Deps, 'keys' | 'now' | 'randomBytes'>, secure: boolean): Devices {
  const name = secure ? '__Host-manyi-device' : 'manyi-device';
  const key = createHmac('sha256', deps.keys.service('session')).update('manyi devices').digest();

  /** Bound to the login, so that a token of one account is invalid for another. */
  const sign = (device: string, issued: string, login: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([device, issued, login]))
      .digest('base64url');
  const tokensOf = (request: FastifyRequest) =>
    (request.cookies[name] ?? '').split('~', maximumAccounts).filter((t) => t !== '');
  function deviceIn(token: string, login: string): string | undefined {
    const [device = '', issued = '', mac = ''] = token.split('.');
    if (!/^\d{1,16}$/.test(issued) || deps.now() - Number(issued) >= lifetime) return undefined;
    const given = Buffer.from(mac);
    const right = Buffer.from(sign(device, issued, login));
    return given.length === right.length && timingSafeEqual(given, right) ? device : undefined;
  }

  return {
    sourceOf(request, typed) {
      const login = normaliseLogin(typed).slice(0, 64);
      for (const token of tokensOf(request)) {
        const device = deviceIn(token, login);
        if (device !== undefined) return { network: networkOf(request.ip), device };
      }
      return { network: networkOf(request.ip), device: null };
    },
    remember(request, reply, login) {
      const others = tokensOf(request).filter((token) => deviceIn(token, login) === undefined);
      const device = Buffer.from(deps.randomBytes(12)).toString('base64url');
      const issued = String(deps.now());
      const own = `${device}.${issued}.${sign(device, issued, login)}`;
      reply.setCookie(name, [own, ...others].slice(0, maximumAccounts).join('~'), {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure,
        maxAge: lifetime / 1000,
      });
    },
  };
}
