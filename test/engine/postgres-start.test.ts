import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { STACK_LABEL } from "../../components/platform/docker/container-args";
import { POSTGRES_ENTRYPOINT } from "../../components/postgres-start";
import { stackContainers } from "../../tools/stack/containers";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";
import { eventually } from "./eventually";
import { localImage } from "./images";

const MINUTE = 60_000;
const PREFIX = `sized-stack-test-start-${randomBytes(4).toString("hex")}`;
const image = localImage("postgres:17");
const folder = mkdtempSync(path.join(tmpdir(), "sized-stack-start-"));
/** A quote of each kind, a backslash and a space: nothing in a password may be read as SQL or shell. */
const PASSWORD = `it's "a \\ $password`;

interface Start {
  readonly user?: string;
  readonly database?: string;
  readonly extensions?: string;
  readonly password?: string;
  /** Data layout of the images from version 18 on, which this image is then given. */
  readonly folderPerMajor?: boolean;
  readonly major?: number;
}

/** Starts PostgreSQL on the one volume of these tests, as the component does. */
async function start({
  user = "app",
  database = "app",
  extensions = "",
  password = PASSWORD,
  folderPerMajor = false,
  major = 17,
}: Start): Promise<string> {
  writeFileSync(path.join(folder, "password"), password);
  const id = await run("docker", [
    ...["run", "--detach", `--label=${STACK_LABEL}=${PREFIX}`, "--user=999", "--entrypoint=bash"],
    ...(folderPerMajor
      ? [`--volume=${PREFIX}-postgres:/var/lib/postgresql`, "--env=PGDATA=/var/lib/postgresql/17/docker"]
      : [`--volume=${PREFIX}-postgres:/var/lib/postgresql/data`]),
    `--volume=${folder}/password:/run/secrets/password:ro`,
    ...[`--env=POSTGRES_USER=${user}`, `--env=POSTGRES_DB=${database}`, `--env=POSTGRES_EXTENSIONS=${extensions}`],
    `--env=POSTGRES_MAJOR=${major}`,
    ...["--env=POSTGRES_PASSWORD_FILE=/run/secrets/password", image, ...POSTGRES_ENTRYPOINT.slice(1), "postgres"],
  ]);
  return id.trim();
}

/** What SQL answers to a client that must give the password: the loopback address is trusted, the own name is not. */
const sql = (id: string, statement: string, { user = "app", database = "app", password = PASSWORD }: Start = {}) =>
  run("docker", [
    ...["exec", `--env=PGPASSWORD=${password}`, id, "psql", `--host=${id.slice(0, 12)}`, "--no-align"],
    ...["--tuples-only", `--username=${user}`, `--dbname=${database}`, `--command=${statement}`],
  ]).then((text) => text.trim());

const ended = (id: string) => run("docker", ["wait", id]).then((code) => Number(code));
const log = (id: string) => run("sh", ["-c", `docker logs ${id} 2>&1`]);
const EXTENSIONS = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'";

