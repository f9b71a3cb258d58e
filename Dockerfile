# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
WORKDIR /src
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --no-install-project
COPY README.md LICENSE ./
COPY config config
COPY bot bot
COPY adapters adapters
RUN uv sync --locked --no-default-groups --no-editable

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home paperboy && install -d -m 0700 -o paperboy /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH DATA_DIR=/data PYTHONUNBUFFERED=1
USER paperboy
VOLUME /data
WORKDIR /data
STOPSIGNAL SIGTERM
EXPOSE 3000
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
