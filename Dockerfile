# The image of Andon: docs/operations.md, "In containers". It starts one role; give another as the command.
# To pin the base by its digest: --build-arg NODE_IMAGE=node:24.21.0-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-slim

FROM ${NODE_IMAGE} AS install
WORKDIR /andon
COPY package.json package-lock.json .npmrc ./
# The optional packages are a Node for systems whose own is older: the image has Node 24.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production ANDON_DATA=/data
WORKDIR /andon
COPY --from=install /andon/node_modules ./node_modules
COPY package.json app.yml ./
COPY docs/workflows ./docs/workflows
COPY migrations ./migrations
COPY public ./public
COPY views ./views
COPY src ./src
# Heartbeats and sockets: the one folder that is written to.
RUN mkdir -m 0700 /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
# Of the roles that listen; compose.yaml asks a worker in another way.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["web"]
