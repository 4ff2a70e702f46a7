# One image for every process of anzheng 安证; docker-compose.yml says which one a container is.
#
#   pages    the verifier's web pages (Node)
#   build    a virtual environment from the locked, hashed list, and this project as a wheel in it
#   runtime  Python, that environment, a user without rights; no compiler, no pip cache, no sources

FROM node:20.19.4-bookworm-slim AS pages
WORKDIR /src/verifier/web
COPY verifier/web/package.json verifier/web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY verifier/service/templates /src/verifier/service/templates
COPY verifier/web ./
RUN npm run build

FROM python:3.11.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
COPY requirements/tools.txt requirements/all.txt requirements/
# What builds the project, and what it runs on: apart, each by its hashes, wheels only.
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --require-hashes --only-binary :all: -r requirements/tools.txt \
 && python -m venv /opt/anzheng \
 && /opt/anzheng/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements/all.txt
COPY pyproject.toml README.md LICENSE ./
COPY contracts/artifacts contracts/artifacts
COPY licence licence
COPY signer signer
COPY anchor anchor
COPY wallet wallet
COPY verifier verifier
COPY anzheng anzheng
COPY --from=pages /src/verifier/web/dist verifier/web/dist
RUN /opt/tools/bin/python -m hatchling build -t wheel -d /wheels \
 && /opt/anzheng/bin/pip install --no-deps /wheels/*.whl \
 && /opt/anzheng/bin/pip uninstall --yes pip

FROM python:3.11.13-slim-bookworm AS runtime
RUN groupadd --gid 10001 anzheng \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin anzheng \
 && install -d -o 10001 -g 10001 /data
COPY --from=build /opt/anzheng /opt/anzheng
ENV PATH=/opt/anzheng/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ANZHENG_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["anzheng"]
CMD ["--help"]
