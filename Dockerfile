# syntax=docker/dockerfile:1
# Hansard in a container: built from this tree as Debian packages, which then go into an image of their own.
#   docker build -t hansard .
#   docker run --rm -v hansard:/var/lib/hansard hansard token create     # once: it listens to all addresses, and lets in who has one
#   docker run -d -p 127.0.0.1:8080:8080 -v hansard:/var/lib/hansard hansard
# Settings go in by -e; whatever else it is told is a command of the program (docker run … hansard doctor).

FROM debian:bookworm-slim AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
ENV HANSARD_PREFIX=/prefix
RUN make package

FROM debian:bookworm-slim
# By number, which outlives an image: the data in the volume are this user's.
RUN groupadd --system --gid 900 hansard && useradd --system --uid 900 --gid 900 --home-dir /var/lib/hansard --no-create-home --shell /usr/sbin/nologin hansard
RUN --mount=type=bind,from=build,source=/source/build/packages,target=/packages \
    apt-get update && apt-get install -y --no-install-recommends /packages/*.deb && rm -rf /var/lib/apt/lists/*
ENV HANSARD_DATA=/var/lib/hansard/data HANSARD_LISTEN=0.0.0.0:8080
USER 900:900
WORKDIR /var/lib/hansard
VOLUME /var/lib/hansard
EXPOSE 8080
# Without TLS; with HANSARD_TLS_CERT give another (or --no-healthcheck).
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${HANSARD_LISTEN##*:} && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["hansard"]
CMD ["serve"]
