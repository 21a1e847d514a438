FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-cache --extra stripe

FROM python:3.13-slim
RUN useradd --system --uid 1000 --no-create-home quartermaster
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND=0.0.0.0:8000
# Collecting the static files asks for settings, and connects to nothing.
RUN SECRET_KEY=only-while-this-image-is-being-built DATABASE_URL=postgresql:/// REDIS_URL=redis:/// \
    python manage.py collectstatic --no-input --verbosity 0
# Where compose.yaml keeps the files of exports: a new volume takes this owner.
RUN install -d -o quartermaster /exports
USER quartermaster
EXPOSE 8000
CMD ["gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
