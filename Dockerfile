# syntax=docker/dockerfile:1
# Stage 1 compiles better-sqlite3 and builds; stage 2 has neither compiler nor packages for development.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json drizzle.config.ts ./
COPY src ./src
COPY migrations ./migrations
COPY survey-templates ./survey-templates
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/srv/manyi/data KEY_DIR=/srv/manyi-keys BACKUP_DIR=/srv/manyi/backups
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/migrations ./migrations
COPY --from=build /app/survey-templates ./survey-templates
RUN install -d -o node -g node -m 0700 /srv/manyi /srv/manyi/data /srv/manyi/backups /srv/manyi-keys
USER node
VOLUME ["/srv/manyi", "/srv/manyi-keys"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# The process lives. Whether it can store answers is asked at /readyz, which a restart would not mend.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--single-threaded-gc", "dist/server.js"]
