import { expect, it } from "vitest";
import { plainNumberIn, postgresMebibytes, postgresSeconds, redisMebibytes } from "../../components/services/notation";

/** What PostgreSQL 17 answered to `postgres -C work_mem -c work_mem=…`, in kB; undefined: it refused. */
it.each([
  ["5242kB", 5242],
  ["8192", 8192],
  ["64MB", 65_536],
  ["64 MB", 65_536],
  ["1.5GB", 1_572_864],
  ["1048576B", 1024],
  ["1e4", 10_000],
  ["1gb", undefined],
  ["32mb", undefined],
  ["100kb", undefined],
  ["", undefined],
  ["-1", undefined],
])("work_mem %j is %s kB to PostgreSQL", (text, kib) => {
  expect(postgresMebibytes(text, "kB")).toBe(kib === undefined ? undefined : kib / 1024);
});

it.each(["0x1000", "0010000"])("%j, a number that is not decimal, is not taken", (text) => {
  expect(postgresMebibytes(text, "kB")).toBeUndefined();
});

it("counts a number alone in the parameter's own unit", () => {
  expect(postgresMebibytes("16384", "8kB")).toBe(128);
  expect(postgresMebibytes("2048", "MB")).toBe(2048);
});

it.each([
  ["30s", 30],
  ["500ms", 0.5],
  ["2min", 120],
  ["1h", 3600],
  ["1d", 86_400],
  ["1500", 1.5],
  ["1500us", 0.002],
  ["2 min", 120],
  ["2m", undefined],
])("a time of %j is %s seconds", (text, seconds) => expect(postgresSeconds(text, "ms")).toBe(seconds));

it.each([
  ["900mb", 900],
  ["1GB", 1024],
  ["1048576", 1],
  ["1g", 1e9 / 1024 ** 2],
  ["1tb", undefined],
  ["1.5gb", undefined],
])("maxmemory %j is %s MiB to Redis", (text, mebibytes) => expect(redisMebibytes(text)).toBe(mebibytes));

it.each([
  ["4", 4],
  ["2.5", 2.5],
  ["1e3", 1000],
  ["4MB", undefined],
  ["four", undefined],
])("%j is the number %s", (text, value) => expect(plainNumberIn(text)).toBe(value));
