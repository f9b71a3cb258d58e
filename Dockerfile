# syntax=docker/dockerfile:1
# One image, every role: `docker run IMAGE` runs everything, `docker run IMAGE worker` a part of it.
#
# The tags move with security updates. To pin them, give the digest that `docker buildx imagetools inspect python:3.13-slim` tells:
#   docker build --build-arg BASE=python:3.13-slim@sha256:... .
ARG BASE=python:3.13-slim
ARG UV=ghcr.io/astral-sh/uv:0.13.9

# hadolint ignore=DL3006
FROM ${UV} AS uv

# hadolint ignore=DL3006
FROM ${BASE} AS build
COPY --from=uv /uv /usr/local/bin/uv
WORKDIR /src
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --all-extras --no-install-project
COPY README.md LICENSE PRIVACY.md SUPPORT.md ./
COPY config config
COPY bot bot
COPY adapters adapters
RUN uv sync --locked --no-default-groups --all-extras --no-editable

# hadolint ignore=DL3006
FROM ${BASE}
# The number is fixed, so that a volume stays ours whatever the name is.
RUN useradd --system --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin paperboy && install -d -m 0700 -o paperboy /data
COPY --from=build /app /app
# No *.pyc are written: they are compiled already, and the root file system may be read-only.
ENV PATH=/app/bin:$PATH DATA_DIR=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# No VOLUME: Railway refuses to build it, and a nameless volume, which a platform drops with its container, would look like one that lasts.
USER 10001
WORKDIR /data
STOPSIGNAL SIGTERM
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 CMD ["python", "-m", "bot", "healthcheck"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
