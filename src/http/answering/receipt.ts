/** Checks a receipt, for everyone: without log-in, without changes, and without storing what was pasted. */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { availableLanguages } from '../../texts/texts.ts';
import { checkReceipt, type ReceiptCheck } from '../../operations/answer/receipts.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';
import { wantsJson } from '../plugins/errors.ts';
import { checkReceiptPage } from './receipt-view.ts';

const bodyLimit = 16 * 1024;

/** Text that is not a receipt is the sender's fault; all other results are successes. */
const statusOf: Readonly<Record<ReceiptCheck['result'], number>> = {
  malformed: 422,
  foreign: 422,
  'not-closed': 200,
  voided: 200,
  included: 200,
  missing: 200,
};

export function receiptRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    app.get('/receipt', anyone, async (request, reply) => show(request, reply, '', null));
    app.post('/receipt', { ...anyone, bodyLimit }, async (request, reply) => {
      await app.limits.countReceipt(request);
      const { receipt } = (request.body ?? {}) as { readonly receipt?: unknown };
      const pasted = typeof receipt === 'string' ? receipt : '';
      const check = await checkReceipt(deps, pasted);
      if (statusOf[check.result] !== 200 && wantsJson(request))
        throw new AppError('invalid', `respondent.receipt.result.${check.result}`);
      return show(request, reply, pasted, check);
    });

    function show(
      request: FastifyRequest,
      reply: FastifyReply,
      pasted: string,
      check: ReceiptCheck | null,
    ): FastifyReply {
      reply.header('cache-control', 'no-store').code(check === null ? 200 : statusOf[check.result]);
      if (check !== null && wantsJson(request))
        return reply.type('application/json; charset=utf-8').send(JSON.stringify(check));
      return reply.html(checkReceiptPage(request.page, availableLanguages, { pasted, check }));
    }
  };
}
