"""One SQLAlchemy engine a process, with the pool the sizing plan gives it."""

from sqlalchemy import URL, BigInteger, Engine, ForeignKey, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app import settings


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class Sensor(Base):
    __tablename__ = "sensors"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class Reading(Base):
    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sensor_id: Mapped[int] = mapped_column(ForeignKey(Sensor.id), index=True)
    value: Mapped[float]


# A server, or a network, that is gone says nothing: without these a query waits for a quarter of an hour. What the
# server itself ends (statement_timeout) comes with PGOPTIONS, which libpq reads.
NOTICE_A_CUT = {
    "keepalives_idle": 5,  # seconds
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds until what was sent must have arrived
}


# Celery children hold one connection and one to spare; a backend worker as many as its plan says.
def make_engine(pool_size: int, max_overflow: int) -> Engine:
    return create_engine(
        URL.create(
            "postgresql+psycopg",
            username=settings.POSTGRES_USER,
            password=settings.secret("POSTGRES_PASSWORD"),
            host=settings.POSTGRES_HOST,
            port=settings.POSTGRES_PORT,
            database=settings.POSTGRES_DB,
        ),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=settings.DB_POOL_TIMEOUT,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 3, "sslmode": settings.POSTGRES_SSLMODE, **NOTICE_A_CUT},
    )
