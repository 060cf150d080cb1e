/**
 * While the service stops, requests on open connections are refused in the reader's format. Fastify's own refusal is always JSON.
 */
import fp from 'fastify-plugin';
import { AppError } from '../../domain/errors.ts';

export default fp(
  async (app) => {
    let isClosing = false;
    app.addHook('preClose', (done) => {
      isClosing = true;
      done();
    });
    app.addHook('onRequest', (_request, _reply, done) => {
      if (isClosing) done(new AppError('unavailable', 'http.unavailable'));
      else done();
    });
  },
  { name: 'closing', fastify: '5.x', dependencies: ['errors'] },
);
