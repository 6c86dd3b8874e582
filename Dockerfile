# docker build -t pdbot . && docker run --env-file .env -v pdbot:/data pdbot
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS libraries
COPY requirements-run.lock /tmp/
RUN python -m venv --without-pip /opt/pdbot \
 && pip --python /opt/pdbot/bin/python install --no-cache-dir --no-compile --require-hashes \
        -r /tmp/requirements-run.lock

FROM ${PYTHON}
LABEL org.opencontainers.image.title="pdbot" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin pdbot \
 && install -d -o pdbot -g pdbot -m 0700 /data
COPY --from=libraries /opt/pdbot /opt/pdbot
COPY bot /opt/pdbot/src/bot
# The package needs no building: a wheel would bring a build system for the sake of one script.
RUN printf '#!/bin/sh\nexec /opt/pdbot/bin/python -m bot "$@"\n' > /usr/local/bin/pdbot \
 && chmod 0755 /usr/local/bin/pdbot
# In a container loopback is nobody's: the network in front decides who reaches the port.
ENV PYTHONPATH=/opt/pdbot/src \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PDBOT_HOST=0.0.0.0 \
    PDBOT_PORT=3000 \
    LOG_FORMAT=json
# pdbot.db, rules.toml and .env are looked for here.
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["/opt/pdbot/bin/python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PDBOT_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["pdbot"]
CMD ["run"]
