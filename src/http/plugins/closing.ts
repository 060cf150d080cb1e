/** While the service stops, whoever still comes on an open connection is refused in the form that he reads. Fastify's own refusal is JSON for everybody. */
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
