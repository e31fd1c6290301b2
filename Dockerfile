# One image for every process of Rekam; docker-compose.yml says which one a container runs.
FROM python:3.13.15-slim-trixie AS build
WORKDIR /build
RUN python -m venv /opt/rekam
COPY requirements-production.txt ./
RUN /opt/rekam/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes -r requirements-production.txt
COPY pyproject.toml README.md LICENSE ./
COPY events ./events
COPY projections ./projections
COPY services ./services
# What builds the package is among the pinned ones, so nothing is fetched here; nobody needs it afterwards, nor pip.
RUN /opt/rekam/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/rekam/bin/pip uninstall --yes setuptools pip

FROM python:3.13.15-slim-trixie
LABEL org.opencontainers.image.title="rekam" \
      org.opencontainers.image.description="The register of who in a city still has to be recorded for the electronic identity card." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# A volume mounted here takes this folder's owner over when it is first used: it will hold the keys.
RUN groupadd --gid 10001 rekam \
    && useradd --uid 10001 --gid rekam --no-create-home --home-dir /var/lib/rekam --shell /usr/sbin/nologin rekam \
    && install --directory --owner=rekam --group=rekam --mode=0700 /var/lib/rekam
COPY --from=build /opt/rekam /opt/rekam
ENV PATH=/opt/rekam/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/rekam
ENTRYPOINT ["rekam"]
CMD ["--help"]
