"""What the platform tells the application: see docs/application.md."""

import os
from pathlib import Path


def secret(name: str) -> str:
    """The content of the file that NAME_FILE names, else the variable NAME itself."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text().strip() if path else os.environ[name]


def number(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


POSTGRES_HOST = os.environ.get("POSTGRES_HOST", "localhost")
POSTGRES_PORT = number("POSTGRES_PORT", 5432)
POSTGRES_DB = os.environ.get("POSTGRES_DB", "app")
POSTGRES_USER = os.environ.get("POSTGRES_USER", "app")
POSTGRES_SSLMODE = os.environ.get("POSTGRES_SSLMODE", "prefer")
DB_POOL_SIZE = number("DB_POOL_SIZE", 5)
DB_MAX_OVERFLOW = number("DB_MAX_OVERFLOW", 0)
DB_POOL_TIMEOUT = number("DB_POOL_TIMEOUT", 5)
DB_QUEUE = number("DB_QUEUE", 50)

REDIS_HOST = os.environ.get("REDIS_HOST", "localhost")
REDIS_PORT = number("REDIS_PORT", 6379)
REDIS_TLS = os.environ.get("REDIS_TLS") == "true"
REDIS_MAX_CONNECTIONS = number("REDIS_MAX_CONNECTIONS", 10)

THREAD_LIMIT = number("THREAD_LIMIT", 40)
MAX_BODY_BYTES = number("MAX_BODY_BYTES", 16 * 1024 * 1024)
MAX_WEBSOCKETS = number("MAX_WEBSOCKETS", 200)
LONGEST_TASK_SECONDS = number("LONGEST_TASK_SECONDS", 60)
VISIBILITY_TIMEOUT_SECONDS = number("VISIBILITY_TIMEOUT_SECONDS", 310)
RESULT_EXPIRES_SECONDS = number("RESULT_EXPIRES_SECONDS", 3600)
MAX_TASK_RUNS = number("MAX_TASK_RUNS", 3)
HEARTBEAT_FILE = os.environ.get("HEARTBEAT_FILE")
