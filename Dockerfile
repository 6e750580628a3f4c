# syntax=docker/dockerfile:1
# One image for all four processes; compose.yaml gives each its command.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements/ requirements/
# s3 instead of run to keep evidence in an object store, telemetry to send spans.
ARG LOCK=run
RUN python -m venv /venv && /venv/bin/pip install --quiet --require-hashes -r requirements/$LOCK.lock
COPY . .
# Production settings refuse to start with gaps; none of these values stays in the image.
RUN ANDON_ENV=production SECRET_KEY=$(head -c 64 /dev/urandom | base64 -w 0) \
    DATABASE_URL=postgres://none/none REDIS_URL= ANDON_URL=https://build.invalid \
    ANDON_GATE_URL=https://build.invalid ANDON_EMAIL_HOST=build.invalid \
    ANDON_VAULT_KEYS=$(head -c 32 /dev/urandom | base64 -w 0) \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0

# Debian's own pg_dump is older than the server of compose.yaml and cannot read it; from here come
# the address and the key of the packages that this server itself is made of.
FROM postgres:18-bookworm AS postgres

FROM python:3.11-slim-bookworm
COPY --from=postgres /usr/local/share/keyrings/postgres.gpg.asc /usr/local/share/keyrings/
COPY --from=postgres /etc/apt/sources.list.d/pgdg.list /etc/apt/sources.list.d/
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin andon \
    && install -d -o 10001 -m 0700 /evidence
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ANDON_ENV=production
WORKDIR /app
USER 10001
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", "import urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': __import__('os').environ.get('ANDON_HOSTS', 'localhost').split(',')[0]}), timeout=2)"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "8", "--no-ws", "--backpressure", "64", "--respawn-failed-workers", "--workers-lifetime", "6h"]