describe("the start of PostgreSQL", { timeout: 4 * MINUTE }, () => {
  afterEach(async () => {
    for (const { id } of await stackContainers(PREFIX)) {
      await run("docker", ["stop", id]);
      await run("docker", ["rm", "--volumes", id]);
    }
  }, MINUTE);

  afterAll(async () => {
    for (const volume of await stackVolumes(PREFIX)) await run("docker", ["volume", "rm", volume]);
    rmSync(folder, { recursive: true });
  }, MINUTE);

  it("makes role, database and extensions on a new volume", async () => {
    const id = await start({ extensions: "citext pg_trgm" });
    expect(await eventually(() => sql(id, EXTENSIONS))).toBe("citext pg_trgm");
    await sql(id, "CREATE TABLE kept (it citext); INSERT INTO kept VALUES ('still here')");
  });

  it("takes another password and one more extension on data that is there", async () => {
    const id = await start({ extensions: "citext pg_trgm hstore", password: "rotated" });
    expect(await eventually(() => sql(id, EXTENSIONS, { password: "rotated" }))).toBe("citext hstore pg_trgm");
    expect(await sql(id, "SELECT it FROM kept", { password: "rotated" })).toBe("still here");
    await expect(sql(id, "SELECT 1")).rejects.toThrow("password authentication failed");
  });

  it("adds another role and database, and leaves the first ones", async () => {
    const shop = { user: "shop", database: "shop_data" };
    const id = await start({ ...shop, extensions: "citext" });
    expect(await eventually(() => sql(id, EXTENSIONS, shop))).toBe("citext");
    expect(await sql(id, "SELECT it FROM kept", { ...shop, database: "app" })).toBe("still here");
  });

  it("starts again after its main process was killed", async () => {
    const id = await start({});
    await eventually(() => sql(id, "INSERT INTO kept VALUES ('committed before the kill')"));
    await run("docker", ["kill", id]);
    await run("docker", ["start", id]);
    expect(await eventually(() => sql(id, "SELECT count(*) FROM kept"))).toBe("2");
  });

  it("ends with the reason, and without the password, where an extension is not in the image", async () => {
    const id = await start({ extensions: "no_such_extension", password: "never-shown" });
    expect(await ended(id)).toBe(1);
    const said = await log(id);
    expect(said).toMatch(/ERROR: +extension "no_such_extension" is not available/);
    expect(said).not.toContain("never-shown");
  });

  it("refuses data of another major version and leaves it as it is", async () => {
    const version = (content: string) =>
      run("docker", [
        ...["run", "--rm", `--volume=${PREFIX}-postgres:/data`, "--user=999", "--entrypoint=sh", image],
        ...["-c", `printf '%s\\n' ${content} > /data/PG_VERSION`],
      ]);
    await version("16");
    const refused = await start({});
    expect(await ended(refused)).toBe(1);
    expect(await log(refused)).toContain(
      "The volume holds data of PostgreSQL 16, this image is PostgreSQL 17. Nothing was changed.",
    );
    await version("17");
    const id = await start({});
    expect(await eventually(() => sql(id, "SELECT count(*) FROM kept"))).toBe("2");
  });

  it("refuses to be started as another major version than it is", async () => {
    const id = await start({ major: 18 });
    expect(await ended(id)).toBe(1);
    expect(await log(id)).toContain("This image is PostgreSQL 17, but was run as PostgreSQL 18. Nothing was changed.");
  });

  describe("in the layout of version 18, a folder for each major on the volume", () => {
    const inVolume = (script: string) =>
      run("docker", [
        ...["run", "--rm", `--volume=${PREFIX}-postgres:/volume`, "--workdir=/volume"],
        ...["--user=0", "--entrypoint=sh", image, "-c", script],
      ]);
    const refusal = async (options: Start) => {
      const id = await start(options);
      expect(await ended(id)).toBe(1);
      return (await log(id)).split("\n")[0];
    };

    it("refuses a volume whose root holds data of an earlier major", async () => {
      await inVolume("echo 16 > PG_VERSION");
      expect(await refusal({ folderPerMajor: true })).toBe(
        "The volume holds data of PostgreSQL 16, this image is PostgreSQL 17. Nothing was changed.",
      );
    });

    it("keeps its data in its own folder", async () => {
      await inVolume("rm -rf ./*; chown 999:999 .");
      const first = await start({ folderPerMajor: true });
      await eventually(() => sql(first, "CREATE TABLE layout (of_version int)"));
      await run("docker", ["stop", first]);
      const second = await start({ folderPerMajor: true });
      expect(await eventually(() => sql(second, "SELECT count(*) FROM layout"))).toBe("0");
      expect(await inVolume("cat 17/docker/PG_VERSION")).toBe("17\n");
    });

    it("refuses a volume with the folder of another major, in either layout", async () => {
      await inVolume("mv 17 18; echo 18 > 18/docker/PG_VERSION");
      const refused = "The volume holds data of PostgreSQL 18, this image is PostgreSQL 17. Nothing was changed.";
      expect(await refusal({ folderPerMajor: true })).toBe(refused);
      expect(await refusal({ folderPerMajor: false })).toBe(refused);
    });
  });
});
