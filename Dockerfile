# halfgig in one container: `halfgig serve` inside the container's own memory limit.
#
#   docker build -t halfgig .
#   docker run -m 512m -p 127.0.0.1:8765:8765 -p 127.0.0.1:8766:8766 -v halfgig:/data halfgig
#
# test/image runs these steps without Docker and starts what comes out.

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY scripts/prune-image.mjs scripts/prune-image.mjs
RUN node scripts/prune-image.mjs node_modules

FROM node:24-slim
ENV NODE_ENV=production XDG_DATA_HOME=/data HALFGIG_ADDRESS=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json package-lock.json LICENSE ./
COPY cli cli
COPY functions functions
COPY layers layers
COPY stacks stacks
COPY web web
RUN mkdir -p /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8765 8766
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:8765/health').then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "cli/halfgig.js"]
CMD ["serve", "--memory", "512"]
