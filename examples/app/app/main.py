"""The sample FastAPI application: `uvicorn app.main:app`."""

import hashlib
from contextlib import asynccontextmanager
from typing import Annotated

import anyio.to_thread
from celery.result import AsyncResult
from fastapi import Depends, FastAPI, HTTPException, Request, UploadFile
from fastapi.responses import JSONResponse
from kombu.exceptions import OperationalError as BrokerError
from pydantic import BaseModel, Field, StringConstraints
from redis import Connection, ConnectionPool, Redis, SSLConnection
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError as DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app import settings, websockets
from app.celery_app import add, celery_app
from app.database import Item, Reading, Sensor, make_engine
from app.lanes import Busy, Lane

engine = make_engine(settings.DB_POOL_SIZE, settings.DB_MAX_OVERFLOW)
redis = Redis(
    connection_pool=ConnectionPool(
        connection_class=SSLConnection if settings.REDIS_TLS else Connection,
        host=settings.REDIS_HOST,
        port=settings.REDIS_PORT,
        password=settings.secret("REDIS_PASSWORD"),
        max_connections=settings.REDIS_MAX_CONNECTIONS,
        socket_connect_timeout=3,
        socket_timeout=5,
    )
)

# What needs PostgreSQL, or Redis, runs on threads of its own, as many as it has connections. An endpoint that calls
# either without its lane can hold up all the others.
DB_CONNECTIONS = settings.DB_POOL_SIZE + settings.DB_MAX_OVERFLOW
in_database = Lane(DB_CONNECTIONS, settings.DB_QUEUE, settings.DB_POOL_TIMEOUT)
in_redis = Lane(settings.REDIS_MAX_CONNECTIONS, settings.DB_QUEUE, settings.DB_POOL_TIMEOUT)


@asynccontextmanager
async def lifespan(_: FastAPI):
    others = max(1, settings.THREAD_LIMIT - DB_CONNECTIONS)
    anyio.to_thread.current_default_thread_limiter().total_tokens = others
    yield


# Bytes of a body that is parsed. It is read whole, and JSON may take twenty times its size: 16 MiB of empty maps took
# 340 MiB. Larger ones are answered 413, whether they say how large they are or stream. An endpoint that does not parse
# has its own limit.
PARSED_BYTES = min(1024 * 1024, settings.MAX_BODY_BYTES)

app = FastAPI(title="sized-stack example", lifespan=lifespan, max_body_size=PARSED_BYTES)


@app.exception_handler(Busy)
@app.exception_handler(DatabaseError)
@app.exception_handler(PoolTimeout)
@app.exception_handler(RedisError)
@app.exception_handler(BrokerError)
async def service_unavailable(_: Request, error: Exception) -> JSONResponse:
    """A data service that restarts is back soon: clients are told to come again, not kept waiting."""
    return JSONResponse({"detail": type(error).__name__}, status_code=503, headers={"Retry-After": "2"})


@app.get("/api/health")
async def health() -> dict[str, str]:
    """Whether this process answers. Touches nothing else."""
    return {"status": "ok"}


def ask_database() -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


@app.get("/api/ready")
async def ready() -> dict[str, str]:
    await in_database.run(ask_database)
    await in_redis.run(redis.ping)
    return {"postgres": "ok", "redis": "ok"}


class NewItem(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@app.post("/api/items", status_code=201)
@in_database
def create_item(new: NewItem) -> dict[str, int | str]:
    with Session(engine) as session:
        item = Item(name=new.name)
        session.add(item)
        session.commit()
        return {"id": item.id, "name": item.name}


@app.get("/api/items/{item_id}")
@in_database
def read_item(item_id: int) -> dict[str, int | str]:
    with Session(engine) as session:
        item = session.get(Item, item_id)
        if item is None:
            raise HTTPException(404, f"no item {item_id}")
        return {"id": item.id, "name": item.name}


@app.get("/api/report")
@in_database
def report() -> list[dict[str, float | int | str]]:
    """A join and an aggregate over all readings."""
    average = func.avg(Reading.value)
    statement = (
        select(Sensor.name, func.count(), average)
        .join(Reading, Reading.sensor_id == Sensor.id)
        .group_by(Sensor.id)
        .order_by(average.desc())
        .limit(10)
    )
    with engine.connect() as connection:
        rows = connection.execute(statement)
        return [{"sensor": name, "readings": count, "average": mean} for name, count, mean in rows]


@app.post("/api/uploads", status_code=201, max_body_size=settings.MAX_BODY_BYTES)
def upload(file: UploadFile) -> dict[str, int | str | None]:
    """Takes a file in `multipart/form-data`; large ones pass through a temporary file, not through memory."""
    digest = hashlib.file_digest(file.file, "sha256").hexdigest()
    return {"name": file.filename, "size": file.size, "sha256": digest}


app.add_api_websocket_route("/api/echo", websockets.echo)


@in_redis
def room_for_tasks() -> None:
    """
    Redis evicts no queued task. Were it full of them, workers could not take one or store a result, and the queue
    would never empty. A Redis that is full of cached keys and results is not full: those have an expiry, and make room.
    """
    memory = redis.info("memory")
    most = 0.9 * (memory["maxmemory"] or float("inf"))
    if memory["used_memory"] > most and kept_for_ever(memory) > most:
        raise HTTPException(503, "the queue is full", headers={"Retry-After": "2"})


def kept_for_ever(memory: dict[str, int]) -> int:
    """
    What Redis needs for itself, its clients and the keys of the queues' database, of which none has an expiry. Those are
    few, and long lists are estimated from some of their parts, so this is quick; whatever else the application keeps
    without an expiry, in another database, has to be added here.
    """
    with redis.pipeline(transaction=False) as pipe:
        for key in redis.scan_iter(count=1000):
            pipe.memory_usage(key, samples=20)
        return memory["used_memory_startup"] + memory["mem_clients_normal"] + sum(filter(None, pipe.execute()))


class Sum(BaseModel):
    x: int
    y: int
    seconds: Annotated[float, Field(ge=0, le=60)] = 0


@app.post("/api/tasks", status_code=202, dependencies=[Depends(room_for_tasks)])
@in_redis
def enqueue(numbers: Sum) -> dict[str, str]:
    return {"id": add.delay(numbers.x, numbers.y, numbers.seconds).id}


@app.get("/api/tasks/{task_id}")
@in_redis
def task_result(task_id: str) -> dict[str, str | int | None]:
    result = AsyncResult(task_id, app=celery_app)
    return {"id": task_id, "state": result.state, "result": result.result if result.successful() else None}
