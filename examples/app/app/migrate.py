"""Brings the database to what this image needs: `python -m app.migrate`. Run again, it changes nothing."""

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.database import Base, Sensor, make_engine

SENSORS = 100
READINGS_PER_SENSOR = 1000


def main() -> None:
    engine = make_engine(pool_size=1, max_overflow=0)
    with Session(engine) as session, session.begin():
        # Two migrations at once wait for each other, for as long as it takes: nobody else waits for this lock. That of a
        # table keeps the lock_timeout it was started with, because everybody would wait behind it.
        session.execute(text("SET LOCAL lock_timeout = 0"))
        session.execute(text("SELECT pg_advisory_xact_lock(4242)"))
        session.execute(text("RESET lock_timeout"))
        Base.metadata.create_all(session.connection())
        if session.scalar(select(Sensor.id).limit(1)) is None:
            session.execute(insert(Sensor), [{"name": f"sensor {number}"} for number in range(SENSORS)])
            session.execute(
                text(
                    "INSERT INTO readings (sensor_id, value) SELECT sensors.id, random() * 100 "
                    "FROM sensors, generate_series(1, :readings)"
                ),
                {"readings": READINGS_PER_SENSOR},
            )
    print("The database is up to date.")


if __name__ == "__main__":
    main()
